import { openDeadLetters } from '../../connector/dead-letter/dead-letters.ts';
import { Pipeline } from '../../connector/flow/pipeline.ts';
import type { DeadLetter, Delivery, FlowSnapshot, Interpreted, PartitionSnapshot } from '../../connector/flow/ports.ts';
import { type JournalAppender, openJournal } from '../../connector/journal/append.ts';
import { JournalRestore } from '../../connector/journal/restore.ts';
import { openConsumer } from '../../connector/kafka/consumer.ts';
import type { ConsumerListener, RecordConsumer } from '../../connector/kafka/record-consumer.ts';
import { Fault } from '../../connector/kernel/fault.ts';
import {
  formatPosition,
  type Offset,
  type PartitionKey,
  partitionKey,
  splitPartitionKey,
} from '../../connector/kernel/position.ts';
import type { SourceRecord } from '../../connector/kernel/record.ts';
import { type Clock, type DurationMs, instant, type MonotonicMs, monotonic } from '../../connector/kernel/time.ts';
import type { MerchantBizNo } from '../../connector/order/change.ts';
import { documentedVerdicts } from '../support/builders.ts';
import { RecordingMeter, type SeededRandom } from '../support/flow-world.ts';
import type { SimulatedBroker } from './broker.ts';
import { type ClientHost, kafkaOver, type SimulatedConsumer } from './client.ts';
import { type PlannedRecord, remapped } from './database.ts';
import { BrokerError, type Coordinator } from './group.ts';
import { journalDecoder, journalTopic } from './journal.ts';
import type { Ports } from './ports.ts';
import type { World } from './world.ts';

/** What an instance differs in from the others. */
export interface MemberTraits {
  readonly name: string;
  /** Which mapping it has: the first, or a later one. */
  readonly mapping: 0 | 1;
  /** How far its wall clock is ahead. */
  readonly clockAheadMs: DurationMs;
}

/** How long the group waits for a member, and how often it beats. */
export const groupTimes = { sessionMs: 60, rebalanceMs: 60, heartbeatMs: 12 } as const;

const groupId = 'cards';
const fetchMost = 6;
const journalFetchMost = 60;

/** One life of one instance: the connector's own parts over a simulated world. A dead one is frozen: what it awaits never comes. */
export class Member implements ClientHost {
  readonly name: string;
  readonly random: SeededRandom;
  readonly broker: SimulatedBroker;
  readonly coordinator: Coordinator;
  readonly inFlight = new Set<MerchantBizNo>();
  readonly lastSent = new Map<MerchantBizNo, number>();
  readonly pipeline: Pipeline;
  readonly consumer: RecordConsumer;
  readonly #world: World;
  readonly #mapping: 0 | 1;
  readonly #journal: JournalAppender;
  readonly #restore: JournalRestore;
  readonly #stopped = new AbortController();
  readonly #born: MonotonicMs;
  #kafka: SimulatedConsumer | null = null;
  #memberId: string | null = null;
  #clockAheadMs: DurationMs;
  #stalledUntil: MonotonicMs = monotonic(0);
  #dead = false;
  #drained: Promise<void> | null = null;
  /** Timers that the flow set. */
  #asleep = 0;

