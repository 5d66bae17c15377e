import { type ColumnCheck, openColumnCheck } from './column-check.ts';
import { openDeadLetters } from './dead-letter/dead-letters.ts';
import { openDelivery } from './delivery/deliver.ts';
import { Pipeline } from './flow/pipeline.ts';
import { interpreterOf } from './interpret.ts';
import { ensureJournal } from './journal/topic.ts';
import { openJournaling, topicsRead } from './journaling.ts';
import { openAdmin } from './kafka/admin.ts';
import { openKafka } from './kafka/client.ts';
import { openConsumer } from './kafka/consumer.ts';
import { openProducer } from './kafka/producer.ts';
import type { RecordConsumer } from './kafka/record-consumer.ts';
import type { Fault } from './kernel/fault.ts';
import { openWatchedKeys } from './key-exchange.ts';
import type { KeySource } from './keys/key-ring.ts';
import type { Mapping } from './mapping/mapping.ts';
import { decodeOptionsOf, mappingOf } from './mapping-of.ts';
import { withLog } from './observe/event-log.ts';
import { type Metrics, openMetrics } from './observe/exposition.ts';
import { createLogger, type Logger } from './observe/log.ts';
import { httpStatusOf, verdictsWith } from './order/result-codes.ts';
import { openRegistry, type SchemaRegistry } from './registry/registry.ts';
import { openSubjects } from './registry/subjects.ts';
import { formerJournalTopic } from './settings/schema-topics.ts';
import { redactedSettings, type Settings } from './settings/settings.ts';
import { createDecoder } from './source/decode.ts';
import { systemClock, systemRandom } from './system-clock.ts';
import { openTracedParts } from './traced-parts.ts';
import { version } from './version.ts';
import { openStatusServer, type Vitals, vitalsAtStart } from './vitals.ts';

/** 0: stopped as asked. 1: a fault ended it. */
export type ExitCode = 0 | 1;

/**
 * Runs the connector until the signal is aborted, then drains it. Throws a {@link Fault} for what it cannot start with or go on
 * without; whatever was not committed is read again by the next start.
 */
export async function main(settings: Settings, signal: AbortSignal): Promise<ExitCode> {
  const closing = new AsyncDisposableStack();
  // Not `await using`: the parser behind the import rules does not know it yet.
  try {
    return await runIn(closing, settings, signal);
  } finally {
    await closing.disposeAsync();
  }
}

/** Opens the parts one after the other; `closing` closes them in reverse order. */
async function runIn(closing: AsyncDisposableStack, settings: Settings, signal: AbortSignal): Promise<ExitCode> {
  const logger = createLogger({ level: settings.observe.logLevel });
  logger.info('starting', { version, settings: redactedSettings(settings) });
  const mapping = mappingOf(settings.mapping);
  const metrics = openMetrics(labelBounds(settings, mapping), version);
  const traced = closing.use(await openTracedParts(settings, logger));
  const meter = traced.meter(withLog(metrics.meter, logger, systemClock));
  const vitals = vitalsAtStart();

  const keys = closing.use(openWatchedKeys(settings, metrics, logger));
  const delivery = closing.use(
    openDelivery(deliveryOptions(settings, keys), systemClock, traced.reports(metrics.meter)),
  );
  const server = closing.use(await openStatusServer(settings, metrics, vitals, closing));
  logger.info('metrics and health are served', { event: 'listening', url: server.url });

  const kafka = openKafka(settings.kafka, (level, text, fields) => logger[level](text, fields));
  const source = await prepareTopics(settings, kafka, logger, vitals, signal);
  if (source === null) return 0;

  const producer = openProducer(kafka);
  closing.defer(() => producer.close());
  const registry = openRegistry(registryOptions(settings, metrics, logger));
  if (!(await isAnswered(registry, vitals, signal))) return 0;
  const columns = openColumnCheck({
    mapping: settings.mapping,
    schemas: registry,
    subjects: openSubjects(settings.registry),
    onMisfit: fault => logger.error('the mapping does not fit a table', { fault }),
  });
  const decoder = createDecoder(registry, decodeOptionsOf(settings.mapping, mapping));
  const interpreter = interpreterOf(decoder, mapping, columns);
  const consumer = openConsumer(kafka, { ...settings.kafka, topics: topicsRead(settings) }, systemClock);
  const deadLetters = openDeadLetters(
    producer,
    { ...deadLetterOptions(settings, source, logger), leased: () => consumer.leased },
    systemClock,
  );
  const journaling = openJournaling(settings, { kafka, registry, consumer, logger, meter: metrics.meter });
  closing.defer(() => journaling.close());
  const pipeline = new Pipeline(
    {
      ...settings.flow,
      requestIdForm: settings.platform.requestIdForm,
      requestsPerSecond: rateOf(settings),
      verdicts: verdictsWith(settings.platform.verdicts),
    },
    {
      clock: systemClock,
      random: systemRandom,
      intake: consumer,
      interpreter,
      delivery,
      deadLetters,
      journal: journaling.journal,
      meter,
    },
  );
  const ended = new AbortController();
  closing.defer(() => ended.abort());
  void checkColumns(columns, settings.kafka.topics, pipeline, logger, AbortSignal.any([signal, ended.signal]));
  metrics.watchFlow(() => pipeline.snapshot());
  Object.assign(vitals, { consumer, pipeline, journaling });
  closing.defer(() => consumer.close());

  await consumer.start(journaling.restore.listenerFor(traced.flow(pipeline)));
  logger.info('consuming', { event: 'consuming', topics: settings.kafka.topics });
  await runUntilStopped(pipeline, consumer, signal);

  vitals.stopping = true;
  const { abandoned } = await pipeline.drain(settings.shutdown.drainMs);
  logger.info('stopped', { event: 'stopped', abandoned });
  return 0;
}

