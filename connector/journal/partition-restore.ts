import type { Offset } from '../kernel/position.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { JournalDecoder, Told } from './decode.ts';

/** What the restore of a partition asks of its surroundings. */
export interface PartitionRestorePorts {
  readonly decoder: JournalDecoder;
  /** An entry or a tombstone, in the journal's order. */
  tell(told: Exclude<Told, { kind: 'unreadable' | 'claim' }>): void;
  /** What is done about a record: only of an entry or a tombstone it may be `take`. */
  check(told: Told): 'take' | 'skip' | 'stop';
  /** A schema is asked for: fetch nothing more; and go on. */
  pause(): void;
  resume(): void;
  /** All up to the end was told. */
  done(): void;
}

interface Batch {
  readonly records: readonly SourceRecord[];
  readonly lastOffset: Offset;
}

/** Reads one partition of the journal up to the end that it had after it was assigned. */
export class PartitionRestore {
  readonly #ports: PartitionRestorePorts;
  readonly #given = new AbortController();
  /** Received and not told yet: more than one only while a schema is asked for. */
  readonly #batches: Batch[] = [];
  /** In the first batch. */
  #at = 0;
  #asking = false;
  #receivedTo: Offset = 0n;
  #toldTo: Offset = 0n;
  #end: Offset | null = null;
  #records = 0;
  #done = false;
  /** At a record: nothing more of the partition is told. */
  #stopped = false;
  /** What former owners still have on its way is refused from now on: its end may be asked for. */
  claimed = false;

  constructor(ports: PartitionRestorePorts) {
    this.#ports = ports;
  }

  /** The next offset to read. */
  get next(): Offset {
    return this.#receivedTo;
  }

  /** Records told so far. */
  get records(): number {
    return this.#records;
  }

  get needsEnd(): boolean {
    return this.#end === null;
  }

  /** Aborted when the partition is taken away. */
  get signal(): AbortSignal {
    return this.#given.signal;
  }

  /** Where the partition begins and ends; asked for after it was assigned, so that all that was acknowledged before is below. */
  ends(low: Offset, end: Offset): void {
    this.#end = end;
    if (low >= end) this.#toldTo = end;
    this.#check();
  }

  /** Takes in what was fetched; `lastOffset` is how far the fetch went. */
  take(records: readonly SourceRecord[], lastOffset: Offset): void {
    this.#receivedTo = lastOffset + 1n;
    if (this.#stopped) return;
    this.#batches.push({ records, lastOffset });
    if (!this.#asking) this.#advance();
  }

  /** The partition was taken away: nothing more is told. */
  give(): void {
    this.#given.abort();
  }

  #advance(): void {
    const { signal } = this.#given;
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      for (let record = batch.records[this.#at]; record !== undefined; record = batch.records[this.#at]) {
        if (signal.aborted || this.#done || this.#stopped) return;
        const told = this.#ports.decoder.decode(record, signal);
        if (told instanceof Promise) {
          void this.#ask(told);
          return;
        }
        this.#tell(told);
      }
      this.#batches.shift();
      this.#at = 0;
      this.#toldTo = batch.lastOffset + 1n;
    }
    this.#check();
  }

  async #ask(asked: Promise<Told>): Promise<void> {
    const { signal } = this.#given;
    this.#asking = true;
    this.#ports.pause();
    const told = await asked.catch(() => null);
    this.#asking = false;
    // Null: it was taken away meanwhile, for nothing else ends the asking.
    if (told === null || signal.aborted) return;
    this.#tell(told);
    if (!this.#stopped) this.#ports.resume();
    this.#advance();
  }

  #tell(told: Told): void {
    this.#at++;
    const verdict = this.#ports.check(told);
    if (verdict === 'stop') {
      this.#stopped = true;
      this.#batches.length = 0;
      this.#ports.pause();
      return;
    }
    if (told.kind === 'claim') return;
    this.#records++;
    if (verdict === 'take' && told.kind !== 'unreadable') this.#ports.tell(told);
  }

  #check(): void {
    if (this.#done || this.#stopped || this.#given.signal.aborted) return;
    if (this.#end === null || this.#toldTo < this.#end) return;
    this.#done = true;
    this.#ports.done();
  }
}
