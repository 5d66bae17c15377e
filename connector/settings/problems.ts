/** One thing that is wrong with the settings. No part of it ever holds a secret. */
export interface SettingsProblem {
  /** `kafka.groupId`; empty where no one key is meant. */
  readonly path: string;
  /** Where it came from: `config/connector.yaml:12:3`, or the environment variable. Where a key is missing, the section it is missing from. */
  readonly source: string;
  readonly problem: string;
  readonly hint?: string;
}

/** "did you mean …?" for a name that is not known; undefined where nothing known is like it. */
export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  // About every third letter may be wrong: more would be guessing.
  let least = Math.floor(name.length / 3) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best === undefined ? undefined : `did you mean ${best}?`;
}

/** A value as problems show it: short, and not where it may hold a password (`user:password@host`, a PEM text). */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    if (value.length > 80 || value.includes('@') || value.includes('-----'))
      return `a text of ${value.length} characters`;
    return JSON.stringify(value);
  }
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a section' : String(value);
}

/** Levenshtein's distance: letters to insert, remove or replace. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
