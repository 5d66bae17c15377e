import { Fault } from '../../kernel/fault.ts';
import type { Clock, DurationMs } from '../../kernel/time.ts';
import { haltsMax } from '../lane/follow-up.ts';
import type { Lane } from '../lane/lane.ts';
import { type Carried, healthOf } from '../lane/lane-worker.ts';
import type { Lanes } from '../lane/lanes.ts';
import type { Meter } from '../ports.ts';
import { Breaker } from './breaker.ts';

/** How an outage is told, and how often it is probed. */
export interface OutageOptions {
  readonly probeIntervalMs: DurationMs;
  readonly outageWindow: number;
  readonly outageRatio: number;
}

/** What watching for outages works with. */
export interface OutageParts {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly lanes: Lanes;
  /** Aborted when nothing is to be started any more. */
  readonly stopping: AbortSignal;
  /** A probe may be due: what may start is to be started. */
  readonly onProbe: () => void;
  readonly fail: (error: unknown) => void;
}

/** Watches what deliveries tell of the platform: opens the breaker, says why, and probes until the platform answers again. */
export class Outages {
  readonly breaker: Breaker;
  readonly #options: OutageOptions;
  readonly #parts: OutageParts;
  #probeTimer = false;
  #degraded: Fault | null = null;

  constructor(options: OutageOptions, parts: OutageParts) {
    this.#options = options;
    this.#parts = parts;
    this.breaker = new Breaker({
      window: options.outageWindow,
      ratio: options.outageRatio,
      probeIntervalMs: options.probeIntervalMs,
    });
  }

  /** Why nothing is delivered, while the breaker is open. */
  get degraded(): Fault | null {
    return this.#degraded;
  }

  /** Takes in what an attempt told. */
  report(lane: Lane, carried: Carried, probe: boolean): void {
    const { clock, meter, lanes } = this.#parts;
    const before = this.breaker.outage;
    const alone = lane.halts >= haltsMax && !probe;
    const health = healthOf(lane.order, carried, alone);
    if (health !== null) this.breaker.report(health, probe, clock.monotonic());
    else if (probe) this.breaker.release();
    const { outage } = this.breaker;
    if (outage !== null) this.#scheduleProbe();
    if (outage?.since === before?.since && outage?.kind === before?.kind) return;
    const code = outage?.kind === 'credentials' ? 'CREDENTIALS_REFUSED' : 'PLATFORM_UNREACHABLE';
    this.#degraded = outage && new Fault(code, { detail: outage.text });
    meter.degraded(this.#degraded);
    if (outage === null) lanes.wakeAll();
  }

  #scheduleProbe(): void {
    const { probeAt } = this.breaker;
    if (this.#probeTimer || probeAt === null) return;
    this.#probeTimer = true;
    const { clock, stopping, lanes, onProbe, fail } = this.#parts;
    const due = probeAt - clock.monotonic();
    clock
      .sleep(due > 0 ? due : this.#options.probeIntervalMs, stopping)
      .then(() => {
        this.#probeTimer = false;
        if (stopping.aborted) return;
        if (this.breaker.state === 'open' && lanes.ready === 0) lanes.wakeOldest();
        onProbe();
        this.#scheduleProbe();
      })
      .catch(fail);
  }
}
