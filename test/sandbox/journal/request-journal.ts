import { closeSync, openSync, writeSync } from 'node:fs';
import type { RequestEntry } from './request-entry.ts';

const linesMax = 200;
const flushMs = 250;

/** Counts over all requests since the start or the last reset. */
export interface RequestTotals {
  readonly requests: number;
  /** By result code as sent; `none` where no result was sent. */
  readonly byResultCode: Readonly<Record<string, number>>;
  readonly byOutcome: Readonly<Record<string, number>>;
  /** By the name of the fault that met the request. */
  readonly byFault: Readonly<Record<string, number>>;
  /** Requests that came while another one of the same order was in flight. */
  readonly concurrencyViolations: number;
  /** Requests with the requestId of another body. */
  readonly requestIdConflicts: number;
}

/** Which entries are wanted. */
export interface EntryQuery {
  /** Only those of a higher sequence number. */
  readonly after?: number;
  readonly limit?: number;
  /** Only those of this merchantBizNo. */
  readonly order?: string;
}

/** All requests, in memory up to a limit (then the oldest are dropped) and, where a file is named, as JSON lines. */
export class RequestJournal {
  readonly #limit: number;
  #file: number | null;
  /** The entry of sequence n is at (n - 1) modulo the limit. */
  #ring: RequestEntry[] = [];
  #last = 0;
  #totals = emptyTotals();
  #lines: string[] = [];
  #flushing: NodeJS.Timeout | null = null;
  readonly #waiting = new Set<(entry: RequestEntry) => void>();

  /** Appends to `file`, where not null; throws where it cannot be written. */
  constructor(limit: number, file: string | null) {
    this.#limit = limit;
    this.#file = file === null ? null : openSync(file, 'a', 0o600);
  }

  /** Adds a request that has been decided on; to be told of its end by `finish`. */
  add(fields: Omit<RequestEntry, 'sequence' | 'durationMs' | 'answered'>): RequestEntry {
    const entry: RequestEntry = { sequence: this.#last + 1, ...fields, durationMs: null, answered: null };
    this.#ring[this.#last % this.#limit] = entry;
    this.#last = entry.sequence;
    const totals = this.#totals;
    count(totals.byResultCode, entry.resultCode ?? 'none');
    count(totals.byOutcome, entry.outcome);
    if (entry.fault !== null) count(totals.byFault, entry.fault);
    if (entry.inFlight > 1) totals.concurrencyViolations += 1;
    for (const tell of this.#waiting) tell(entry);
    return entry;
  }

  /** Notes how a request ended, once: only then it goes to the file. False where that is noted already. */
  finish(entry: RequestEntry, durationMs: number, answered: boolean): boolean {
    if (entry.durationMs !== null) return false;
    entry.durationMs = durationMs;
    entry.answered = answered;
    for (const tell of this.#waiting) tell(entry);
    if (this.#file !== null) this.#write(entry);
    return true;
  }

  /** Entries in the order they were decided on, at most `limit` (1,000 where not given). */
  list({ after = 0, limit = 1000, order }: EntryQuery): RequestEntry[] {
    const found: RequestEntry[] = [];
    for (
      let sequence = Math.max(after + 1, this.oldest);
      sequence <= this.#last && found.length < limit;
      sequence += 1
    ) {
      const entry = this.#ring[(sequence - 1) % this.#limit];
      if (entry !== undefined && (order === undefined || entry.merchantBizNo === order)) found.push(entry);
    }
    return found;
  }

  /** Resolves with the first entry, kept or to come, of which `holds` is true; asked when a request is decided on and when it has ended. */
  waitFor(holds: (entry: RequestEntry) => boolean): Promise<RequestEntry> {
    const there = this.list({ limit: this.#limit }).find(holds);
    if (there !== undefined) return Promise.resolve(there);
    return new Promise(resolve => {
      const tell = (entry: RequestEntry) => {
        if (!holds(entry)) return;
        this.#waiting.delete(tell);
        resolve(entry);
      };
      this.#waiting.add(tell);
    });
  }

  /** Sequence number of the oldest entry that is still there. */
  get oldest(): number {
    return Math.max(1, this.#last - this.#limit + 1);
  }

  /** Sequence number of the last entry; 0 where there is none. */
  get last(): number {
    return this.#last;
  }

  totals(): RequestTotals {
    const { byResultCode, byOutcome, byFault, concurrencyViolations } = this.#totals;
    return {
      requests: this.#last,
      byResultCode: Object.fromEntries(byResultCode),
      byOutcome: Object.fromEntries(byOutcome),
      byFault: Object.fromEntries(byFault),
      concurrencyViolations,
      requestIdConflicts: byOutcome.get('conflict') ?? 0,
    };
  }

  /** Forgets all entries and counts, and starts again at 1; the file keeps its lines. */
  reset(): void {
    this.#ring = [];
    this.#last = 0;
    this.#totals = emptyTotals();
  }

  /** Writes what is waiting and closes the file: what is finished later does not reach it. */
  close(): void {
    this.#flush();
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #write(entry: RequestEntry): void {
    this.#lines.push(`${JSON.stringify(entry)}\n`);
    if (this.#lines.length >= linesMax) this.#flush();
    else this.#flushing ??= setTimeout(() => this.#flush(), flushMs).unref();
  }

  #flush(): void {
    if (this.#flushing !== null) clearTimeout(this.#flushing);
    this.#flushing = null;
    if (this.#file !== null && this.#lines.length > 0) writeSync(this.#file, this.#lines.join(''));
    this.#lines = [];
  }
}

function emptyTotals() {
  return {
    byResultCode: new Map<string, number>(),
    byOutcome: new Map<string, number>(),
    byFault: new Map<string, number>(),
    concurrencyViolations: 0,
  };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
