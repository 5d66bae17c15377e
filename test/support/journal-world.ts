import type { PartitionEnds, Remembered } from '../../connector/flow/ports.ts';
import { type JournalAppender, openJournal } from '../../connector/journal/append.ts';
import { createJournalDecoder } from '../../connector/journal/decode.ts';
import { JournalRestore, type RestoredFlow, type RestoreReport } from '../../connector/journal/restore.ts';
import { ensureJournal } from '../../connector/journal/topic.ts';
import { openAdmin } from '../../connector/kafka/admin.ts';
import { openKafka } from '../../connector/kafka/client.ts';
import { openConsumer } from '../../connector/kafka/consumer.ts';
import { openFencedProducer } from '../../connector/kafka/fenced-producer.ts';
import type { ConsumerOptions } from '../../connector/kafka/record-consumer.ts';
import type { Fault } from '../../connector/kernel/fault.ts';
import type { PartitionKey } from '../../connector/kernel/position.ts';
import type { SourceRecord } from '../../connector/kernel/record.ts';
import { openRegistry } from '../../connector/registry/registry.ts';
import { systemClock } from '../../connector/system-clock.ts';
import { Member } from '../conformance/member.ts';
import type { KafkaWorld } from './kafka-world.ts';

/** What a flow heard of the journal and the source, in order. */
export type Heard =
  | { readonly kind: 'remembered'; readonly key: PartitionKey; readonly remembered: Remembered }
  | { readonly kind: 'restored'; readonly key: PartitionKey; readonly ends: PartitionEnds }
  | { readonly kind: 'received'; readonly key: PartitionKey; readonly records: readonly SourceRecord[] };

/** A member of a group that reads a source and its journal, as the connector does, with a flow that only writes down. */
export interface JournalMember {
  readonly member: Member;
  readonly heard: readonly Heard[];
  readonly reports: readonly RestoreReport[];
  readonly faults: readonly Fault[];
  readonly journal: JournalAppender;
  /** What of an order is known now: the last that was remembered. */
  known(order: string): Remembered['known'] | undefined;
  close(): Promise<void>;
}

/** Where the members work. */
export interface JournalPlace {
  readonly group: string;
  readonly source: string;
  readonly topic: string;
}

/** Makes a source of so many partitions, and its journal. */
export async function newJournalPlace(world: KafkaWorld, partitions: number): Promise<JournalPlace> {
  const place = { group: world.newGroup(), source: await world.createTopic(partitions), topic: world.newTopicName() };
  const admin = openAdmin(
    openKafka(world.options, () => undefined),
    systemClock,
  );
  await ensureJournal(admin, { topic: place.topic, formerTopic: null, partitions, replicationFactor: -1 });
  await admin.close();
  return place;
}

/** Opens a member and waits until it has joined. */
export async function openJournalMember(
  world: KafkaWorld,
  registryUrl: string,
  { group, source, topic }: JournalPlace,
  options: Partial<ConsumerOptions> = {},
  onUnreadable: 'stop' | 'skip' = 'stop',
): Promise<JournalMember> {
  const faults: Fault[] = [];
  const reports: RestoreReport[] = [];
  const heard: Heard[] = [];
  const onFault = (fault: Fault) => void faults.push(fault);
  const registry = openRegistry({
    url: registryUrl,
    tls: null,
    timeoutMs: 5_000,
    retryMs: 100,
    clock: systemClock,
    onUnavailable: onFault,
    onAvailable: () => undefined,
  });
  const kafka = openKafka(world.options, () => undefined);
  const consumer = openConsumer(kafka, { ...world.consumerOptions(group, [source, topic]), ...options }, systemClock);
  const producer = openFencedProducer(kafka, topic, `${group}.journal`);
  const journal = openJournal(producer, {
    topic,
    groupId: group,
    lingerMs: 1,
    clock: systemClock,
    leased: () => consumer.leased,
    onUnwritable: onFault,
    onWritable: () => undefined,
    onTooLarge: onFault,
  });
  const admin = openAdmin(kafka, systemClock);
  const restore = new JournalRestore(
    {
      topic,
      groupId: group,
      formerly: [],
      onUnreadable,
      sourceTopics: [source],
      onRestored: report => void reports.push(report),
      onFault,
    },
    {
      consumer,
      appender: journal,
      decoder: createJournalDecoder(registry),
      offsets: () => admin.offsetsOf(group, [source, topic]),
      clock: systemClock,
    },
  );
  const member = new Member(consumer);
  const restored = new Set<PartitionKey>();
  const flow: RestoredFlow = {
    rebalancing: () => member.rebalancing(),
    quiesce: limitMs => member.quiesce(limitMs),
    assigned: keys => {
      member.assigned(keys);
      for (const key of restored) if (!keys.includes(key)) restored.delete(key);
      consumer.pause(keys.filter(key => !restored.has(key)));
      consumer.resume(keys.filter(key => restored.has(key)));
    },
    receive: (...received) => {
      heard.push({ kind: 'received', key: received[0], records: received[1] });
      member.receive(...received);
    },
    remember: (key, remembered) => heard.push({ kind: 'remembered', key, remembered }),
    restored: (key, ends) => {
      heard.push({ kind: 'restored', key, ends });
      restored.add(key);
      consumer.resume([key]);
    },
  };
  await consumer.start(restore.listenerFor(flow));
  await member.until(() => member.joins > 0);
  return {
    member,
    heard,
    reports,
    faults,
    journal,
    known: order => {
      const last = heard.findLast(one => one.kind === 'remembered' && one.remembered.order === order);
      return last?.kind === 'remembered' ? last.remembered.known : undefined;
    },
    close: async () => {
      await consumer.close();
      restore.close();
      await producer.close();
      await admin.close();
    },
  };
}