  constructor({ name, mapping, clockAheadMs }: MemberTraits, world: World) {
    this.name = name;
    this.random = world.random;
    this.broker = world.broker;
    this.coordinator = world.coordinator;
    this.#world = world;
    this.#mapping = mapping;
    this.#clockAheadMs = clockAheadMs;
    this.#born = monotonic(world.clock.monotonic() - world.random.below(1000));
    const clock = this.#clock();
    this.consumer = this.#openConsumer(clock);
    this.#journal = openJournal(world.journal.producerOf(this), {
      ...{ topic: journalTopic, groupId, lingerMs: 1, clock },
      leased: () => this.consumer.leased,
      onUnwritable: () => undefined,
      onWritable: () => undefined,
      onTooLarge: fault => world.watch.report(`${name}: ${fault.message}`),
    });
    const ports = this.#ports(clock);
    const { topics, settings } = world.plan;
    this.pipeline = new Pipeline(
      {
        ...settings,
        ...{ parkFromMs: 50, retryDelaysMs: [10, 10, 20, 60, 120], probeIntervalMs: 25, outageWindow: 20 },
        ...{ outageRatio: 0.8, requestIdForm: 'uuid', verdicts: documentedVerdicts, queuedBytesMax: 1e9 },
        commitIntervalMs: 20,
      },
      { ...ports, random: world.random, meter: new RecordingMeter() },
    );
    this.#restore = new JournalRestore(
      {
        ...{ topic: journalTopic, groupId, sourceTopics: topics, formerly: [], onUnreadable: 'stop' },
        onRestored: () => undefined,
        onFault: fault => world.watch.note(`${name} ${fault.message}`),
      },
      {
        appender: this.#journal,
        consumer: this.consumer,
        decoder: journalDecoder,
        offsets: () => this.#offsets(),
        clock,
      },
    );
    const fell = (error: unknown) => world.fell(this, error);
    this.consumer.crashed.catch(fell);
    this.pipeline.failed.catch(error => world.watch.report(`${name} failed: ${error}`));
    void this.pipeline.commitRegularly(this.#stopped.signal);
    const { rebalancing, quiesce, assigned, receive } = this.#listener();
    const { remember, restored } = ports.restoration;
    const flow = { rebalancing, quiesce, assigned, receive, remember, restored };
    if (process.env.SIM_DEBUG) {
      flow.assigned = keys => {
        world.watch.note(`${name} assigned ${keys.join(' ')}`);
        assigned(keys);
      };
      flow.remember = (key, r) => {
        world.watch.note(
          `${name} recalls ${r.order} ${r.known?.state.kind} ${r.known?.state.through?.offset} ${r.known?.owed?.request.change.position.offset}`,
        );
        remember(key, r);
      };
      flow.restored = (key, ends) => {
        world.watch.note(`${name} restored ${key} ${ends.begin} ${ends.end}`);
        restored(key, ends);
      };
      flow.receive = (key, records, l, h) => {
        world.watch.note(`${name} receives ${key} ${records.map(r => r.offset)} of ${h}`);
        receive(key, records, l, h);
      };
    }
    this.consumer.start(this.#restore.listenerFor(flow)).catch(fell);
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** What the group calls it. */
  get memberId(): string | null {
    return this.#memberId;
  }

  /** The process ends at once. */
  crash(): void {
    this.#dead = true;
    this.#stopped.abort();
  }

  /** The process ends with an error: it leaves the group. */
  async exit(): Promise<void> {
    this.#stopped.abort();
    await this.consumer.close();
    this.crash();
  }

  /** The process ends as on SIGTERM: nothing may be left behind that would wake up. */
  drain(limit: DurationMs): Promise<void> {
    this.#drained ??= this.#drain(limit);
    return this.#drained;
  }

  async #drain(limit: DurationMs): Promise<void> {
    await this.sleep(0);
    // Where it stood still, all of it wakes up.
    await this.#world.clock.sleep(1);
    this.#stopped.abort();
    await this.pipeline.drain(limit);
    await this.#world.clock.runDry();
    if (this.#asleep > 0) this.#world.watch.report(`${this.name} leaves ${this.#asleep} timers behind`);
    await this.exit();
  }

  /** Stands still from now on: whatever it waits for comes later. */
  stall(duration: DurationMs): void {
    this.#stalledUntil = monotonic(this.#world.clock.monotonic() + duration);
  }

  /** Its wall clock is set. */
  setClock(byMs: DurationMs): void {
    this.#clockAheadMs += byMs;
  }

  monotonic(): MonotonicMs {
    return monotonic(this.#world.clock.monotonic() - this.#born);
  }

  /** Never comes back to the dead. */
  async sleep(duration: DurationMs, signal?: AbortSignal): Promise<void> {
    const { clock } = this.#world;
    if (duration > 0 || signal !== undefined) await clock.sleep(duration, signal);
    while (clock.monotonic() < this.#stalledUntil) await clock.sleep(this.#stalledUntil - clock.monotonic());
    if (this.#dead) await new Promise(() => {});
  }

  checkCommit(): void {
    const { clock, plan } = this.#world;
    if (clock.now() < plan.calmFrom && this.random.chance(plan.faultRate)) throw new BrokerError('NOT_COORDINATOR');
  }

  committed(key: PartitionKey, offset: Offset): void {
    this.broker.commit(key, offset);
    this.#world.watch.committed(this, key, offset);
  }

  fetchMost(key: PartitionKey): number {
    return splitPartitionKey(key).topic === journalTopic ? journalFetchMost : fetchMost;
  }

  /** What is written of a partition stands behind the word of whoever has it now. */
  checkOwner(key: PartitionKey, what: string): void {
    const owner = this.coordinator.ownerOf(key);
    if (owner !== undefined && owner !== this.#memberId)
      this.#world.watch.report(`${what} of ${key} is written without a lease by ${this.name}`);
  }

  named(memberId: string): void {
    this.#memberId = memberId;
  }

  /** What must hold after each step. */
  check(): void {
    const snapshot = this.pipeline.snapshot();
    for (const partition of snapshot.partitions) this.#checkConservation(partition);
    const unsettled = snapshot.partitions.reduce((sum, partition) => sum + partition.unsettled, 0);
    // One that ends tells its source nothing more.
    if (!this.#stopped.signal.aborted) this.#checkLimits(snapshot, unsettled);
  }

  /** What came in is accounted for, owed, or under way. */
  #checkConservation({ topic, partition, received, recalled, settled, parked, unsettled }: PartitionSnapshot): void {
    const ended = Object.values(settled).reduce((sum, count) => sum + count, 0);
    if (received + recalled === ended + parked + unsettled) return;
    const sums = `received ${received}, recalled ${recalled}, ended ${ended}, parked ${parked}, open ${unsettled}`;
    this.#world.watch.report(`${this.name} ${topic}/${partition}: ${sums}`);
  }

  /** What is held is bounded, and the source is as paused as the flow believes. */
  #checkLimits({ partitions, inFlight, inFlightMax, waiting, degraded, breaker }: FlowSnapshot, held: number): void {
    const { queuedMax, waitingMax } = this.#world.plan.settings;
    const most = queuedMax + waitingMax + inFlightMax + fetchMost * (partitions.length + 1);
    // What waits behind a waiting change without conflation counts as queued, with it not at all.
    if (held > most + waiting) this.#world.watch.report(`${this.name} holds ${held} records, more than ${most}`);
    if (inFlight > inFlightMax) this.#world.watch.report(`${this.name} has ${inFlight} in flight`);
    for (const { topic, partition, paused } of partitions) {
      if (this.#kafka?.paused.has(`${topic}/${partition}`) !== paused)
        this.#world.watch.report(`${this.name} believes ${partition} ${paused ? 'paused' : 'open'}: it is not`);
    }
    if ((degraded === null) !== (breaker === 'closed'))
      this.#world.watch.report(`${this.name} tells an outage that is not, or none that is`);
  }

  /** Nothing is left to do: nothing may be paused or held. */
  checkIdle(): void {
    if (this.#stopped.signal.aborted) return;
    const { partitions, lanes, queuedBytes, breaker } = this.pipeline.snapshot();
    if (lanes > 0 || queuedBytes > 0) this.#world.watch.report(`${this.name} holds ${lanes} lanes with nothing to do`);
    if (breaker === 'closed' && partitions.some(({ paused }) => paused))
      this.#world.watch.report(`${this.name} stays paused`);
  }

  #clock(): Clock {
    const { clock } = this.#world;
    return {
      now: () => instant(clock.now() + this.#clockAheadMs),
      monotonic: () => this.monotonic(),
      sleep: (duration, signal) => this.sleep(duration, signal),
    };
  }

  #openConsumer(clock: Clock): RecordConsumer {
    const kafka = kafkaOver(this, consumer => {
      this.#kafka = consumer;
    });
    const { sessionMs, rebalanceMs, heartbeatMs } = groupTimes;
    const times = {
      sessionTimeoutMs: sessionMs,
      rebalanceTimeoutMs: rebalanceMs,
      heartbeatIntervalMs: heartbeatMs,
      ...{ fetchMaxBytes: 0, fetchMaxBytesPerPartition: 0, fetchMaxWaitMs: 0 },
    };
    const topics = [...this.#world.plan.topics, journalTopic];
    return openConsumer(kafka, { groupId, topics, ...times }, clock);
  }

  /** Asked by a request to the brokers. */
  async #offsets(): ReturnType<ConstructorParameters<typeof JournalRestore>[1]['offsets']> {
    await this.sleep(1 + this.random.below(8));
    const offsets = this.broker.offsets();
    await this.sleep(this.random.below(4));
    return offsets;
  }

  /** What the flow hears of the source; looked at on its way. */
  #listener(): ConsumerListener {
    const { watch, plan } = this.#world;
    return {
      rebalancing: () => this.pipeline.rebalancing(),
      quiesce: limitMs => this.pipeline.quiesce(limitMs),
      assigned: keys => {
        for (const { key, means } of plan.records)
          if (!keys.includes(key) && typeof means !== 'string') this.lastSent.delete(means.merchantBizNo);
        this.pipeline.assigned(keys);
      },
      receive: (key, records, lastOffset, highWatermark) => {
        watch.received(records.map(record => this.#plannedOf(record)));
        this.pipeline.receive(key, records, lastOffset, highWatermark);
      },
    };
  }

  #plannedOf({ value }: Pick<SourceRecord, 'value'>): PlannedRecord {
    const planned = this.#world.plan.records[Number(Buffer.from(value ?? []).toString())];
    if (planned === undefined) throw new Error('no such record');
    return planned;
  }

  #ports(own: Clock): Ports {
    const clock: Clock = {
      ...own,
      sleep: async (duration, signal) => {
        this.#asleep++;
        if (duration > 0 || signal !== undefined) await this.#world.clock.sleep(duration, signal);
        this.#asleep--;
        // It stands still, maybe.
        await this.sleep(0);
      },
    };
    return {
      clock,
      intake: this.consumer,
      delivery: { deliver: (...request) => this.#deliver(...request) },
      deadLetters: {
        publish: (letter, signal) => this.#publish(letter, signal, own),
      },
      journal: this.#journal,
      restoration: {
        remember: (key, remembered) => this.pipeline.remember(key, remembered),
        restored: (key, ends) => this.pipeline.restored(key, ends),
      },
      interpreter: { interpret: (record, signal) => this.#interpret(record, signal) },
    };
  }

  async #publish(letter: DeadLetter, signal: AbortSignal, clock: Clock): Promise<void> {
    const { watch } = this.#world;
    const write = async () => {
      this.checkOwner(partitionKey(letter.record.topic, letter.record.partition), 'the dead letter');
      await this.sleep(1 + this.random.below(4));
      if (this.#world.deadLettersAreOut()) throw new Error('NOT_ENOUGH_REPLICAS');
      watch.published(this, letter, this.#plannedOf(letter.record));
    };
    const options = {
      ...{ topic: 'dead-letters', partitions: 1, connectorName: groupId, onUnwritable: () => undefined },
      leased: () => this.consumer.leased,
    };
    await openDeadLetters({ write }, options, clock).publish(letter, signal);
  }

  async #deliver(...[request, signal, mayGo]: Parameters<Delivery['deliver']>): ReturnType<Delivery['deliver']> {
    // It is signed first, and waits for a connection.
    await this.sleep(this.random.below(3), signal);
    if (!mayGo()) return { kind: 'unanswered', cause: 'unsent', text: 'too late' };
    const order = request.change.merchantBizNo;
    this.#world.watch.sent(this, request);
    this.inFlight.add(order);
    const answer = this.#world.platform.receive(request, this.#world.clock.now());
    await this.sleep(1 + this.random.below(15), signal);
    this.inFlight.delete(order);
    return signal.aborted ? { kind: 'unanswered', cause: 'aborted', text: 'given up' } : answer;
  }

  #interpret(record: SourceRecord, signal: AbortSignal): Interpreted | Promise<Interpreted> {
    const planned = this.#plannedOf(record);
    const meaning = interpreted(planned, record, this.#mapping);
    if (planned.lateMs === null) return meaning;
    return this.sleep(planned.lateMs, signal).then(() => {
      if (signal.aborted && this.random.chance(0.7)) throw new Error('given up');
      return meaning;
    });
  }
}

function interpreted({ means }: PlannedRecord, record: SourceRecord, mapping: 0 | 1): Interpreted {
  if (means === 'needless') return { kind: 'skipped', reason: 'unmapped' };
  if (means === 'unusable') {
    const fault = new Fault('RECORD_UNDECODABLE', { detail: formatPosition(record), at: record });
    return { kind: 'unusable', fault };
  }
  return { kind: 'change', change: mapping === 0 ? means : remapped(means) };
}
