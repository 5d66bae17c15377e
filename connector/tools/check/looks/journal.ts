import { provenanceIn } from '../../../journal/provenance.ts';
import type { PartitionOffsets } from '../../../kafka/admin.ts';
import type { TopicReader } from '../../../kafka/topic-reader.ts';
import { type PartitionKey, splitPartitionKey } from '../../../kernel/position.ts';
import type { Settings } from '../../../settings/settings.ts';
import { bytesText, span, thousands } from '../../words.ts';
import { failed, type Looked, skipped, well, worstOf } from '../finding.ts';

const sampled = 20;

/** Whether the newest records of the journal are this connector's. */
export async function lookAtJournalOwner(
  { topic, formerly }: Pick<Settings['journal'], 'topic' | 'formerly'>,
  groupId: string,
  reader: Pick<TopicReader, 'tail'>,
): Promise<Looked<true>> {
  const [id, title] = ['journal.owner', 'the journal is ours alone'] as const;
  const others = new Set<string>();
  await reader.tail(topic, sampled, ({ headers }) => {
    const writer = provenanceIn(headers)?.groupId ?? groupId;
    if (writer !== groupId && !formerly.includes(writer)) others.add(writer);
  });
  if (others.size === 0) return { found: [well(id, title, `${topic}: of the group ${groupId}`)], value: true };
  const detail = `${topic}: the group ${[...others].join(', ')} writes to it; this connector is ${groupId}`;
  const remedy =
    'set a journal.topic of its own for each connector; if that group was this connector before, name it in journal.formerly';
  return { found: [failed(id, title, detail, remedy)], value: null };
}

/** Entries a second that one instance restores; measured are some 80,000 (test/bench). */
const entriesPerSecond = 50_000;
const longRestoreMs = 30_000;

/** How large the journal is, and how long reading it takes the next start: an estimate, from offsets and from its newest records. */
export async function lookAtJournalSize(
  topic: string,
  offsets: ReadonlyMap<PartitionKey, PartitionOffsets>,
  reader: Pick<TopicReader, 'tail'>,
): Promise<Looked<true>> {
  const [id, title] = ['journal.size', 'the journal is soon read'] as const;
  const isThere = [...offsets.keys()].some(key => splitPartitionKey(key).topic === topic);
  const records = recordsIn(topic, offsets);
  if (!isThere) return { found: [skipped(id, title, `${topic}: not there yet`)], value: true };
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

/** At most so many records a topic has: compaction leaves gaps in the offsets. */
export function recordsIn(topic: string, offsets: ReadonlyMap<PartitionKey, PartitionOffsets>): number {
  const spans = [...offsets].filter(([key]) => splitPartitionKey(key).topic === topic);
  return Number(spans.reduce((sum, [, { low, end }]) => sum + (end - low), 0n));
}
