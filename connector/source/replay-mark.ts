import type { RecordHeader, SourceRecord } from '../kernel/record.ts';

const runHeader = 'card_sync.replay';
const countHeader = 'card_sync.replay_count';

/** What marks a record as an order's current state, put back by `card-sync replay` to be sent again. */
export interface ReplayMark {
  /** The run that put it back. */
  readonly run: string;
  /** How often the same change has been put back, this time counted. */
  readonly count: number;
}

/** The mark as headers. */
export function replayHeaders({ run, count }: ReplayMark): readonly RecordHeader[] {
  return [
    { name: runHeader, value: Buffer.from(run) },
    { name: countHeader, value: Buffer.from(String(count)) },
  ];
}

/** The mark of a record; null: it was not put back. A count that cannot be read is 1. */
export function replayMarkOf({ headers }: SourceRecord): ReplayMark | null {
  const textOf = (wanted: string) => {
    const found = headers.find(({ name }) => name === wanted);
    return found && Buffer.from(found.value).toString('utf8');
  };
  const run = textOf(runHeader);
  if (run === undefined) return null;
  const count = textOf(countHeader) ?? '';
  return { run, count: /^[1-9]\d{0,5}$/.test(count) ? Number(count) : 1 };
}
