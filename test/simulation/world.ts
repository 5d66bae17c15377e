import { Fault } from '../../connector/kernel/fault.ts';
import { type Offset, type PartitionKey, partitionKey } from '../../connector/kernel/position.ts';
import type { DurationMs } from '../../connector/kernel/time.ts';
import { SeededRandom, SteppedClock } from '../support/flow-world.ts';
import { SimulatedBroker } from './broker.ts';
import { keysOfAssignment } from './client.ts';
import type { PlannedRecord } from './database.ts';
import { Coordinator } from './group.ts';
import { journalTopic, SimulatedJournal } from './journal.ts';
import { groupTimes, Member } from './member.ts';
import { type Blow, isTick, type Plan, planOf } from './plan.ts';
import { SimulatedPlatform } from './platform.ts';
import { Watch } from './watch.ts';

/** How a history went. */
export interface Outcome {
  readonly seed: number;
  /** The first promise that broke, or null. */
  readonly broken: string | null;
  readonly trace: readonly string[];
  readonly plan: Plan;
}

const stepsMax = 60_000;
const lastStepsMax = 400;
const endMs: DurationMs = 15_000;
const drainMs: DurationMs = 40;
const stallMs: DurationMs = 150;
const pollMs: DurationMs = 5;

/** Everything outside the connector: one clock, one chance, the brokers, the platform and the instances. */
export class World {
  readonly plan: Plan;
  readonly random: SeededRandom;
  readonly clock: SteppedClock;
  readonly watch: Watch;
  readonly platform: SimulatedPlatform;
  readonly broker = new SimulatedBroker();
  readonly coordinator: Coordinator;
  readonly journal: SimulatedJournal;
  #members: Member[] = [];
  #born = 0;
  #published = 0;
  /** Of the last record that is no tick. */
  readonly #lastIndex: number;
  /** The offset behind the last record of each partition that is published and no tick. */
  readonly #ends = new Map<PartitionKey, Offset>();
  #incarnation = 0;
  #isOver = false;

  constructor(seed: number) {
    this.plan = planOf(seed);
    this.random = new SeededRandom(seed + 1_000_003);
    this.clock = new SteppedClock(this.random);
    this.watch = new Watch(this.plan, () => ({
      platform: this.platform,
      journal: this.journal,
      ownerOf: key => this.coordinator.ownerOf(key),
      now: () => this.clock.now(),
    }));
    this.platform = new SimulatedPlatform(this.plan, this.random, broken => this.watch.report(broken));
    this.coordinator = new Coordinator(this.clock, groupTimes, keysOfAssignment, line => this.watch.note(line));
    this.journal = new SimulatedJournal(this);
    this.#lastIndex = this.plan.records.findLastIndex(record => !isTick(record));
    const { topics, partitions } = this.plan;
    for (let n = 0; n < partitions; n++)
      for (const topic of [...topics, journalTopic]) this.broker.addPartition(partitionKey(topic, n));
  }

  deadLettersAreOut(): boolean {
    const now = this.clock.now();
    const { deadLettersOut } = this.plan;
    return deadLettersOut !== null && now >= deadLettersOut.from && now < deadLettersOut.to;
  }

  /** An instance ended by itself, with an error. */
  fell(member: Member, error: unknown): void {
    if (member.dead) return;
    this.watch.note(`${member.name} ends: ${error}`);
    const code = error instanceof Fault ? error.code : null;
    const isOfGrowth = code === 'KAFKA_CONSUMER_STOPPED' && String(error).includes('was added to its topic');
    const isMeant = this.plan.data.growsAt !== null && isOfGrowth;
    if (!isMeant) this.watch.report(`${member.name} stopped: ${error}`);
    void member.exit().then(() => this.#join());
  }

  /** Plays the history to its end, or to the first promise that breaks. */
  async run(): Promise<void> {
    this.#join();
    void this.#publish();
    void this.#strike();
    const { watch, clock, plan } = this;
    const end = plan.calmFrom + endMs;
    for (let step = 0; watch.broken.length === 0; step++) {
      if (clock.now() >= plan.calmFrom && this.#isDone && !this.#owes && this.platform.isSettled) break;
      if (step > stepsMax || clock.now() > end || !(await this.#step())) {
        watch.report(`stuck: ${JSON.stringify(this.#members.map(stuckAt))}`);
        return;
      }
      watch.check(this.#members);
    }
    if (watch.broken.length > 0) return;
    // What was written last is still to be acknowledged.
    for (let step = 0; step < lastStepsMax && this.#isBusy; step++) await this.#step();
    watch.checkEnd();
    if (!plan.records.some(isTick)) for (const member of this.#members) member.checkIdle();
    await this.#stop();
  }

  /** Is every record accounted for and committed? */
  get #isDone(): boolean {
    return this.#published > this.#lastIndex && this.#isCommitted;
  }

  /** Of this incarnation of the topics, as far as it is published. */
  get #isCommitted(): boolean {
    return [...this.#ends].every(([key, end]) => (this.broker.committed(key) ?? 0n) >= end);
  }

  get #isBusy(): boolean {
    return this.#members.some(({ pipeline }) => {
      const { lanes, queuedBytes, partitions } = pipeline.snapshot();
      return lanes > 0 || queuedBytes > 0 || partitions.some(({ restored }) => !restored);
    });
  }

  /** A delivery is parked still. */
  get #owes(): boolean {
    return this.journal.owesAnything || this.#members.some(({ pipeline }) => pipeline.snapshot().parked > 0);
  }

  /** Wakes the next sleeper; one that is only about to sleep counts too. */
  async #step(): Promise<boolean> {
    this.platform.settle(this.clock.now());
    if (await this.clock.step()) return true;
    await this.clock.runDry();
    return this.clock.step();
  }

