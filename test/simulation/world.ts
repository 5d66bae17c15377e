import type { DurationMs } from '../../connector/kernel/time.ts';
import { SeededRandom, SteppedClock } from '../support/flow-world.ts';
import { Group } from './group.ts';
import { SimulatedJournal } from './journal.ts';
import { Member, type Ports } from './member.ts';
import { type Blow, isTick, type Plan, planOf } from './plan.ts';
import { SimulatedPlatform } from './platform.ts';
import { Watch } from './watch.ts';

/** A defect: what it does to the ports of every instance. */
export type Defect = (ports: Ports, world: World) => Ports;

/** A defect, and how the watch tells of it. */
export interface Planted {
  readonly breaks: RegExp;
  readonly defect: Defect;
}

/** How a history went. */
export interface Outcome {
  readonly seed: number;
  /** The first promise that broke, or null. */
  readonly broken: string | null;
  readonly trace: readonly string[];
  readonly plan: Plan;
}

const stepsMax = 6_000;
const lastStepsMax = 100;
const endMs: DurationMs = 15_000;
const drainMs: DurationMs = 40;
const stallMs: DurationMs = 60;

/** Everything outside the flow: one clock, one chance, the broker, the platform and the instances. */
export class World {
  readonly plan: Plan;
  readonly random: SeededRandom;
  readonly clock: SteppedClock;
  readonly watch: Watch;
  readonly platform: SimulatedPlatform;
  readonly group: Group;
  readonly journal: SimulatedJournal;
  readonly #defect: Defect;
  #members: Member[] = [];
  #born = 0;

  constructor(seed: number, defect: Defect) {
    this.plan = planOf(seed);
    this.random = new SeededRandom(seed + 1_000_003);
    this.clock = new SteppedClock(this.random);
    this.watch = new Watch(this.plan);
    this.platform = new SimulatedPlatform(this.plan, this.random, broken => this.watch.report(broken));
    this.watch.platform = this.platform;
    this.group = new Group(this);
    this.journal = new SimulatedJournal(this);
    this.watch.journal = this.journal;
    this.#defect = defect;
  }

  deadLettersAreOut(): boolean {
    const now = this.clock.now();
    const { deadLettersOut } = this.plan;
    return deadLettersOut !== null && now >= deadLettersOut.from && now < deadLettersOut.to;
  }

  /** Plays the history to its end, or to the first promise that breaks. */
  async run(): Promise<void> {
    this.#join();
    void this.#strike();
    const { watch, clock, plan } = this;
    const end = plan.calmFrom + endMs;
    for (let step = 0; watch.broken.length === 0; step++) {
      if (clock.now() >= plan.calmFrom && this.group.isDone && !this.#owes) break;
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
    if (![...this.plan.logs.values()].flat().some(isTick)) for (const member of this.#members) member.checkIdle();
    await this.#stop();
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
    if (await this.clock.step()) return true;
    await this.clock.runDry();
    return this.clock.step();
  }

  /** All end in order. */
  async #stop(): Promise<void> {
    let over = false;
    const drained = Promise.all(this.#members.map(member => member.drain(drainMs))).then(() => {
      over = true;
    });
    await this.clock.runDry();
    while (!over && (await this.clock.step()));
    await drained;
  }

  async #strike(): Promise<void> {
    for (const blow of this.plan.blows) {
      await this.clock.sleep(blow.at - this.clock.now());
      await this.#befall(blow);
    }
  }

  async #befall({ kind }: Blow): Promise<void> {
    this.watch.note(`${this.clock.now()} ${kind}`);
    const [first, second] = this.#members;
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
        await this.#stall(first);
        break;
      case 'second joins':
        if (second === undefined) this.#join();
        break;
      case 'second leaves':
        second?.crash();
        this.#rebalance();
        break;
      case 'rebalance':
        this.#rebalance();
        break;
    }
  }

  /** An instance stands still for so long that the group goes on without it, and does not know it when it wakes up. */
  async #stall(member: Member | undefined): Promise<void> {
    if (member === undefined || this.#members.length < 2) return;
    member.stall(this.random.below(stallMs));
    this.#members = this.#members.filter(other => other !== member);
    this.#rebalance();
    await member.awake();
    await this.clock.sleep(this.random.below(5));
    if (member.dead) return;
    this.#members.push(member);
    this.#rebalance();
  }

  #join(): void {
    this.#members.push(new Member(`instance ${++this.#born}`, this, this.#defect));
    this.#rebalance();
  }

  #rebalance(): void {
    this.#members = this.#members.filter(({ dead }) => !dead);
    this.group.rebalance(this.#members);
  }
}

function stuckAt(member: Member): object {
  const { lanes, inFlight, waiting, breaker, partitions } = member.pipeline.snapshot();
  return { lanes, inFlight, waiting, breaker, open: partitions.map(one => [one.partition, one.unsettled, one.paused]) };
}

/** Plays the history of a seed, with a defect where one is given. The same seed, the same trace. */
export async function simulate(seed: number, defect: Defect = ports => ports): Promise<Outcome> {
  const world = new World(seed, defect);
  await world.run();
  return { seed, broken: world.watch.broken[0] ?? null, trace: world.watch.trace, plan: world.plan };
}
