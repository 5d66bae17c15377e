import { doubtOf } from '../../../connector/flow/lane/doubt.ts';
import { type FlowOptions, Pipeline } from '../../../connector/flow/pipeline.ts';
import type { Interpreted, Interpreter, Owed, PartitionEnds } from '../../../connector/flow/ports.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import { formatPosition, type PartitionKey, partitionKey } from '../../../connector/kernel/position.ts';
import type { SourceRecord } from '../../../connector/kernel/record.ts';
import type { DurationMs } from '../../../connector/kernel/time.ts';
import { evolve, initialState } from '../../../connector/order/state.ts';
import { aChange, aRecord, type ChangeParts, documentedVerdicts, sourceTopic } from '../../support/builders.ts';
import {
  RecordingDeadLetters,
  RecordingIntake,
  RecordingJournal,
  RecordingMeter,
  ScriptedDelivery,
  SteppedClock,
} from '../../support/flow-world.ts';

/** What a pipeline of the tests is told, where nothing else is said. */
export const defaults: FlowOptions = {
  inFlightMax: 4,
  requestsPerSecond: null,
  waitingMax: 100,
  parkedMax: 100,
  conflate: true,
  retryDelaysMs: [2_000, 2_000, 2_000, 600_000, 1_800_000],
  parkFromMs: 30_000,
  giveUpAfterMs: 86_400_000,
  forgetAfterMs: 3_600_000,
  probeIntervalMs: 5_000,
  outageWindow: 20,
  outageRatio: 0.8,
  requestIdForm: 'uuid',
  verdicts: documentedVerdicts,
  queuedMax: 100,
  queuedBytesMax: 1_000_000,
  ordersMax: 1_000,
  commitIntervalMs: 1_000,
};

/** A partition of the builders' topic, by its number. */
export const key = (partition: number): PartitionKey => partitionKey(sourceTopic, partition);

/** A record of a test: a change, or what its interpretation comes to. */
export type Fed = ChangeParts & {
  readonly means?: Interpreted | 'undecodable' | 'late' | 'throws';
  readonly bytes?: number;
  /** The order number that the row had before: its card is to be ended. */
  readonly former?: string;
  /** The record's key; without it all have the same. */
  readonly key?: string;
};

/** One pipeline in a world that does nothing by itself: the test feeds it, lets time pass, and looks. */
export class PipelineWorld {
  readonly clock = new SteppedClock();
  readonly intake = new RecordingIntake();
  readonly delivery = new ScriptedDelivery(this.clock);
  readonly deadLetters = new RecordingDeadLetters(this.clock);
  readonly meter = new RecordingMeter();
  readonly journal = new RecordingJournal(this.clock);
  readonly pipeline: Pipeline;
  /** Fetching a schema takes so long. */
  schemaMs: DurationMs = 100;
  readonly #meanings = new Map<string, Fed>();

  constructor(options: Partial<FlowOptions> = {}) {
    const interpreter: Interpreter = { interpret: (record, signal) => this.#interpret(record, signal) };
    this.pipeline = new Pipeline(
      { ...defaults, ...options },
      {
        clock: this.clock,
        random: { next: () => 0.5 },
        intake: this.intake,
        delivery: this.delivery,
        deadLetters: this.deadLetters,
        meter: this.meter,
        journal: this.journal,
        interpreter,
      },
    );
  }

  /** The partitions are assigned, and their journal is empty: what comes is new. */
  static assigned(options: Partial<FlowOptions> = {}, partitions: readonly number[] = [0]): PipelineWorld {
    const world = PipelineWorld.withJournal(options, partitions);
    for (const partition of partitions) world.restore([], { begin: 0n, end: 0n }, partition);
    return world;
  }

  /** The partitions are assigned, and their journal is still to be read. */
  static withJournal(options: Partial<FlowOptions> = {}, partitions: readonly number[] = [0]): PipelineWorld {
    const world = new PipelineWorld(options);
    world.pipeline.assigned(partitions.map(key));
    return world;
  }

  /** The journal of a partition is read: it owes these, of orders that have gone through no more. */
  restore(owed: readonly Owed[] = [], ends: PartitionEnds = { begin: 0n, end: 0n }, partition = 0): void {
    for (const one of owed) {
      const { change } = one.request;
      const state = evolve(initialState, doubtOf(change, one.request));
      this.pipeline.remember(key(partition), {
        order: change.merchantBizNo,
        known: { state, owed: one, at: this.clock.now() },
      });
    }
    this.pipeline.restored(key(partition), ends);
  }

  /** The source hands over records, in one fetch for each partition. `end` is the broker's end of the partition. */
  feed(records: readonly Fed[], end = 0n): void {
    const sources = records.map(fed => {
      const { position } = aChange(fed);
      const made = aRecord({ ...position, bytes: fed.bytes ?? 8 });
      const record = fed.key === undefined ? made : { ...made, key: Buffer.from(fed.key) };
      this.#meanings.set(formatPosition(record), fed);
      return record;
    });
    for (const [partition, fetched] of Map.groupBy(sources, record => record.partition)) {
      this.pipeline.receive(key(partition), fetched, fetched.at(-1)?.offset ?? 0n, end);
    }
  }

  /** The requests so far: command, order and offset. */
  get sent(): readonly string[] {
    return this.delivery.requests.map(
      ({ command, change }) => `${command} ${change.merchantBizNo}@${change.position.offset}`,
    );
  }

  /** Of partition 0 where nothing else is said. */
  partition(number = 0) {
    const found = this.pipeline.snapshot().partitions.find(({ partition }) => partition === number);
    if (found === undefined) throw new Error(`partition ${number} is not assigned`);
    return found;
  }

  #interpret(record: SourceRecord, signal: AbortSignal): Interpreted | Promise<Interpreted> {
    const fed = this.#meanings.get(formatPosition(record)) ?? {};
    const { former } = fed;
    const change: Interpreted = {
      kind: 'change',
      change: aChange(fed),
      ...(former !== undefined && { former: aChange({ ...fed, order: former, text: 'gone', ends: true }) }),
    };
    switch (fed.means) {
      case undefined:
        return change;
      case 'late':
        return this.clock.sleep(this.schemaMs, signal).then(() => {
          if (signal.aborted) throw new Error('the partition was taken away');
          return change;
        });
      case 'throws':
        throw new TypeError('the interpreter has a defect');
      case 'undecodable':
        return { kind: 'unusable', fault: new Fault('RECORD_UNDECODABLE', { detail: 'magic byte', at: record }) };
      default:
        return fed.means;
    }
  }
}
