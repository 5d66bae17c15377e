import type { Journal } from './flow/ports.ts';
import { openJournal } from './journal/append.ts';
import { createJournalDecoder } from './journal/decode.ts';
import { JournalRestore } from './journal/restore.ts';
import { journalSchema } from './journal/schema.ts';
import { openAdmin } from './kafka/admin.ts';
import type { openKafka } from './kafka/client.ts';
import { openProducer } from './kafka/producer.ts';
import type { RecordConsumer } from './kafka/record-consumer.ts';
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
  /** Told at each try while the registry does not answer: this is no standstill. */
  readonly onWaiting: () => void;
}

/** The journal's two ends. */
export interface Journaling {
  readonly journal: Journal;
  readonly restore: JournalRestore;
  close(): Promise<void>;
}

/** The topics that the consumer reads. */
export function topicsRead({ kafka, journal }: Settings): readonly string[] {
  return [...kafka.topics, journal.topic];
}

/**
 * Opens the journal. Waits while the registry does not answer: null when the signal is aborted meanwhile. Throws a {@link Fault}
 * where the registry refuses the journal's schema.
 */
export async function openJournaling(
  settings: Settings,
  parts: JournalingParts,
  signal: AbortSignal,
): Promise<Journaling | null> {
  const { topic } = settings.journal;
  const { registry, onWaiting } = parts;
  try {
    return assembled(settings, parts, await registry.register(`${topic}-value`, journalSchema(), signal, onWaiting));
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

function assembled(settings: Settings, parts: JournalingParts, schemaId: number): Journaling {
  const { kafka, registry, consumer, logger, meter } = parts;
  const { topic, lingerMs } = settings.journal;
  // Of its own, and without repetitions: before each try the lease is looked at.
  const producer = openProducer(kafka, 0);
  const leased = () => consumer.leased;
  const journal = openJournal(producer, {
    topic,
    lingerMs,
    schemaId,
    clock: systemClock,
    leased,
    onUnwritable: fault => {
      meter.journalWritable(false);
      logger.error('deliveries wait for the journal', { fault });
    },
    onWritable: () => {
      meter.journalWritable(true);
      logger.info('the journal is written again');
    },
  });
  const restore = new JournalRestore(
    {
      topic,
      sourceTopics: settings.kafka.topics,
      onRestored: report => {
        meter.journalRestored(report.records, report.durationMs);
        logger.info('a partition is restored', { event: 'restored', ...report });
      },
      onFault: fault => {
        meter.journalFault(fault.code);
        logger.error('the journal or the source is not as it was left', { fault });
      },
    },
    { consumer, decoder: createJournalDecoder(registry), clock: systemClock, offsets },
  );

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
      restore.close();
      await producer.close();
    },
  };
}
