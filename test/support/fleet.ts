import type { ConnectorProcess } from './connector-process.ts';
import { type ConservationWatch, watchConservation } from './conservation.ts';
import { allRequests, type NeedlessRepeat, needlessRepeats } from './delivery-checks.ts';
import type { SettingsOverrides, ShopWorld } from './shop-world.ts';

/** The instances of one group that are alive: they come, leave and are killed. Each is watched for conservation while it lives. */
export class Fleet implements AsyncDisposable {
  readonly conservation: ConservationWatch = watchConservation();
  readonly #world: ShopWorld;
  readonly #overrides: SettingsOverrides;
  readonly #living: ConnectorProcess[] = [];
  readonly #killedAt: number[] = [];
  readonly #fallen: string[] = [];
  #started = 0;
  #stopped = 0;

  constructor(world: ShopWorld, overrides: SettingsOverrides) {
    this.#world = world;
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
    this.#killedAt.push(Date.now());
  }

  /** Ends the watch. Throws where an instance fell by itself, or something was not accounted for at any time. */
  async check(): Promise<void> {
    if (this.#fallen.length > 0) throw new Error(this.#fallen.join('\n'));
    await this.conservation.end();
  }

  /** How many accepted requests were repeated after each kill. Throws where there was none in between: then nobody may have forgotten. */
  repeatsByKill(): readonly number[] {
    const counts = this.#killedAt.map(() => 0);
    for (const { accepted, repeat } of needlessRepeats(this.#world.sandbox)) {
      const answeredAt = accepted.receivedAt + (accepted.durationMs ?? 0);
      const kill = this.#killedAt.findIndex(at => at >= answeredAt && at <= repeat.receivedAt);
      if (kill < 0) throw new Error(`repeated, and nobody was killed: ${this.#storyOf({ accepted, repeat })}`);
      counts[kill] = (counts[kill] ?? 0) + 1;
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
