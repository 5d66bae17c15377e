import { setTimeout as sleep } from 'node:timers/promises';
import { isSettled, isTakenIn, type Reading, readingOf } from './reading.ts';
import type { Scenery } from './scenery.ts';
import type { Screen } from './screen.ts';
import type { Shop } from './shop.ts';
import { progressLine, type Scene, summaryLines } from './summary.ts';

/** The connector is taken to be stuck when nothing moves for so long. */
const stuckMs = 60_000;
const pollMs = 50;
/** What "of late" means. */
const latelyMs = 5_000;

/** Shows how the demo goes, until it is aborted. */
export class Show {
  readonly ended: Promise<void>;
  readonly #screen: Screen;
  readonly #shop: Shop;
  readonly #scenery: Scenery;
  readonly #signal: AbortSignal;
  readonly #startedAt = performance.now();
  #phase = 'the orders of the table become cards';
  #lately: { readonly at: number; readonly changes: number; readonly reading: Reading }[] = [];

  constructor(screen: Screen, shop: Shop, scenery: Scenery, signal: AbortSignal) {
    this.#screen = screen;
    this.#shop = shop;
    this.#scenery = scenery;
    this.#signal = signal;
    this.ended = this.#run(signal);
  }

  /** Resolves when the seeded orders have been given to the platform. */
  async untilTakenIn(seeded: number): Promise<void> {
    await this.#until(reading => isTakenIn(reading, seeded));
    this.#phase = 'the shop changes its orders';
  }

  /** Resolves when the connector has accounted for all records of the seed and of the changes; at once where the seed's number is not known. */
  async untilSettled(seeded: number | null): Promise<void> {
    this.#phase = 'all changes are made; the connector finishes';
    if (seeded === null) return;
    // Each deleted row makes two records: the change and a tombstone.
    const records = seeded + this.#shop.changes + this.#shop.counts.delete;
    await this.#until(reading => isSettled(reading, records));
  }

  /** Shows on until the signal. */
  async until(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#phase = 'all changes are made; Ctrl-C ends';
    await new Promise(resolve => signal.addEventListener('abort', resolve));
  }

  /** Gives up, and says so, when the connector stands still. */
  async #until(isReached: (reading: Reading) => boolean): Promise<void> {
    let last = '';
    let movedAt = performance.now();
    while (!this.#signal.aborted && performance.now() - movedAt < stuckMs) {
      const reading = await this.#read();
      if (isReached(reading)) return;
      const now = JSON.stringify(reading);
      if (now !== last) movedAt = performance.now();
      last = now;
      await sleep(pollMs);
    }
    if (!this.#signal.aborted)
      this.#screen.print(`demo: the connector has not moved for ${stuckMs / 1000} s; going on with what there is`);
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#draw();
      await sleep(this.#screen.everyMs, undefined, { signal }).catch(() => undefined);
    }
    // Once more, so that the last state stands.
    await this.#draw();
  }

  async #draw(): Promise<void> {
    const reading = await this.#read().catch(() => undefined);
    // It ends: whoever watches it says so.
    if (reading === undefined) return;
    const scene = this.#scene(reading);
    this.#screen.show(
      () => summaryLines(scene, reading),
      () => progressLine(scene, reading),
    );
  }

  async #read(): Promise<Reading> {
    return readingOf(await this.#scenery.connector.metrics());
  }

  #scene(reading: Reading): Scene {
    const now = { at: performance.now(), changes: this.#shop.changes, reading };
    this.#lately = [...this.#lately.filter(({ at }) => at > now.at - latelyMs), now];
    const then = this.#lately[0] ?? now;
    const delivered = reading.delivered - then.reading.delivered;
    const delaySum = reading.delaySum - then.reading.delaySum;
    const { sandbox, connector } = this.#scenery;
    return {
      shop: this.#shop,
      sandboxUrl: `${sandbox.url}/`,
      metricsUrl: connector.metricsUrl,
      elapsedMs: now.at - this.#startedAt,
      rate: now === then ? 0 : ((now.changes - then.changes) * 1000) / (now.at - then.at),
      delayMs: delivered === 0 ? null : (delaySum * 1000) / delivered,
      phase: this.#phase,
    };
  }
}
