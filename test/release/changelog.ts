/** Whether a text has the form of Keep a Changelog 1.1.0, and tells of a version; what is wrong with it, empty: nothing. */
export function changelogProblems(text: string, version: string): readonly string[] {
  const titles = [...text.matchAll(/^## (.*)$/gm)].map(([, title = '']) => title);
  const [first, ...releases] = titles;
  const versions = releases.map(title => /^\[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$/.exec(title)?.[1]);
  const kinds = [...text.matchAll(/^### (.*)$/gm)].map(([, kind = '']) => kind);
  const known = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
  return [
    ...(first === '[Unreleased]' ? [] : [`begins with "${first}", not with [Unreleased]`]),
    ...releases
      .filter((_, index) => versions[index] === undefined)
      .map(title => `not "[1.2.3] - 2026-01-31": ${title}`),
    ...versions
      .filter((one, index) => index > 0 && !isOlder(one, versions[index - 1]))
      .map(one => `out of order: ${one}`),
    ...kinds.filter(kind => !known.includes(kind)).map(kind => `no kind of change: ${kind}`),
    // The first release is told of as unreleased until it is made.
    ...(versions.includes(version) || versions.length === 0 ? [] : [`tells nothing of ${version}`]),
  ];
}

function isOlder(one = '0.0.0', other = '0.0.0'): boolean {
  const [a, b] = [one, other].map(version => version.split('.').map(Number));
  const difference = [0, 1, 2].map(place => (b?.[place] ?? 0) - (a?.[place] ?? 0)).find(gap => gap !== 0);
  return difference !== undefined && difference > 0;
}
