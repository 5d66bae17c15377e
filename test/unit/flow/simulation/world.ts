import type { DurationMs } from '../../../../connector/kernel/time.ts';
import { SeededRandom, SteppedClock } from '../../../support/flow-world.ts';
import { Group } from './group.ts';
import { Member, type Ports } from './member.ts';
import { type Blow, isTick, type Plan, planOf } from './plan.ts';
import { SimulatedPlatform } from './platform.ts';
import { Watch } from './watch.ts';

/** A defect: what it does to the ports of every instance. */
export type Defect = (ports: Ports, world: World) => Ports;

/** How a history went. */
export interface Outcome {
  readonly seed: number;
  /** The first promise that broke, or null. */
  readonly broken: string | null;
  readonly trace: readonly string[];
  readonly plan: Plan;
}

const stepsMax = 6_000;
const endMs: DurationMs = 15_000;
const drainMs: DurationMs = 40;

/** Everything outside the flow: one clock, one chance, the broker, the platform and the instances. */
export class World {
  readonly plan: Plan;
  readonly random: SeededRandom;
  readonly clock: SteppedClock;
  readonly watch: Watch;
  readonly platform: SimulatedPlatform;
  readonly group: Group;
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
      if (clock.now() >= plan.calmFrom && this.group.isDone) break;
      if (step > stepsMax || clock.now() > end || !(await this.#step())) {
        watch.report(`stuck: ${JSON.stringify(this.#members.map(stuckAt))}`);
        return;
      }
      watch.check(this.#members);
    }
    if (watch.broken.length > 0) return;
    watch.checkEnd();
    if (![...this.plan.logs.values()].flat().some(isTick)) for (const member of this.#members) member.checkIdle();
    await this.#stop();
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
