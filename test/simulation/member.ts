import { Pipeline } from '../../connector/flow/pipeline.ts';
import type {
  DeadLetter,
  DeadLetters,
  Delivery,
  FlowSnapshot,
  Intake,
  Interpreted,
  Interpreter,
  Journal,
  JournalEntry,
  PartitionSnapshot,
  Restoration,
} from '../../connector/flow/ports.ts';
import { Fault } from '../../connector/kernel/fault.ts';
import { formatPosition, type Offset, type PartitionKey, splitPartitionKey } from '../../connector/kernel/position.ts';
import type { SourceRecord } from '../../connector/kernel/record.ts';
import { type Clock, type DurationMs, type Instant, instant } from '../../connector/kernel/time.ts';
import type { MerchantBizNo } from '../../connector/order/change.ts';
import { aRecord, documentedVerdicts } from '../support/builders.ts';
import { RecordingMeter } from '../support/flow-world.ts';
import type { Plan, PlannedRecord } from './plan.ts';
import type { World } from './world.ts';

/** The ports of one instance, as a defect may wrap them. */
export interface Ports {
  readonly intake: Intake;
  readonly delivery: Delivery;
  readonly deadLetters: DeadLetters;
  readonly interpreter: Interpreter;
  readonly journal: Journal;
  /** The flow itself, as whoever reads the journal sees it. */
  readonly restoration: Restoration;
  readonly clock: Clock;
}

const fetchMost = 6;

/** One life of one instance: a real pipeline over simulated ports. A dead one is frozen: what it awaits never comes. */
export class Member {
  readonly name: string;
  readonly inFlight = new Set<MerchantBizNo>();
  readonly lastSent = new Map<MerchantBizNo, bigint>();
  readonly paused = new Set<PartitionKey>();
  readonly pipeline: Pipeline;
  readonly #world: World;
  readonly #plan: Plan;
  readonly #random: World['random'];
  readonly #restoration: Restoration;
  readonly #stopped = new AbortController();
  /** The partitions it believes its own, and where it reads next. */
  readonly #positions = new Map<PartitionKey, Offset>();
  /** Whose journal is being read. */
  readonly #restoring = new Set<PartitionKey>();
  /** Of which a fetch may be on its way. */
  readonly #fetching = new Set<PartitionKey>();
  #generation = -1;
  /** Counts the joins: what was begun before one is out of date. */
  #joins = 0;
  /** It joined, and nobody took its place. */
  #leased = false;
  #fellOut = false;
  #stalledUntil: Instant = instant(0);
  /** Journal entries are written one after the other. */
  #writing: Promise<void> = Promise.resolve();
  #dead = false;
  /** Timers that the flow set. */
  #asleep = 0;

