import type { Mapping } from '../../mapping/mapping.ts';
import type { Settings } from '../../settings/settings.ts';
import type { KafkaSteps } from './check-kafka.ts';
import { type Examination, optional, type Step } from './examination.ts';
import { skipped } from './finding.ts';
import { lookAtBefore, lookAtMapped } from './looks/row-checks.ts';
import { lookAtRows, type SeenTopic } from './looks/rows.ts';
import { lookAtColumns, lookAtSchema } from './looks/schemas.ts';
import type { RegistryParts } from './parts.ts';

/** The looks that come before those at a topic's records. */
export interface TopicNeeds extends Pick<KafkaSteps, 'kafkaParts' | 'topics'> {
  readonly registry: Step<true>;
  readonly registryParts: Step<RegistryParts>;
  readonly mapping: Step<Mapping>;
  readonly given: <P extends keyof Settings>(part: P) => Step<Settings[P]>;
}

const limitMs = 8_000;
/** A group of its own is joined to read: brokers let the first member of a group wait for others, 3 s by default. */
const readMs = 15_000;

/** Looks at a topic's newest records, at their schema, and at what the mappings make of both. */
export function checkTopic(
  examination: Examination,
  { topic, records, signal }: { readonly topic: string; readonly records: number; readonly signal: AbortSignal },
  { kafkaParts, topics, registry, registryParts, mapping, given }: TopicNeeds,
): { readonly rows: Step<SeenTopic> } {
  const rows = examination.look(
    { group: 'Rows', id: 'rows.decode', title: 'records can be decoded', limitMs: readMs },
    [kafkaParts, topics, registryParts, given('kafka'), registry],
    ({ inspector, reader }, { topics: there }, { schemas }, { groupId }) => {
      if (there.includes(topic)) {
        return lookAtRows(topic, { inspector, reader, schemas, groupId, count: records }, signal);
      }
      return { found: [skipped('rows.decode', 'records can be decoded', `${topic}: not there`)], value: null };
    },
  );
  const table = examination.look(
    { group: 'Schemas', id: 'schema', title: 'the schema of the rows', limitMs },
    [registryParts, registry, optional(rows)],
    (parts, _, { value }) => lookAtSchema(topic, parts, value, signal),
  );
  const fit = examination.look(
    { group: 'Schemas', id: 'schema.columns', title: 'columns of the mapping are there', limitMs },
    [table, given('mapping'), mapping],
    lookAtColumns,
  );
  examination.look(
    { group: 'Rows', id: 'rows.cards', title: 'rows become cards', limitMs },
    [rows, mapping],
    lookAtMapped,
  );
  examination.look(
    { group: 'Rows', id: 'rows.before', title: 'old rows are whole', limitMs },
    [rows, fit],
    lookAtBefore,
  );
  return { rows };
}