  /** All end in order. */
  async #stop(): Promise<void> {
    this.#isOver = true;
    let over = false;
    const drained = Promise.all(this.#members.map(member => member.drain(drainMs))).then(() => {
      over = true;
    });
    await this.clock.runDry();
    while (!over && (await this.clock.step()));
    await drained;
  }

  /** The records come into their topics, each at its time. */
  async #publish(): Promise<void> {
    for (const record of this.plan.records) {
      if (record.at > this.clock.now()) await this.clock.sleep(record.at - this.clock.now());
      if (record.incarnation > this.#incarnation) await this.#recreate();
      this.#grow(record);
      const value = Buffer.from(`${record.index}`);
      const { at, key, offset } = record;
      this.broker.log(key).append({ at, key: Buffer.from('id'), value, headers: {} }, offset);
      this.#published++;
      if (!isTick(record)) this.#ends.set(key, offset + 1n);
    }
  }

  /** The operator adds a partition to the source, and to the journal. */
  #grow({ key }: PlannedRecord): void {
    if (this.broker.has(key)) return;
    this.watch.note('a partition is added');
    const number = this.broker.partitionCount(journalTopic);
    for (const topic of [journalTopic, ...this.plan.topics]) this.broker.addPartition(partitionKey(topic, number));
    this.coordinator.rebalance();
  }

  /** The operator waits until all is read, stops the connector, recreates the topics, and starts it again. */
  async #recreate(): Promise<void> {
    while (!this.#isCommitted) await this.clock.sleep(pollMs);
    for (const member of this.#members.filter(({ dead }) => !dead)) await member.drain(drainMs);
    this.watch.note('the topics are recreated');
    this.#incarnation++;
    this.#ends.clear();
    this.watch.recreated();
    for (const key of this.plan.keys) if (this.broker.has(key)) this.broker.recreate(key);
    this.#join();
  }

  async #strike(): Promise<void> {
    for (const blow of this.plan.blows) {
      await this.clock.sleep(blow.at - this.clock.now());
      if (this.#isOver) return;
      await this.#befall(blow);
    }
  }

  async #befall({ kind, byMs }: Blow): Promise<void> {
    const [first, second] = this.#members;
    const by = byMs === 0 ? '' : ` by ${byMs} ms`;
    this.watch.note(`${kind}${by}`);
    switch (kind) {
      case 'crash':
        first?.crash();
        this.#join();
        break;
      case 'restart':
        await first?.drain(drainMs);
        this.#join();
        break;
      case 'stall':
        first?.stall(this.random.below(stallMs));
        break;
      case 'second joins':
        if (second === undefined) this.#join();
        break;
      case 'second leaves':
        second?.crash();
        this.#members = this.#members.filter(({ dead }) => !dead);
        break;
      case 'rebalance':
        this.coordinator.rebalance();
        break;
      case 'clock is set':
        first?.setClock(byMs);
        break;
    }
  }

  #join(): void {
    const { odd } = this.plan;
    this.#members = this.#members.filter(({ dead }) => !dead);
    const name = `instance ${++this.#born}`;
    const mapping = odd.has('the mapping changes') && this.#born > 1 ? 1 : 0;
    const clockAheadMs = odd.has('clocks are set') ? 1_000 * (this.random.below(5) - 2) : 0;
    this.#members.push(new Member({ name, mapping, clockAheadMs }, this));
  }
}

function stuckAt(member: Member): object {
  const { lanes, inFlight, waiting, breaker, partitions } = member.pipeline.snapshot();
  return { lanes, inFlight, waiting, breaker, open: partitions.map(one => [one.partition, one.unsettled, one.paused]) };
}

/** Plays the history of a seed. The same seed, the same trace. */
export async function simulate(seed: number): Promise<Outcome> {
  const world = new World(seed);
  await world.run();
  return { seed, broken: world.watch.broken[0] ?? null, trace: world.watch.trace, plan: world.plan };
}
