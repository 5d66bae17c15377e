/** The samples of a scrape. */
export interface Samples {
  /** The sum over all series of a metric whose labels hold these values; 0 when there is none. */
  sum(metric: string, labels?: Readonly<Record<string, string>>): number;
  /** Every series of a metric. */
  series(metric: string): readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** Fetches and reads a `/metrics` page (Prometheus text format 0.0.4). */
export async function scrape(url: string): Promise<Samples> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return readSamples(await answer.text());
}

/** Reads the text format. */
function readSamples(text: string): Samples {
  const byMetric = new Map<string, { labels: Record<string, string>; value: number }[]>();
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (line.startsWith('#') || match === null) continue;
    const [, metric = '', labels = '', value = ''] = match;
    const series = byMetric.get(metric) ?? [];
    series.push({ labels: readLabels(labels), value: Number(value) });
    byMetric.set(metric, series);
  }
  const series = (metric: string) => byMetric.get(metric) ?? [];
  return {
    series,
    sum: (metric, labels = {}) =>
      series(metric)
        .filter(one => Object.entries(labels).every(([name, value]) => one.labels[name] === value))
        .reduce((sum, { value }) => sum + value, 0),
  };
}

function readLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
}
