import type { Fault } from './fault.ts';
import { seededRandom } from './random.ts';

const faultsMax = 1000;

/** What of a request decides whether a fault meets it; null where it could not be read. */
export interface FaultTarget {
  readonly order: string | null;
  readonly command: string | null;
}

/** A fault in the plan. */
export interface PlannedFault extends Fault {
  readonly id: number;
  /** Requests it met. */
  readonly fired: number;
  /** False once its time or count is over. */
  readonly active: boolean;
}

interface Planned {
  readonly id: number;
  readonly fault: Fault;
  readonly random: () => number;
  /** On the clock of `select`'s `nowMs`; null for no end. */
  readonly endsAt: number | null;
  fired: number;
}

/** The faults asked for. Of several that would meet a request the one asked for first does. */
export class FaultPlan {
  readonly #seed: number;
  #planned: Planned[] = [];
  #lastId = 0;

  /** The same seed, faults and requests give the same choice. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Adds a fault from now on (`nowMs`: any clock that only rises); its id. Throws a RangeError past 1,000 faults. */
  add(fault: Fault, nowMs: number): number {
    if (this.#planned.length >= faultsMax) throw new RangeError(`there are ${faultsMax} faults already: remove some`);
    this.#lastId += 1;
    this.#planned.push({
      id: this.#lastId,
      fault,
      // One generator each: what a fault meets does not depend on the others.
      random: seededRandom(this.#seed * 1000 + this.#lastId),
      endsAt: fault.forMs === undefined ? null : nowMs + fault.forMs,
      fired: 0,
    });
    return this.#lastId;
  }

  /** The fault that is to meet a request, or null. */
  select(target: FaultTarget, nowMs: number): Fault | null {
    for (const planned of this.#planned) {
      if (!isActive(planned, nowMs) || !matches(planned.fault, target)) continue;
      const { rate } = planned.fault;
      if (rate !== undefined && planned.random() >= rate) continue;
      planned.fired += 1;
      return planned.fault;
    }
    return null;
  }

  /** All faults, in the order they were asked for, those that are over too. */
  list(nowMs: number): PlannedFault[] {
    return this.#planned.map(planned => ({
      ...planned.fault,
      id: planned.id,
      fired: planned.fired,
      active: isActive(planned, nowMs),
    }));
  }

  /** Takes a fault out; false if there is none of this id. */
  remove(id: number): boolean {
    const before = this.#planned.length;
    this.#planned = this.#planned.filter(planned => planned.id !== id);
    return this.#planned.length < before;
  }

  /** Takes all faults out. */
  clear(): void {
    this.#planned = [];
  }
}

function isActive(planned: Planned, nowMs: number): boolean {
  const { count } = planned.fault;
  return (planned.endsAt === null || nowMs < planned.endsAt) && (count === undefined || planned.fired < count);
}

function matches(fault: Fault, target: FaultTarget): boolean {
  return (
    (fault.order === undefined || fault.order === target.order) &&
    (fault.orderPrefix === undefined || (target.order?.startsWith(fault.orderPrefix) ?? false)) &&
    (fault.command === undefined || fault.command === target.command)
  );
}
