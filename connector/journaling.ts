import { type JournalAppender, openJournal } from './journal/append.ts';
import { createJournalDecoder } from './journal/decode.ts';
import { JournalRestore } from './journal/restore.ts';
import { journalSchema } from './journal/schema.ts';
import { openAdmin } from './kafka/admin.ts';
import type { openKafka } from './kafka/client.ts';
import { openFencedProducer } from './kafka/fenced-producer.ts';
import type { RecordConsumer } from './kafka/record-consumer.ts';
import { type Fault, messageOf } from './kernel/fault.ts';
import type { Logger } from './observe/log.ts';
import type { OuterMeter } from './observe/meter.ts';
import type { SchemaRegistry } from './registry/registry.ts';
import type { Settings } from './settings/settings.ts';
import { systemClock } from './system-clock.ts';

/** What the journal is opened with. */
export interface JournalingParts {
  readonly kafka: ReturnType<typeof openKafka>;
  readonly registry: SchemaRegistry;
  /** Of {@link topicsRead}. */
  readonly consumer: RecordConsumer;
  readonly logger: Logger;
  readonly meter: Pick<OuterMeter, 'journalRestored' | 'journalWritable' | 'journalFault'>;
}

/** The journal's two ends. */
export interface Journaling {
  readonly journal: JournalAppender;
  readonly restore: JournalRestore;
  close(): Promise<void>;
}

/** The topics that the consumer reads. */
export function topicsRead({ kafka, journal }: Settings): readonly string[] {
  return [...kafka.topics, journal.topic];
}

/** Opens the journal. Asks nothing: neither the brokers nor the registry need to answer. */
export function openJournaling(settings: Settings, parts: JournalingParts): Journaling {
  const { kafka, registry, consumer, logger, meter } = parts;
  const { groupId, topics } = settings.kafka;
  const { topic, lingerMs, onUnreadable, formerly } = settings.journal;
  const onFault = (fault: Fault) => {
    meter.journalFault(fault.code);
    logger.error('the journal or the source is not as it was left', { fault });
  };
  const producer = openFencedProducer(kafka, topic, transactionalIdOf(groupId));
  const journal = openJournal(producer, {
    topic,
    groupId,
    lingerMs,
    clock: systemClock,
    leased: () => consumer.leased,
    onUnwritable: fault => {
      meter.journalWritable(false);
      logger.error('deliveries wait for the journal', { fault });
    },
    onWritable: () => {
      meter.journalWritable(true);
      logger.info('the journal is written again');
    },
    onTooLarge: fault => {
      meter.journalFault(fault.code);
      logger.error('a journal entry is too large', { fault });
    },
  });
  const restore = new JournalRestore(
    {
      topic,
      groupId,
      formerly,
      onUnreadable,
      sourceTopics: topics,
      onRestored: report => {
        meter.journalRestored(report.records, report.durationMs);
        logger.info('a partition is restored', { event: 'restored', ...report });
      },
      onFault,
    },
    { consumer, decoder: createJournalDecoder(registry), appender: journal, clock: systemClock, offsets },
  );
  const closing = new AbortController();
  void publishSchema(settings, parts, closing.signal).then(id => {
    if (id !== null) journal.useSchemaId(id);
  });

  /** A connection for each asking: it happens after joins only, and an idle one would be closed at the other end. */
  async function offsets() {
    const admin = openAdmin(kafka, systemClock);
    try {
      return await admin.offsetsOf(settings.kafka.groupId, topicsRead(settings));
    } finally {
      await admin.close();
    }
  }

  return {
    journal,
    restore,
    close: async () => {
      closing.abort();
      restore.close();
      await producer.close();
    },
  };
}

/** The transactional id that all instances of a connector take the epochs of their journal's producers from. */
function transactionalIdOf(groupId: string): string {
  return `${groupId}.journal`;
}

/**
 * Gives the journal's schema to the registry, so that version 0.1 (after a rollback, or in a rolling upgrade) and other readers
 * of Avro can read our entries. We do not need it ourselves: nothing waits for it, and no answer is a fault.
 */
async function publishSchema(
  { journal: { topic } }: Settings,
  { registry, logger }: JournalingParts,
  signal: AbortSignal,
): Promise<number | null> {
  try {
    return await registry.register(`${topic}-value`, journalSchema(), signal);
  } catch (error) {
    if (signal.aborted) return null;
    logger.warn("the registry does not take the journal's schema: version 0.1 could not read its entries", {
      problem: messageOf(error),
    });
    return null;
  }
}
