import { randomUUID } from 'node:crypto';
import { type IHeaders, Kafka, logLevel, Partitioners } from 'kafkajs';

/** Where a record lies in its topic. */
export interface Place {
  readonly partition: number;
  readonly offset: bigint;
}

/** A record as it lies in a topic. */
export interface StoredRecord extends Place {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Headers as text; of a repeated one the last. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A record to be put into a topic; without a partition the key chooses it, as Java's clients do. */
export interface NewRecord {
  readonly partition?: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, bigint>;

/** Looks at topics and groups from outside, by kafkajs alone: nothing of the connector's is used. */
export interface TopicAccess extends AsyncDisposable {
  /** All records of a topic, by partition and offset; none where there is no such topic. */
  read(topic: string): Promise<readonly StoredRecord[]>;
  /** The dead letters of one record of the source. */
  lettersOf(deadLetterTopic: string, source: Place): Promise<readonly StoredRecord[]>;
  /** Makes a topic of one partition. */
  create(topic: string): Promise<void>;
  /** Gives the place it got. */
  write(topic: string, record: NewRecord): Promise<Place>;
  /** The next offset of each partition that has records. */
  ends(topic: string): Promise<Offsets>;
  /** What a group has committed; partitions without a commit are left out. */
  committed(group: string, topic: string): Promise<Offsets>;
}

/** Connects to the broker at `bootstrap`. */
export async function openTopicAccess(bootstrap: string): Promise<TopicAccess> {
  const kafka = new Kafka({ clientId: 'card-sync-test', brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);

  const ends = async (topic: string): Promise<Offsets> => {
    if (!(await admin.listTopics()).includes(topic)) return new Map();
    const offsets = await admin.fetchTopicOffsets(topic);
    return new Map(
      offsets.flatMap(({ partition, low, high }) => (low === high ? [] : [[partition, BigInt(high)] as const])),
    );
  };
  const read = async (topic: string) => readTo(kafka, topic, await ends(topic));
  return {
    ends,
    read,
    lettersOf: async (deadLetterTopic, { partition, offset }) =>
      (await read(deadLetterTopic)).filter(
        ({ headers }) =>
          headers['__connect.errors.partition'] === String(partition) &&
          headers['__connect.errors.offset'] === String(offset),
      ),
    create: async topic => void (await admin.createTopics({ topics: [{ topic }], waitForLeaders: true })),
    write: async (topic, { key, value, partition, headers = {} }) => {
      const message = { key, value, headers: { ...headers }, ...(partition !== undefined && { partition }) };
      const [written] = await producer.send({ topic, acks: -1, messages: [message] });
      return { partition: written?.partition ?? -1, offset: BigInt(written?.baseOffset ?? -1) };
    },
    committed: async (groupId, topic) => {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const committed = (found?.partitions ?? []).map(one => [one.partition, BigInt(one.offset)] as const);
      return new Map(committed.filter(([, offset]) => offset >= 0n));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}

async function readTo(kafka: Kafka, topic: string, ends: Offsets): Promise<readonly StoredRecord[]> {
  if (ends.size === 0) return [];
  const found: StoredRecord[] = [];
  const left = new Map(ends);
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}`, maxWaitTimeInMs: 50 });
  const done = Promise.withResolvers<void>();
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) done.reject(error);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const { partition, messages } = batch;
      for (const { offset, key, value, headers } of messages) {
        found.push({ partition, offset: BigInt(offset), key, value, headers: texts(headers) });
      }
      const end = left.get(partition);
      if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) left.delete(partition);
      if (left.size === 0) done.resolve();
    },
  });
  await done.promise;
  await consumer.disconnect();
  // What came after the ends were asked for is left out.
  const wanted = found.filter(({ partition, offset }) => offset < (ends.get(partition) ?? 0n));
  return wanted.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}

function texts(headers: IHeaders | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, String(Array.isArray(value) ? value.at(-1) : value)]),
  );
}
