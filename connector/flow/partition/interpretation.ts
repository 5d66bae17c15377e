import type { Fault } from '../../kernel/fault.ts';
import type { SourceRecord } from '../../kernel/record.ts';
import type { CardChange } from '../../order/change.ts';
import { publishedUnlessRevoked } from '../lane/give-up.ts';
import { type Entry, entryOf } from '../lane/lane.ts';
import type { DeadLetter, DeadLetters, Interpreted, Interpreter, Meter, Outcome } from '../ports.ts';
import type { Load } from './load.ts';
import type { Misfits } from './misfits.ts';
import type { PartitionFlow } from './partition-flow.ts';

/** What interpreting needs of the world. */
export interface InterpretationParts {
  readonly interpreter: Interpreter;
  readonly deadLetters: DeadLetters;
  readonly meter: Meter;
  readonly load: Load;
  readonly misfits: Misfits;
  /** A record made a change. */
  readonly enqueue: (entry: Entry) => void;
  /** Deliveries may start, or the load fell. */
  readonly onProgress: () => void;
  /** Our own mistake: the process must end. */
  readonly fail: (error: unknown) => void;
}

/** Makes changes of each partition's records, in order; what makes none is accounted for here. */
export class Interpretation {
  readonly #parts: InterpretationParts;

  constructor(parts: InterpretationParts) {
    this.#parts = parts;
  }

  /** Works the backlog off. Goes on by itself after a record whose schema had to be fetched. */
  advance(partition: PartitionFlow): void {
    this.#workOff(partition);
    this.#parts.onProgress();
  }

  #workOff(partition: PartitionFlow): void {
    const { misfits } = this.#parts;
    if (!partition.restored || misfits.holds(partition) || partition.interpreting) return;
    while (!partition.held) {
      const record = partition.backlog.shift();
      if (record === undefined) return;
      const interpreted = this.#parts.interpreter.interpret(record, partition.signal);
      if (interpreted instanceof Promise) {
        this.#goOnLater(partition, record, interpreted);
        return;
      }
      this.#route(partition, record, interpreted);
    }
  }

  #goOnLater(partition: PartitionFlow, record: SourceRecord, pending: Promise<Interpreted>): void {
    partition.interpreting = true;
    pending
      .then(interpreted => {
        partition.interpreting = false;
        if (partition.revoked) return this.#forget(record);
        this.#route(partition, record, interpreted);
        this.advance(partition);
      })
      .catch(error => (partition.revoked ? this.#forget(record) : this.#parts.fail(error)));
  }

  /** Its partition was taken away meanwhile: the next owner reads it again. */
  #forget(record: SourceRecord): void {
    this.#parts.load.remove(record);
    this.#parts.onProgress();
  }

  #route(partition: PartitionFlow, record: SourceRecord, interpreted: Interpreted): void {
    switch (interpreted.kind) {
      case 'change':
        this.#parts.misfits.fits(record.topic);
        if (interpreted.former !== undefined) this.#enqueueFormer(partition, record, interpreted.former);
        this.#parts.enqueue(entryOf(interpreted.change, record, partition));
        break;
      case 'skipped':
        this.#parts.meter.skipped(interpreted.reason);
        this.#parts.load.remove(record);
        this.#settle(partition, record, 'skipped', interpreted.reason);
        break;
      case 'unusable':
        if (interpreted.fault.code === 'CHANGE_UNMAPPABLE') this.#parts.misfits.unfit(record, interpreted);
        this.#discard(partition, record, interpreted.fault).catch(this.#parts.fail);
    }
  }

  /** The second change of a record: it counts as a record of its own, and is not traced. */
  #enqueueFormer(partition: PartitionFlow, { trace: _, ...record }: SourceRecord, former: CardChange): void {
    partition.frontier.share(record.offset);
    partition.received++;
    this.#parts.load.add(record);
    this.#parts.enqueue(entryOf(former, record, partition));
  }

  #settle(partition: PartitionFlow, { offset, trace }: SourceRecord, outcome: Outcome, detail: string): void {
    partition.frontier.settle(offset);
    partition.settled[outcome]++;
    this.#parts.meter.settled(outcome);
    trace?.settled(outcome, detail);
  }

  /** A record that makes no change goes to the dead letters; the order's other changes do not wait for it. */
  async #discard(partition: PartitionFlow, record: SourceRecord, fault: Fault): Promise<void> {
    const { deadLetters, meter, load, onProgress } = this.#parts;
    const reason = fault.code === 'CHANGE_UNMAPPABLE' ? 'unmappable' : 'undecodable';
    const letter: DeadLetter = { record, reason, fault, attempts: null };
    if (await publishedUnlessRevoked(deadLetters, letter, partition.signal)) {
      meter.deadLettered(letter);
      this.#settle(partition, record, 'dead-lettered', reason);
    }
    load.remove(record);
    onProgress();
  }
}
