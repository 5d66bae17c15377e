// So many of a topic's last records are looked at.
const fitWindow = 50;
// At least so many of them cannot be mapped, and this share of them, before it is the mapping that does not fit.
const unfitRecordsMin = 20;
const unfitShare = 0.8;
// Where the table lacks a column that the mapping needs, so many in a row will do.
const certainMin = 5;
// They are of so many keys at least: one order's broken row, repeated, is that order's.
const unfitKeysMin = 5;

/** How well the mapping fits the records of one topic lately. Costs nothing while all of them can be mapped. */
export class MappingFit {
  /** Since the first one that could not be mapped: the key of each of those, null for one that could. */
  #recent: (string | null)[] = [];
  #unfit = 0;
  /** In a row, of a table that lacks a column. */
  #certain = 0;

  /** A record was mapped. */
  fits(): void {
    this.#certain = 0;
    if (this.#unfit > 0) this.#push(null);
  }

  /** One could not be; `isCertain`: nor can any other of its table be. True when nearly none fits. */
  unfit(key: string, isCertain: boolean): boolean {
    this.#certain = isCertain ? this.#certain + 1 : 0;
    this.#push(key);
    const isNearlyAll = this.#unfit >= unfitRecordsMin && this.#unfit >= this.#recent.length * unfitShare;
    if (!isNearlyAll && this.#certain < certainMin) return false;
    return new Set(this.#recent.filter(one => one !== null)).size >= unfitKeysMin;
  }

  /** Forgets all records so far. */
  clear(): void {
    this.#recent = [];
    this.#unfit = 0;
    this.#certain = 0;
  }

  /** "19 of the last 20". */
  get text(): string {
    return `${this.#unfit} of the last ${this.#recent.length}`;
  }

  #push(key: string | null): void {
    this.#recent.push(key);
    if (key !== null) this.#unfit++;
    if (this.#recent.length > fitWindow && this.#recent.shift() !== null) this.#unfit--;
    if (this.#unfit === 0) this.#recent = [];
  }
}
