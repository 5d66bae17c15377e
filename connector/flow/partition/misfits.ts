import { Fault } from '../../kernel/fault.ts';
import { type PartitionKey, splitPartitionKey } from '../../kernel/position.ts';
import type { SourceRecord } from '../../kernel/record.ts';
import type { Interpreted, Interpreter, Meter } from '../ports.ts';
import type { Load } from './load.ts';
import { MappingFit } from './mapping-fit.ts';
import type { PartitionFlow } from './partition-flow.ts';

/** What watching the mapping works with. */
export interface MisfitParts {
  readonly interpreter: Interpreter;
  readonly meter: Meter;
  readonly partitions: ReadonlyMap<PartitionKey, PartitionFlow>;
  readonly load: Load;
  /** What waits in partitions that are held: it must not pause the others. */
  readonly heldLoad: Load;
  /** A partition that was held is worked off, or asks again whether it is to wait. */
  readonly onGoOn: (partition: PartitionFlow) => void;
  readonly fail: (error: unknown) => void;
}

type Unusable = Extract<Interpreted, { kind: 'unusable' }>;

/**
 * Holds the records of a topic back when nearly none of them can be mapped: that is our mapping, or a column that was
 * renamed, and not the rows' fault. A sample of them has become dead letters by then. What is held is read on, as far as
 * there is room; as soon as one of it can be mapped, all goes on.
 */
export class Misfits {
  readonly #parts: MisfitParts;
  readonly #fits = new Map<string, MappingFit>();
  readonly #held = new Map<string, Fault>();

  constructor(parts: MisfitParts) {
    this.#parts = parts;
  }

  /** Why a topic of ours is held back, or null. */
  get degraded(): Fault | null {
    if (this.#held.size === 0) return null;
    for (const key of this.#parts.partitions.keys()) {
      const fault = this.#held.get(splitPartitionKey(key).topic);
      if (fault !== undefined) return fault;
    }
    return null;
  }

  /** Is it to wait? Asked before its records are worked off. */
  holds(partition: PartitionFlow): boolean {
    if (this.#held.size > 0 && !partition.held && this.#held.has(topicOf(partition))) this.#take(partition);
    if (partition.held) this.#lookAhead(partition);
    return partition.held;
  }

  /** A record was mapped. */
  fits(topic: string): void {
    this.#fits.get(topic)?.fits();
  }

  /** A record could not be mapped: its topic may be held from now on. */
  unfit(record: SourceRecord, { fault, everyRow = false }: Unusable): void {
    const { topic } = record;
    const fit = this.#fits.get(topic) ?? new MappingFit();
    this.#fits.set(topic, fit);
    if (!fit.unfit(nameOf(record), everyRow)) return;
    const detail = `${topic}: ${fit.text} records cannot be mapped; the last: ${fault.detail}`;
    fit.clear();
    this.hold(topic, new Fault('MAPPING_FITS_NOTHING', { detail, at: record }));
  }

  /** Holds a topic back until one of its records can be mapped. */
  hold(topic: string, fault: Fault): void {
    if (this.#held.has(topic)) return;
    const ours = this.#ofTopic(topic);
    for (const partition of ours) partition.lookedAt = null;
    // Newer rows fit already: it is only the older ones that do not.
    if (ours.some(partition => this.#anyFits(partition))) return;
    this.#held.set(topic, fault);
    this.#parts.meter.topicHeld(fault);
    for (const partition of ours) this.#take(partition);
  }

  #take(partition: PartitionFlow): void {
    partition.held = true;
    const { load, heldLoad } = this.#parts;
    for (const record of partition.backlog.newestFirst()) {
      load.remove(record);
      heldLoad.add(record);
    }
  }

  #goOn(topic: string): void {
    if (!this.#held.delete(topic)) return;
    const { load, heldLoad, meter, onGoOn } = this.#parts;
    meter.topicHeld(null);
    const ours = this.#ofTopic(topic).filter(({ held }) => held);
    for (const partition of ours) {
      partition.held = false;
      partition.lookedAt = null;
      for (const record of partition.backlog.newestFirst()) {
        heldLoad.remove(record);
        load.add(record);
      }
    }
    for (const partition of ours) onGoOn(partition);
  }

  /** Tries the records that came since the last look. */
  #lookAhead(partition: PartitionFlow): void {
    if (this.#anyFits(partition)) this.#goOn(topicOf(partition));
  }

  #anyFits(partition: PartitionFlow): boolean {
    const { interpreter } = this.#parts;
    const until = partition.lookedAt;
    partition.lookedAt = partition.backlog.last?.offset ?? until;
    for (const record of partition.backlog.newestFirst()) {
      if (until !== null && record.offset <= until) return false;
      const interpreted = interpreter.interpret(record, partition.signal);
      if (interpreted instanceof Promise) {
        this.#lookLater(partition, interpreted);
        return false;
      } else if (interpreted.kind === 'change') {
        return true;
      }
    }
    return false;
  }

  /** Its schema is fetched first; where it does not fit, what waits with it is tried then. */
  #lookLater(partition: PartitionFlow, pending: Promise<Interpreted>): void {
    const { onGoOn, fail } = this.#parts;
    pending
      .then(({ kind }) => {
        partition.lookedAt = null;
        if (kind === 'change') this.#goOn(topicOf(partition));
        else if (partition.held && !partition.revoked) onGoOn(partition);
      })
      .catch(error => (partition.revoked ? undefined : fail(error)));
  }

  #ofTopic(topic: string): readonly PartitionFlow[] {
    return [...this.#parts.partitions.values()].filter(partition => topicOf(partition) === topic);
  }
}

function topicOf({ key }: PartitionFlow): string {
  return splitPartitionKey(key).topic;
}

const keyBytesMax = 64;

/** Whose record it is, as far as that can be told without a mapping. */
function nameOf({ key, partition, offset }: SourceRecord): string {
  if (key === null) return `${partition}@${offset}`;
  return Buffer.from(key.buffer, key.byteOffset, Math.min(key.byteLength, keyBytesMax)).toString('latin1');
}
