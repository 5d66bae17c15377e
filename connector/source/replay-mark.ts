import type { Offset } from '../kernel/position.ts';
import type { RecordHeader, SourceRecord } from '../kernel/record.ts';

const runHeader = 'card_sync.replay';
const countHeader = 'card_sync.replay_count';
const originHeader = 'card_sync.replay_origin';

/** What marks a record as an order's current state, put back by `card-sync replay` to be sent again. */
export interface ReplayMark {
  /** The run that put it back. */
  readonly run: string;
  /** How often the same change has been put back, this time counted. */
  readonly count: number;
  /** Offset of the record that it is a copy of, in the same partition; null: a version before 0.2 wrote it. */
  readonly origin: Offset | null;
}

/** The mark as headers. */
export function replayHeaders({ run, count, origin }: ReplayMark): readonly RecordHeader[] {
  return [
    { name: runHeader, value: Buffer.from(run) },
    { name: countHeader, value: Buffer.from(String(count)) },
    ...(origin === null ? [] : [{ name: originHeader, value: Buffer.from(String(origin)) }]),
  ];
}

/** The mark of a record; null: it was not put back. A count that cannot be read is 1. */
export function replayMarkOf({ headers }: SourceRecord): ReplayMark | null {
  const run = textOf(headers, runHeader);
  if (run === undefined) return null;
  const count = textOf(headers, countHeader) ?? '';
  return { run, count: /^[1-9]\d{0,5}$/.test(count) ? Number(count) : 1, origin: originIn(headers, originHeader) };
}

/** The offset that a header names; null where there is none. */
export function originIn(headers: readonly RecordHeader[], name: string): Offset | null {
  const text = textOf(headers, name) ?? '';
  return /^\d{1,18}$/.test(text) ? BigInt(text) : null;
}

function textOf(headers: readonly RecordHeader[], wanted: string): string | undefined {
  const found = headers.find(({ name }) => name === wanted);
  return found && Buffer.from(found.value).toString('utf8');
}
