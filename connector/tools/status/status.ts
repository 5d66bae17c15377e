import { openAdmin } from '../../kafka/admin.ts';
import { openKafka } from '../../kafka/client.ts';
import { openInspector } from '../../kafka/inspection/inspector.ts';
import type { Settings } from '../../settings/settings.ts';
import { systemClock } from '../../system-clock.ts';
import type { DeploymentStatus } from './deployment.ts';
import { seeGroupStatus } from './group.ts';
import { askInstance } from './instance.ts';

/** Looks at a connector again and again over the same connections. */
export interface StatusView {
  /** As it is now. Never rejects. */
  look(): Promise<DeploymentStatus>;
  close(): Promise<void>;
}

/** A person waits: no request takes longer than this. */
const requestMs = 5_000;
const closeMs = 2_000;

/** Opens a view of the group in Kafka and of these instances, by the addresses of their metrics. */
export function openStatusView(settings: Settings, instances: readonly string[]): StatusView {
  const requestTimeoutMs = Math.min(settings.kafka.requestTimeoutMs, requestMs);
  const kafka = openKafka({ ...settings.kafka, requestTimeoutMs });
  const inspector = openInspector(kafka, systemClock);
  const admin = openAdmin(kafka, systemClock);
  return {
    async look() {
      const [group, ...seen] = await Promise.all([
        seeGroupStatus(settings, { inspector, admin, clock: systemClock }),
        ...instances.map(askInstance),
      ]);
      return { at: new Date().toISOString(), group, instances: seen };
    },
    async close() {
      const waiting = new AbortController();
      const closing = Promise.all([inspector.close(), admin.close()]).catch(() => undefined);
      // Brokers that do not answer must not keep the command.
      await Promise.race([closing, systemClock.sleep(closeMs, waiting.signal)]);
      waiting.abort();
    },
  };
}
