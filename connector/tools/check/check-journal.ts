import type { Settings } from '../../settings/settings.ts';
import type { KafkaSteps } from './check-kafka.ts';
import type { Examination, Step } from './examination.ts';
import { lookAtJournalSchema, lookAtJournalSize } from './looks/journal.ts';
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

/** Checks the journal's schema and size. */
export function checkJournal(
  examination: Examination,
  { kafkaParts, offsets, registry, registryParts, given, signal }: JournalNeeds,
): void {
  const journal = given('journal');
  examination.look(
    { group: 'Journal', id: 'journal.schema', title: "the journal's schema", limitMs },
    [journal, registryParts, registry],
    ({ topic }, { subjects }) => lookAtJournalSchema(topic, subjects, signal),
  );
  examination.look(
    { group: 'Journal', id: 'journal.size', title: 'the journal is soon read', limitMs: readMs },
    [journal, offsets, kafkaParts],
    ({ topic }, found, { reader }) => lookAtJournalSize(topic, found, reader),
  );
}