/** The registry answers: others of the group may know the schemas that this instance would have to wait for. False when the signal is aborted. */
async function isAnswered(registry: SchemaRegistry, vitals: Vitals, signal: AbortSignal): Promise<boolean> {
  try {
    await registry.answers(signal, () => {
      vitals.lastActivityAt = systemClock.monotonic();
    });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

/** In the background: the registry may be away. */
async function checkColumns(
  columns: ColumnCheck,
  topics: readonly string[],
  pipeline: Pipeline,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  try {
    await columns.atStart(topics, signal, (topic, fault) => pipeline.suspect(topic, fault));
  } catch (error) {
    // The same is seen at the first records.
    if (!signal.aborted) logger.error('the columns of the mapping could not be checked', { error });
  }
}

/** Resolves when the signal is aborted; rejects when the consumer or an invariant broke. */
async function runUntilStopped(pipeline: Pipeline, consumer: RecordConsumer, signal: AbortSignal): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  const stop = () => stopped.resolve();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const committing = new AbortController();
  const commits = pipeline.commitRegularly(committing.signal);
  try {
    await Promise.race([stopped.promise, consumer.crashed, pipeline.failed]);
  } finally {
    signal.removeEventListener('abort', stop);
    committing.abort();
    await commits;
  }
}

/** This instance's share. */
function rateOf({ platform: { requestsPerSecond, instances } }: Settings): number | null {
  return requestsPerSecond === undefined ? null : requestsPerSecond / instances;
}

function labelBounds({ kafka, platform }: Settings, { templates }: Mapping) {
  const resultCodes = Object.keys(platform.verdicts).filter(name => httpStatusOf(name) === null);
  return { templates, topics: kafka.topics, resultCodes };
}

/** Waits for the source topics and makes the dead-letter topic and the journal; null when stopped while waiting. */
async function prepareTopics(
  settings: Settings,
  kafka: ReturnType<typeof openKafka>,
  logger: Logger,
  vitals: Vitals,
  signal: AbortSignal,
): Promise<{ readonly deadLetterPartitions: number } | null> {
  const admin = openAdmin(kafka, systemClock);
  let told = '';
  try {
    const counts = await admin.waitForTopics(settings.kafka.topics, signal, fault => {
      vitals.lastActivityAt = systemClock.monotonic();
      if (told !== fault.message) logger.warn('waiting for Kafka', { fault });
      told = fault.message;
    });
    const partitions = Math.max(...counts.values());
    const formerTopic = settings.journal.isTopicDerived ? formerJournalTopic : null;
    await ensureJournal(admin, { ...settings.journal, formerTopic, partitions });
    const deadLetterPartitions = await admin.ensureTopic({
      topic: settings.deadLetters.topic,
      partitions,
      replicationFactor: settings.deadLetters.replicationFactor,
      // A dead letter is kept until somebody decides; it is larger than its record by its headers.
      config: { 'retention.ms': '-1', 'max.message.bytes': '2097152' },
    });
    return { deadLetterPartitions };
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    await admin.close();
  }
}

function deliveryOptions({ platform }: Settings, keys: KeySource) {
  return { ...platform, agentToken: platform.agentToken ?? null, keys };
}

function deadLetterOptions(settings: Settings, source: { readonly deadLetterPartitions: number }, logger: Logger) {
  const { topic } = settings.deadLetters;
  const onUnwritable = (fault: Fault) => logger.error('a dead letter cannot be written as it is', { fault });
  return { topic, partitions: source.deadLetterPartitions, connectorName: settings.kafka.groupId, onUnwritable };
}

function registryOptions(settings: Settings, { meter }: Metrics, logger: Logger) {
  return {
    ...settings.registry,
    clock: systemClock,
    onUnavailable: (fault: Fault) => {
      meter.registryAvailable(false);
      logger.error('intake waits for the schema registry', { fault });
    },
    onAvailable: () => {
      meter.registryAvailable(true);
      logger.info('the schema registry answers again');
    },
  };
}
