import type { SourceRecord } from '../../kernel/record.ts';

/** When the source is paused. */
export interface LoadLimits {
  readonly recordsMax: number;
  readonly bytesMax: number;
}

// The source goes on when the load has fallen to this share: a pause throws fetched records away, so it must be worth it.
const resumeShare = 0.5;

/** The records held in memory that may still be worked on, with hysteresis between too many and few enough. */
export class Load {
  readonly #limits: LoadLimits;
  #records = 0;
  #bytes = 0;
  #full = false;

  constructor(limits: LoadLimits) {
    this.#limits = limits;
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Too much is held: the source is to be paused, until half is worked off. */
  get full(): boolean {
    const share = Math.max(this.#records / this.#limits.recordsMax, this.#bytes / this.#limits.bytesMax);
    if (share >= 1) this.#full = true;
    else if (share <= resumeShare) this.#full = false;
    return this.#full;
  }

  add(record: SourceRecord): void {
    this.#records++;
    this.#bytes += sizeOf(record);
  }

  remove(record: SourceRecord): void {
    this.#records--;
    this.#bytes -= sizeOf(record);
  }
}

function sizeOf(record: SourceRecord): number {
  return (record.key?.byteLength ?? 0) + (record.value?.byteLength ?? 0);
}
