import { openKafka } from '../kafka/client.ts';
import { openTopicReader, type TopicReader } from '../kafka/topic-reader.ts';
import type { Fault } from '../kernel/fault.ts';
import { openRegistry, type SchemaRegistry } from '../registry/registry.ts';
import type { Settings } from '../settings/settings.ts';
import { systemClock } from '../system-clock.ts';

/** Kafka and the registry, to be read and not to be written. */
export interface Reading extends AsyncDisposable {
  readonly reader: TopicReader;
  readonly registry: SchemaRegistry;
  /**
   * Aborted when the person wants no more; and, with a {@link Fault}, when the registry does not answer: the connector's patience would be
   * too long for who waits for a command. Reading rejects with its reason then.
   */
  readonly signal: AbortSignal;
}

/** Opens both by the settings; connects with the first use. */
export function openReading(settings: Pick<Settings, 'kafka' | 'registry'>, interrupted: AbortSignal): Reading {
  const kafka = openKafka(settings.kafka);
  const reader = openTopicReader(kafka, settings.kafka.groupId);
  const silence = new AbortController();
  const signal = AbortSignal.any([silence.signal, interrupted]);
  const registry = openRegistry({
    ...settings.registry,
    clock: systemClock,
    onUnavailable: (fault: Fault) => silence.abort(fault),
    onAvailable: () => undefined,
  });
  const watched =
    (visit: Visit): Visit =>
    record => {
      signal.throwIfAborted();
      return visit(record);
    };
  return {
    reader: {
      ...reader,
      scan: (topic, visit) => reader.scan(topic, watched(visit)),
      tail: (topic, count, visit) => reader.tail(topic, count, watched(visit)),
      range: (topic, ranges, visit) => reader.range(topic, ranges, watched(visit)),
    },
    registry,
    signal,
    [Symbol.asyncDispose]: () => reader.close(),
  };
}

type Visit = Parameters<TopicReader['scan']>[1];
