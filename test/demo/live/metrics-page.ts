/** A page in Prometheus' text format, read. */
export class MetricsPage {
  readonly #samples: readonly Sample[];

  private constructor(samples: readonly Sample[]) {
    this.#samples = samples;
  }

  /** Reads a page; lines that are no samples are passed over. */
  static parse(text: string): MetricsPage {
    const samples = text.split('\n').flatMap(line => {
      const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
      if (parts === null) return [];
      const [, name = '', labels = '', value = ''] = parts;
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text]);
      return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
    });
    return new MetricsPage(samples);
  }

  /** The sum over all series of a metric; 0 where there is none. */
  sum(name: string): number {
    return this.#samples.filter(sample => sample.name === name).reduce((sum, { value }) => sum + value, 0);
  }

  /** A metric's sums by the values of one label, without those at 0, the greatest first. */
  sumBy(name: string, label: string): [value: string, sum: number][] {
    const sums = new Map<string, number>();
    for (const sample of this.#samples) {
      if (sample.name !== name || sample.value === 0) continue;
      const value = sample.labels[label] ?? '';
      sums.set(value, (sums.get(value) ?? 0) + sample.value);
    }
    return [...sums].sort(([, one], [, other]) => other - one);
  }
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
