import type { Settings } from '../../settings/settings.ts';
import type { KafkaSteps } from './check-kafka.ts';
import type { Examination, Step } from './examination.ts';
import { journalOff, lookAtJournalSchema, lookAtJournalSize } from './looks/journal.ts';
import type { RegistryParts } from './parts.ts';

/** The looks that come before those at the journal. */
export interface JournalNeeds extends Pick<KafkaSteps, 'kafkaParts' | 'offsets'> {
  readonly registry: Step<true>;
  readonly registryParts: Step<RegistryParts>;
  readonly given: <P extends keyof Settings>(part: P) => Step<Settings[P]>;
  readonly signal: AbortSignal;
}

const limitMs = 8_000;
const readMs = 15_000;

/** Looks at the journal's schema and size; says so where there is none. */
export function checkJournal(
  examination: Examination,
  { kafkaParts, offsets, registry, registryParts, given, signal }: JournalNeeds,
): void {
  const journal = given('journal');
  examination.look(
    { group: 'Journal', id: 'journal.schema', title: "the journal's schema", limitMs },
    [journal, registryParts, registry],
    ({ enabled, topic }, { subjects }) =>
      enabled ? lookAtJournalSchema(topic, subjects, signal) : { found: [journalOff], value: null },
  );
  examination.look(
    { group: 'Journal', id: 'journal.size', title: 'the journal is soon read', limitMs: readMs },
    [journal, offsets, kafkaParts],
    ({ enabled, topic }, found, { reader }) =>
      enabled ? lookAtJournalSize(topic, found, reader) : { found: [], value: null },
  );
}
