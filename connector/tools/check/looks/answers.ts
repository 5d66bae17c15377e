import type { PartitionOffsets } from '../../../kafka/admin.ts';
import { type PartitionKey, splitPartitionKey } from '../../../kernel/position.ts';
import type { Settings } from '../../../settings/settings.ts';
import { type Looked, warning, well } from '../finding.ts';

/**
 * Whether AlipayHK's signatures are required before any answer of AlipayHK has been seen. An entry of the journal is the trace
 * that answers leave; its end stays where it was when the topic is compacted.
 */
export function checkAnswersSeen(
  { verifyAnswers }: Pick<Settings['platform'], 'verifyAnswers'>,
  journalTopic: string,
  offsets: ReadonlyMap<PartitionKey, PartitionOffsets>,
): Looked<true> {
  if (verifyAnswers !== 'required') return { found: [], value: true };
  const [id, title] = ['platform.signs', 'AlipayHK signs its answers'] as const;
  const hasEntries = [...offsets].some(([key, { end }]) => splitPartitionKey(key).topic === journalTopic && end > 0n);
  const found = hasEntries
    ? well(
        id,
        title,
        `${journalTopic} has entries of earlier deliveries; card_sync_answer_signatures_total counts the signatures`,
      )
    : warning(
        id,
        title,
        'not known: no answer has been seen yet, and platform.verifyAnswers: required believes none without a signature',
        'platform.verifyAnswers: warn for the first day; required when card_sync_answer_signatures_total counts only result="verified"',
      );
  return { found: [found], value: true };
}
