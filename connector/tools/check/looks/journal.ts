import { journalSchema } from '../../../journal/schema.ts';
import type { PartitionOffsets } from '../../../kafka/admin.ts';
import type { TopicReader } from '../../../kafka/topic-reader.ts';
import { type PartitionKey, splitPartitionKey } from '../../../kernel/position.ts';
import type { SubjectReader } from '../../../registry/subjects.ts';
import { bytesText, span, thousands } from '../../words.ts';
import { failed, type Looked, skipped, well, worstOf } from '../finding.ts';

/** Whether the registry has the journal's schema, or would take it. Registers nothing. */
export async function lookAtJournalSchema(
  topic: string,
  subjects: Pick<SubjectReader, 'accepts'>,
  signal: AbortSignal,
): Promise<Looked<true>> {
  const [id, title] = ['journal.schema', "the journal's schema"] as const;
  const subject = `${topic}-value`;
  const answer = await subjects.accepts(subject, journalSchema(), signal);
  switch (answer.kind) {
    case 'registered':
      return { found: [well(id, title, `${subject}: registered, version ${answer.version}`)], value: true };
    case 'compatible': {
      const how = answer.isNewSubject
        ? 'it is registered at the first start'
        : 'compatible; registered at the next start';
      return { found: [well(id, title, `${subject}: ${how}`)], value: true };
    }
    case 'incompatible': {
      const remedy = `name a new journal.topic, or set the compatibility of ${subject} to BACKWARD`;
      return { found: [failed(id, title, `${subject}: refused: ${answer.problem}`, remedy)], value: null };
    }
    case 'silent':
      return { found: [failed(id, title, answer.problem, 'check registry.url and its credentials')], value: null };
  }
}

/** Entries a second that one instance restores; measured are some 80,000 (test/bench). */
const entriesPerSecond = 50_000;
const longRestoreMs = 30_000;
const sampled = 20;

/** How large the journal is, and how long reading it takes the next start: an estimate, from offsets and from its newest records. */
export async function lookAtJournalSize(
  topic: string,
  offsets: ReadonlyMap<PartitionKey, PartitionOffsets>,
  reader: Pick<TopicReader, 'tail'>,
): Promise<Looked<true>> {
  const [id, title] = ['journal.size', 'the journal is soon read'] as const;
  const spans = [...offsets]
    .filter(([key]) => splitPartitionKey(key).topic === topic)
    .map(([, { low, end }]) => end - low);
  const records = Number(spans.reduce((sum, count) => sum + count, 0n));
  if (spans.length === 0) return { found: [skipped(id, title, `${topic}: not there yet`)], value: true };
  if (records === 0) return { found: [well(id, title, `${topic}: empty`)], value: true };
  const sample = { records: 0, bytes: 0 };
  await reader.tail(topic, sampled, ({ key, value }) => {
    sample.records++;
    sample.bytes += (key?.length ?? 0) + (value?.length ?? 0);
  });
  // Compaction leaves gaps in the offsets: there are fewer.
  const bytes = sample.records === 0 ? 0 : (records * sample.bytes) / sample.records;
  const restoreMs = (records / entriesPerSecond) * 1_000;
  const restore = restoreMs < 1_000 ? 'in less than a second' : `in some ${span(restoreMs)}`;
  const detail = `${topic}: at most ${thousands(records)} records, some ${bytesText(Math.round(bytes))}: read ${restore}`;
  const remedy =
    'is it compacted? Look at min.cleanable.dirty.ratio and segment.ms of the topic; more instances share the work';
  const reasons = restoreMs > longRestoreMs ? [{ state: 'warning' as const, detail, remedy }] : [];
  return { found: [worstOf(id, title, detail, reasons)], value: true };
}
