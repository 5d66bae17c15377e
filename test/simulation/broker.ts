import type { PartitionOffsets } from '../../connector/kafka/admin.ts';
import type { Offset, PartitionKey } from '../../connector/kernel/position.ts';
import type { Instant } from '../../connector/kernel/time.ts';
import type { SeededRandom } from '../support/flow-world.ts';

/** A record as it lies in a log. */
export interface LogRecord {
  readonly offset: Offset;
  readonly at: Instant;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

/** What a fetch gives: `lastOffset` is how far it went, though compaction may have left no record there. */
export interface Fetched {
  readonly records: readonly LogRecord[];
  readonly lastOffset: Offset;
  readonly end: Offset;
}

/** One partition of a topic. */
export class Log {
  #records: LogRecord[] = [];
  #end: Offset = 0n;

  get end(): Offset {
    return this.#end;
  }

  get low(): Offset {
    return 0n;
  }

  get records(): readonly LogRecord[] {
    return this.#records;
  }

  /** Appends a record, at the next offset or at a later one: transaction markers take offsets too. */
  append(record: Omit<LogRecord, 'offset'>, offset: Offset = this.#end): Offset {
    this.#records.push({ ...record, offset });
    this.#end = offset + 1n;
    return offset;
  }

  /** Null at the end of the log. */
  read(from: Offset, most: number): Fetched | null {
    if (from >= this.#end) return null;
    const first = this.#records.findIndex(({ offset }) => offset >= from);
    const records = first < 0 ? [] : this.#records.slice(first, first + most);
    const isLast = first < 0 || first + most >= this.#records.length;
    const lastOffset = isLast ? this.#end - 1n : (records.at(-1)?.offset ?? this.#end - 1n);
    return { records, lastOffset, end: this.#end };
  }

  /** Keeps the last record of each key, and all of the newest segment. Tombstones that are old enough go too. */
  compact(random: SeededRandom): void {
    const segment = this.#end - BigInt(random.below(6));
    const dropsTombstones = random.chance(0.5);
    const last = new Map(this.#records.map(({ key, offset }) => [String(key), offset]));
    this.#records = this.#records.filter(({ key, value, offset }) => {
      if (offset >= segment) return true;
      return last.get(String(key)) === offset && (value !== null || !dropsTombstones);
    });
  }
}

/** The brokers: the topics' partitions, and what the group committed. */
export class SimulatedBroker {
  readonly #logs = new Map<PartitionKey, Log>();
  readonly #committed = new Map<PartitionKey, Offset>();

  addPartition(key: PartitionKey): void {
    this.#logs.set(key, new Log());
  }

  /** A topic that is recreated: its records are gone, and what was committed of it. */
  recreate(key: PartitionKey): void {
    this.#logs.set(key, new Log());
    this.#committed.delete(key);
  }

  has(key: PartitionKey): boolean {
    return this.#logs.has(key);
  }

  log(key: PartitionKey): Log {
    const log = this.#logs.get(key);
    if (log === undefined) throw new Error(`there is no partition ${key}`);
    return log;
  }

  partitionCount(topic: string): number {
    return [...this.#logs.keys()].filter(key => key.startsWith(`${topic}/`)).length;
  }

  committed(key: PartitionKey): Offset | null {
    return this.#committed.get(key) ?? null;
  }

  commit(key: PartitionKey, offset: Offset): void {
    this.#committed.set(key, offset);
  }

  /** Of all partitions, as they are now. */
  offsets(): ReadonlyMap<PartitionKey, PartitionOffsets> {
    return new Map(
      [...this.#logs].map(([key, { low, end }]) => [key, { low, end, committed: this.committed(key) }] as const),
    );
  }
}
