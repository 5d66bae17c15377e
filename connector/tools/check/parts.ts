import { openAdmin, type TopicAdmin } from '../../kafka/admin.ts';
import { openKafka } from '../../kafka/client.ts';
import { type ClusterInspector, openInspector } from '../../kafka/inspection/inspector.ts';
import { openTopicReader, type TopicReader } from '../../kafka/topic-reader.ts';
import type { Clock } from '../../kernel/time.ts';
import type { SchemaLookup } from '../../registry/registry.ts';
import { openRegistryClient } from '../../registry/registry-client.ts';
import { openSubjects, type SubjectReader } from '../../registry/subjects.ts';
import type { Settings } from '../../settings/settings.ts';
import { systemClock } from '../../system-clock.ts';
import { impatientLookup } from '../schema-lookup.ts';
import { type Dial, dial } from './looks/brokers.ts';
import { probeEndpoint } from './looks/endpoint.ts';

/** What the looks are made with; the unit tests bring their own. */
export interface CheckParts {
  readonly clock: Clock;
  readonly dial: Dial;
  readonly probe: typeof probeEndpoint;
  readonly openKafka: (settings: Settings['kafka']) => KafkaParts;
  readonly openRegistry: (settings: Settings['registry']) => RegistryParts;
}

/** What Kafka is looked at with. */
export interface KafkaParts {
  readonly inspector: ClusterInspector;
  readonly admin: Pick<TopicAdmin, 'offsetsOf' | 'close'>;
  readonly reader: Pick<TopicReader, 'tail' | 'close'>;
}

/** What the registry is looked at with. */
export interface RegistryParts {
  readonly subjects: SubjectReader;
  readonly schemas: SchemaLookup;
}

/** A person waits: no request takes longer than this. */
const requestMs = 5_000;

/** The real world. */
export const realParts: CheckParts = {
  clock: systemClock,
  dial,
  probe: probeEndpoint,
  openKafka: settings => {
    const requestTimeoutMs = Math.min(settings.requestTimeoutMs, requestMs);
    const kafka = openKafka({ ...settings, requestTimeoutMs });
    return {
      inspector: openInspector(kafka, systemClock),
      admin: openAdmin(kafka, systemClock),
      reader: openTopicReader(kafka, settings.groupId),
    };
  },
  openRegistry: settings => {
    const address = { ...settings, timeoutMs: Math.min(settings.timeoutMs, requestMs) };
    return { subjects: openSubjects(address), schemas: impatientLookup(openRegistryClient(address)) };
  },
};