  constructor(name: string, world: World, wrap: (ports: Ports, world: World) => Ports) {
    this.name = name;
    this.#world = world;
    this.#plan = world.plan;
    this.#random = world.random;
    const ports = wrap(this.#ports(), world);
    this.#restoration = ports.restoration;
    this.pipeline = new Pipeline(
      {
        inFlightMax: world.plan.inFlightMax,
        requestsPerSecond: world.plan.requestsPerSecond,
        waitingMax: world.plan.waitingMax,
        parkedMax: 100,
        parkFromMs: 50,
        giveUpAfterMs: 86_400_000,
        forgetAfterMs: 3_600_000,
        conflate: world.plan.conflate,
        retryDelaysMs: [10, 10, 20, 60, 120],
        probeIntervalMs: 25,
        outageWindow: 20,
        outageRatio: 0.8,
        requestIdForm: 'uuid',
        verdicts: documentedVerdicts,
        queuedMax: world.plan.queuedMax,
        queuedBytesMax: 1e9,
        ordersMax: 1000,
        commitIntervalMs: 20,
      },
      {
        ...ports,
        random: world.random,
        meter: new RecordingMeter(),
      },
    );
    this.pipeline.failed.catch(error => world.watch.report(`${name} failed: ${error}`));
    void this.pipeline.commitRegularly(this.#stopped.signal);
    void this.#fetch();
  }

  get now(): Instant {
    return this.#world.clock.now();
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** It is certain that its partitions are its own. */
  get leased(): boolean {
    return this.#leased;
  }

  /** The process ends at once. */
  crash(): void {
    this.#dead = true;
    this.#stopped.abort();
  }

  /** The process ends as on SIGTERM: nothing may be left behind that would wake up. */
  async drain(limit: DurationMs): Promise<void> {
    this.#stopped.abort();
    await this.pipeline.drain(limit);
    await this.#world.clock.runDry();
    if (this.#asleep > 0) this.#world.watch.report(`${this.name} leaves ${this.#asleep} timers behind`);
    this.crash();
  }

  /** Stands still from now on: whatever it waits for comes later. */
  stall(duration: DurationMs): void {
    this.#stalledUntil = instant(this.#world.clock.now() + duration);
    this.#leased = false;
    this.#fellOut = true;
  }

  /** Resolves when it does not stand still any more. */
  async awake(): Promise<void> {
    await this.#world.clock.sleep(this.#stalledUntil - this.#world.clock.now());
  }

  /** The group is to be joined anew. From its answer on nothing may be written until the group says what is ours. */
  async prepareJoin(limit: DurationMs): Promise<void> {
    const joins = this.#joins;
    await this.pipeline.quiesce(limit);
    // It may have taken longer than the group waits.
    if (this.#joins === joins) this.#leased = false;
  }

  /** The group's word: what is ours is read from the last commit on (kafkajs#1046). */
  join(generation: number, keys: readonly PartitionKey[]): void {
    if (this.#dead) return;
    if (this.#fellOut) this.#take(generation, []);
    this.#fellOut = false;
    this.#take(generation, keys);
  }

  #take(generation: number, keys: readonly PartitionKey[]): void {
    this.#generation = generation;
    this.#leased = true;
    const join = ++this.#joins;
    const gained = keys.filter(key => !this.#positions.has(key));
    for (const key of this.#positions.keys()) {
      if (keys.includes(key)) continue;
      this.#positions.delete(key);
      for (const { means } of this.#plan.logs.get(key) ?? []) {
        if (typeof means !== 'string') this.lastSent.delete(means.merchantBizNo);
      }
    }
    for (const key of keys) this.#positions.set(key, this.#world.group.committed(key));
    this.pipeline.assigned(keys);
    for (const key of gained) this.#restoring.add(key);
    for (const key of this.#restoring) if (!keys.includes(key)) this.#restoring.delete(key);
    for (const key of this.#restoring) void this.#restore(key, join);
  }

  /** Reads a partition's journal to the end it has now. A join in between begins anew. */
  async #restore(key: PartitionKey, join: number): Promise<void> {
    const { journal, group } = this.#world;
    await this.#sleep(1 + this.#random.below(10));
    const end = group.read(key, 0n, 0).end;
    const remembered = journal.read(key);
    for (const one of remembered) {
      if (this.#random.chance(0.3)) await this.#sleep(1 + this.#random.below(4));
      if (this.#joins !== join) return;
      this.#restoration.remember(key, one);
    }
    if (this.#joins !== join) return;
    this.#restoring.delete(key);
    this.#restoration.restored(key, { begin: group.committed(key), end });
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
    const most = this.#plan.queuedMax + this.#plan.waitingMax + inFlightMax + fetchMost * (partitions.length + 1);
    // What waits behind a waiting change without conflation counts as queued, with it not at all.
    if (held > most + waiting) this.#world.watch.report(`${this.name} holds ${held} records, more than ${most}`);
    if (inFlight > inFlightMax) this.#world.watch.report(`${this.name} has ${inFlight} in flight`);
    for (const { topic, partition, paused } of partitions) {
      if (this.paused.has(`${topic}/${partition}`) !== paused)
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

  async #fetch(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.#sleep(3 + this.#random.below(20));
      for (const [key, from] of this.#positions) {
        // A fetch may be on its way when its partition is paused.
        if (this.paused.has(key) && !(this.#fetching.delete(key) && this.#random.chance(0.5))) continue;
        if (!this.paused.has(key)) this.#fetching.add(key);
        const { records, end } = this.#world.group.read(key, from, 1 + this.#random.below(fetchMost));
        const last = records.at(-1);
        if (last === undefined || this.#stopped.signal.aborted) continue;
        this.#positions.set(key, last.offset + 1n);
        this.#world.watch.received(records);
        const { partition } = splitPartitionKey(key);
        const sources = records.map(({ offset }) => aRecord({ offset, partition }));
        this.pipeline.receive(key, sources, last.offset, end);
      }
    }
  }

  #ports(): Ports {
    const { watch, group } = this.#world;
    const member = this;
    return {
      clock: {
        now: () => this.#world.clock.now(),
        monotonic: () => this.#world.clock.monotonic(),
        sleep: async (duration, signal) => {
          this.#asleep++;
          await this.#sleep(duration, signal);
          this.#asleep--;
        },
      },
      intake: {
        get leased() {
          return member.#leased;
        },
        pause: keys => keys.forEach(key => void this.paused.add(key)),
        resume: keys => keys.forEach(key => void this.paused.delete(key)),
        commit: async offsets => {
          const generation = this.#generation;
          const ours = [...offsets].filter(([key]) => this.#positions.has(key));
          await this.#sleep(1 + this.#random.below(5));
          group.commit(this, generation, ours);
        },
      },
      delivery: { deliver: (...given) => this.#deliver(...given) },
      deadLetters: {
        publish: async (letter: DeadLetter, signal: AbortSignal) => {
          do {
            await this.#sleep(1 + this.#random.below(10), signal);
            if (signal.aborted) throw new Error('its partition was taken away');
          } while (this.#world.deadLettersAreOut());
          watch.published(this, letter);
        },
      },
      journal: {
        append: (entry, signal) => this.#write(entry.partition, entry.order, entry, signal),
        forget: (partition, order, signal) => this.#write(partition, order, null, signal),
      },
      restoration: {
        remember: (key, remembered) => this.pipeline.remember(key, remembered),
        restored: (key, ends) => this.pipeline.restored(key, ends),
      },
      interpreter: { interpret: (record, signal) => this.#interpret(record, signal) },
    };
  }

  /** One after the other; it may be there before we know it. Nothing is written while it is not sure that we may. */
  #write(
    partition: PartitionKey,
    order: MerchantBizNo,
    entry: JournalEntry | null,
    signal: AbortSignal,
  ): Promise<void> {
    const written = this.#writing.then(async () => {
      do {
        await this.#sleep(1 + this.#random.below(4), signal);
        if (signal.aborted) throw new Error('its partition was taken away');
      } while (!this.#leased);
      this.#world.journal.write(this, partition, order, entry);
      await this.#sleep(this.#random.below(3));
    });
    this.#writing = written.catch(() => {});
    return written;
  }

  async #deliver(...[request, signal, mayGo]: Parameters<Delivery['deliver']>): ReturnType<Delivery['deliver']> {
    // It is signed first, and waits for a connection.
    await this.#sleep(this.#random.below(3), signal);
    if (!mayGo()) return { kind: 'unanswered', cause: 'unsent', text: 'too late' };
    const order = request.change.merchantBizNo;
    this.#world.watch.sent(this, request);
    this.inFlight.add(order);
    const answer = this.#world.platform.receive(request, this.#world.clock.now());
    await this.#sleep(1 + this.#random.below(15), signal);
    this.inFlight.delete(order);
    return signal.aborted ? { kind: 'unanswered', cause: 'aborted', text: 'given up' } : answer;
  }

  #interpret(record: SourceRecord, signal: AbortSignal): Interpreted | Promise<Interpreted> {
    const planned = this.#world.group.recordAt(record);
    const meaning = interpretedOf(planned, record);
    if (planned.lateMs === null) return meaning;
    return this.#sleep(planned.lateMs, signal).then(() => {
      if (signal.aborted && this.#random.chance(0.7)) throw new Error('given up');
      return meaning;
    });
  }

  /** Never comes back to the dead. */
  async #sleep(duration: DurationMs, signal?: AbortSignal): Promise<void> {
    await this.#world.clock.sleep(duration, signal);
    if (this.#world.clock.now() < this.#stalledUntil) await this.awake();
    if (this.#dead) await new Promise(() => {});
  }
}

function interpretedOf({ means }: PlannedRecord, record: SourceRecord): Interpreted {
  if (means === 'needless') return { kind: 'skipped', reason: 'unmapped' };
  if (means === 'unusable') {
    return { kind: 'unusable', fault: new Fault('RECORD_UNDECODABLE', { detail: formatPosition(record), at: record }) };
  }
  return { kind: 'change', change: means };
}
