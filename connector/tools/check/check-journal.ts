import type { Settings } from '../../settings/settings.ts';
import type { KafkaSteps } from './check-kafka.ts';
import type { Examination, Step } from './examination.ts';
import { skipped } from './finding.ts';
import { lookAtJournalOwner, lookAtJournalSize, recordsIn } from './looks/journal.ts';

/** The looks that come before those at the journal. */
export interface JournalNeeds extends Pick<KafkaSteps, 'kafkaParts' | 'offsets'> {
  readonly given: <P extends keyof Settings>(part: P) => Step<Settings[P]>;
}

const readMs = 15_000;

/** Checks the journal's owner and size. */
export function checkJournal(examination: Examination, { kafkaParts, offsets, given }: JournalNeeds): void {
  const journal = given('journal');
  examination.look(
    { group: 'Journal', id: 'journal.owner', title: 'the journal is ours alone', limitMs: readMs },
    [journal, given('kafka'), offsets, kafkaParts],
    async (settings, { groupId }, found, { reader }) =>
      recordsIn(settings.topic, found) === 0
        ? {
            found: [skipped('journal.owner', 'the journal is ours alone', `${settings.topic}: no records yet`)],
            value: true,
          }
        : lookAtJournalOwner(settings, groupId, reader),
  );
  examination.look(
    { group: 'Journal', id: 'journal.size', title: 'the journal is soon read', limitMs: readMs },
    [journal, offsets, kafkaParts],
    ({ topic }, found, { reader }) => lookAtJournalSize(topic, found, reader),
  );
}
