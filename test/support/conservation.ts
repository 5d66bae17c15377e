import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectorProcess } from './connector-process.ts';
import type { Samples } from './prometheus-text.ts';

/** Looks at connectors while they run: whatever they took in must be accounted for at each moment. */
export interface ConservationWatch {
  /** Looks at it from now on, until it has ended. */
  watch(connector: ConnectorProcess): void;
  /** What the connectors counted, summed over all that were watched, as each was last seen: of one that was killed, all but its last moments. */
  total(metric: string, labels?: Readonly<Record<string, string>>): number;
  /** Ends it; gives how often it looked. Throws with the first partition that did not add up, or that was never seen. */
  end(): Promise<number>;
}

const pollMs = 200;

/** Begins to watch. */
export function watchConservation(): ConservationWatch {
  const over = new AbortController();
  const breaches: string[] = [];
  const watched: Promise<void>[] = [];
  const lastSeen = new Map<ConnectorProcess, Samples>();
  let looks = 0;

  const look = (connector: ConnectorProcess, samples: Samples) => {
    lastSeen.set(connector, samples);
    for (const { labels, value } of samples.series('card_sync_unaccounted_records')) {
      looks++;
      if (value !== 0) breaches.push(`process ${connector.pid}: ${value} records of ${JSON.stringify(labels)}`);
    }
  };
  const watch = async (connector: ConnectorProcess) => {
    let living = true;
    void connector.ended.then(() => {
      living = false;
    });
    while (living && !over.signal.aborted) {
      try {
        look(connector, await connector.metrics());
      } catch {
        // It is about to end; one that hangs is told by others.
      }
      await sleep(pollMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  return {
    watch: connector => void watched.push(watch(connector)),
    total: (metric, labels) => [...lastSeen.values()].reduce((sum, samples) => sum + samples.sum(metric, labels), 0),
    end: async () => {
      over.abort();
      await Promise.all(watched);
      if (breaches.length > 0) throw new Error(`not accounted for: ${breaches.slice(0, 10).join('; ')}`);
      if (looks === 0) throw new Error('no partition was ever seen');
      return looks;
    },
  };
}
