import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ConnectorProcess } from './connector-process.ts';
import { type ConservationWatch, watchConservation } from './conservation.ts';
import { allRequests, type NeedlessRepeat, needlessRepeats } from './delivery-checks.ts';
import type { SettingsOverrides, ShopWorld } from './shop-world.ts';

const turnsToRead = 10;
const lostMembership = 'The coordinator is not aware of this member';

/** The instances of one group that are alive: they come, leave and are killed. Each is watched for conservation while it lives. */
export class Fleet implements AsyncDisposable {
  readonly conservation: ConservationWatch = watchConservation();
  readonly #world: ShopWorld;
  readonly #overrides: SettingsOverrides;
  /** What the sandbox had received when the fleet began: others caused it. */
  readonly #since: number;
  readonly #living: ConnectorProcess[] = [];
  readonly #all: ConnectorProcess[] = [];
  readonly #killedAt: number[] = [];
  readonly #fallen: string[] = [];
  #started = 0;
  #stopped = 0;

  constructor(world: ShopWorld, overrides: SettingsOverrides) {
    this.#world = world;
    this.#since = world.sandbox.requests.last;
    this.#overrides = overrides;
  }

  get living(): readonly ConnectorProcess[] {
    return this.#living;
  }

  get counts(): { readonly started: number; readonly stopped: number; readonly killed: number } {
    return { started: this.#started, stopped: this.#stopped, killed: this.#killedAt.length };
  }

  async start(): Promise<ConnectorProcess> {
    const connector = await this.#world.startConnector(`instance-${++this.#started}`, this.#overrides);
    this.#living.push(connector);
    this.#all.push(connector);
    void connector.ended.then(code => {
      if (!this.#living.includes(connector)) return;
      this.#fallen.push(`an instance ended by itself with ${code}:\n${connector.lines.slice(-8).join('\n')}`);
    });
    this.conservation.watch(connector);
    return connector;
  }

  /** SIGTERM. Throws where it does not end in good order. */
  async stop(connector: ConnectorProcess): Promise<void> {
    this.#take(connector);
    this.#stopped++;
    const code = await connector.stop();
    if (code !== 0) throw new Error(`instance ended with ${code}:\n${connector.lines.slice(-5).join('\n')}`);
  }

  /** SIGKILL. */
  async kill(connector: ConnectorProcess): Promise<void> {
    this.#take(connector);
    await connector.kill();
    // The sandbox, in this process, may have requests of the killed instance to read: accept, headers, body.
    for (let turn = 0; turn < turnsToRead; turn++) await nextTurn();
    this.#killedAt.push(Date.now());
  }

  /** Ends the watch. Throws where an instance fell by itself, or something was not accounted for at any time. */
  async check(): Promise<void> {
    if (this.#fallen.length > 0) throw new Error(this.#fallen.join('\n'));
    await this.conservation.end();
  }

  /**
   * When an instance learnt that its session had expired: the group gave its partitions to others, which cannot know what it was
   * answered meanwhile. Epoch ms.
   */
  get lostMembershipsAt(): readonly number[] {
    return this.#all.flatMap(({ lines }) =>
      lines.filter(line => line.includes(lostMembership)).map(line => Date.parse(JSON.parse(line).time)),
    );
  }

  /**
   * How many accepted requests were repeated after each kill and each lost membership; at most `2 * inFlightMax` for each: what was
   * in flight, and what was answered and not yet in the journal. Throws where a request was repeated without such a cause.
   *
   * The cause lies after the request was received, not after it was answered: the sandbox may answer a process that is dead already.
   */
  repeatsByLoss(): readonly number[] {
    const losses = [...this.#killedAt, ...this.lostMembershipsAt].sort((a, b) => a - b);
    const counts = losses.map(() => 0);
    for (const { accepted, repeat } of needlessRepeats(this.#world.sandbox, this.#since)) {
      const loss = losses.findIndex(at => at >= accepted.receivedAt && at <= repeat.receivedAt);
      if (loss < 0)
        throw new Error(`repeated without a kill or a lost membership: ${this.#storyOf({ accepted, repeat })}`);
      counts[loss] = (counts[loss] ?? 0) + 1;
    }
    return counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#living.splice(0).map(connector => connector.kill()));
  }

  #take(connector: ConnectorProcess): void {
    this.#living.splice(this.#living.indexOf(connector), 1);
  }

  #storyOf({ accepted, repeat }: NeedlessRepeat): string {
    const line = (entry: typeof accepted) =>
      `#${entry.sequence} at ${entry.receivedAt} ${entry.command} ${entry.bizDate} → ${entry.outcome} (${entry.fault ?? 'no fault'}, ${entry.durationMs} ms)`;
    const story = allRequests(this.#world.sandbox).filter(one => one.merchantBizNo === accepted.merchantBizNo);
    return [`order ${accepted.merchantBizNo}, #${accepted.sequence} and #${repeat.sequence}`, ...story.map(line)].join(
      '\n  ',
    );
  }
}
