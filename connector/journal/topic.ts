import type { TopicAdmin } from '../kafka/admin.ts';
import { Fault } from '../kernel/fault.ts';

/** The journal's topic as it must be. */
export interface JournalPlan {
  readonly topic: string;
  /** The topic that an earlier version would have taken; null: the settings name the topic. */
  readonly formerTopic: string | null;
  /** The largest partition count of the source's topics: partition n of the journal remembers partition n of each of them. */
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
}

// Compaction leaves the newest segment alone, and what it leaves is read at every start: so segments are closed after an hour or
// 64 MiB, and cleaned when a tenth of them is out of date. How many replicas must have a record stays the broker's to say.
const config = {
  'cleanup.policy': 'compact',
  'segment.ms': '3600000',
  'segment.bytes': '67108864',
  'min.cleanable.dirty.ratio': '0.1',
  // An owed delivery is a whole record of the source and its request.
  'max.message.bytes': '4194304',
};

/**
 * Makes the journal's topic where it is missing, and adds partitions where the source has more: what is pending stays in the
 * partitions that are there. Throws a {@link Fault}: JOURNAL_MISMATCH where it does not fit and we cannot, or may not, make it fit.
 */
export async function ensureJournal(
  admin: TopicAdmin,
  { topic, formerTopic, partitions, replicationFactor }: JournalPlan,
): Promise<void> {
  if (formerTopic !== null && formerTopic !== topic) await forbidForgetting(admin, topic, formerTopic);
  const found = await admin.ensureTopic({ topic, partitions, replicationFactor, config });
  if (found > partitions) {
    throw new Fault('JOURNAL_MISMATCH', {
      detail: `${topic} has ${found} partitions, the source has ${partitions}`,
      remedy: 'was the source recreated with fewer partitions? Then set a new journal.topic',
    });
  }
  if (found < partitions) await grow(admin, topic, found, partitions);
  const policy = await admin.settingOf(topic, 'cleanup.policy');
  if (policy !== 'compact') {
    throw new Fault('JOURNAL_MISMATCH', {
      detail: `${topic} has cleanup.policy ${policy}, which would forget what is owed; it must be compact`,
      remedy: `kafka-configs --alter --entity-type topics --entity-name ${topic} --add-config cleanup.policy=compact`,
    });
  }
}

/** An earlier version's journal may hold what this connector has pending: only a person knows whose it is. */
async function forbidForgetting(admin: TopicAdmin, topic: string, formerTopic: string): Promise<void> {
  const existing = await admin.existing([topic, formerTopic]);
  if (existing.has(topic) || !existing.has(formerTopic)) return;
  throw new Fault('JOURNAL_MISMATCH', {
    detail: `journal.topic is not set. Its default is ${topic} now, and was ${formerTopic}, which exists and may hold pending deliveries of this connector`,
    remedy: `set journal.topic: to ${formerTopic} where this connector has used it, else to ${topic}`,
  });
}

/** The command that gives the journal's topic so many partitions and keeps its records. */
export function growCommand(topic: string, partitions: number): string {
  return `kafka-topics --alter --topic ${topic} --partitions ${partitions}`;
}

async function grow(admin: TopicAdmin, topic: string, found: number, partitions: number): Promise<void> {
  try {
    await admin.growTopic(topic, partitions);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'KAFKA_REFUSED') throw error;
    throw new Fault('JOURNAL_MISMATCH', {
      detail: `${topic} has ${found} partitions, the source has ${partitions}, and the Kafka user may not add any: ${error.detail}`,
      remedy: `${growCommand(topic, partitions)} (pending deliveries are kept)`,
      cause: error,
    });
  }
}
