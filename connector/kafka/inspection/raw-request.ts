import type { Kafka, Message } from 'kafkajs';
import { assert } from '../../kernel/assert.ts';
import { WireReader as Reader, type WireReader, type WireValue, wireBytes } from './wire.ts';

// kafkajs' requests are of 2020: those that tell a client's own rights (KIP-430, Kafka 2.3) came later. So they are sent as bytes
// over kafkajs' connections, which know the brokers, TLS and logins. That uses what kafkajs keeps to itself (index.js,
// CREATE_CLUSTER; broker/index.js, `versions`, `connectionPool`); its version is exact, and a test asks a real broker.

/** A request of our own: the newest version that broker and we know is taken. */
export interface RawRequest<T> {
  readonly name: string;
  readonly apiKey: number;
  readonly versions: { readonly least: number; readonly most: number };
  body(version: number): readonly WireValue[];
  read(answer: WireReader, version: number): T;
}

interface RawBroker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: { send(exchange: Exchange): Promise<unknown> };
  connect(): Promise<void>;
  produce(request: object): Promise<unknown>;
}

interface Exchange {
  readonly request: object;
  readonly response: { decode(raw: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
}

/** A Produce request of one topic: batches that are not transactional, of one producer and epoch, a batch for each partition. */
export interface ProduceRequest {
  readonly topic: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly batches: readonly ProduceBatch[];
}

/** The records of one partition, and the number of the first of them in the producer's sequence. */
export interface ProduceBatch {
  readonly partition: number;
  readonly firstSequence: number;
  readonly messages: readonly Message[];
}

/** Brokers that take requests as bytes. */
export interface RawCluster {
  /** Asks any broker. Rejects with what kafkajs throws. */
  ask<T>(request: RawRequest<T>): Promise<T>;
  /** Asks the broker of this number, as another answer told it. */
  askBroker<T>(nodeId: number, request: RawRequest<T>): Promise<T>;
  /**
   * Writes to the partitions that a broker leads; resolves when all in-sync replicas have the records. Gives Kafka's error
   * number of each partition, 0 where its batch was written: kafkajs' own producer says only that one of them failed.
   */
  produce(nodeId: number, request: ProduceRequest): Promise<ReadonlyMap<number, number>>;
  close(): Promise<void>;
}

interface KafkajsCluster {
  connect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findControllerBroker(): Promise<RawBroker>;
  findBroker(node: { readonly nodeId: string }): Promise<RawBroker>;
  disconnect(): Promise<void>;
}

/** Opens connections; they are made with the first request. */
export function openRawCluster(kafka: Kafka): RawCluster {
  const maker = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  assert(maker !== undefined, 'kafkajs is the version that this was written for');
  const make: (options: object) => KafkajsCluster = Reflect.get(kafka, maker);
  const cluster = make({ metadataMaxAge: 300_000, allowAutoTopicCreation: false });
  let connected: Promise<void> | null = null;
  const connect = async () => {
    connected ??= cluster.connect().then(() => cluster.refreshMetadata());
    try {
      await connected;
    } catch (error) {
      connected = null;
      throw error;
    }
  };
  return {
    async ask(request) {
      await connect();
      return send(await cluster.findControllerBroker(), request);
    },
    async askBroker(nodeId, request) {
      await connect();
      return send(await cluster.findBroker({ nodeId: String(nodeId) }), request);
    },
    async produce(nodeId, request) {
      await connect();
      return produce(await cluster.findBroker({ nodeId: String(nodeId) }), request);
    },
    close: () => cluster.disconnect(),
  };
}

async function produce(broker: RawBroker, { topic, producerId, producerEpoch, batches }: ProduceRequest) {
  await broker.connect();
  // kafkajs encodes and decodes; only its look at the answer, which throws the first partition's error, is left out.
  const lenient: RawBroker = Object.create(broker, {
    connectionPool: {
      value: Object.create(broker.connectionPool, {
        send: {
          value: ({ request, response: { decode } }: Exchange) =>
            broker.connectionPool.send({ request, response: { decode, parse: async decoded => decoded } }),
        },
      }),
    },
  });
  const partitions = batches.map(batch => ({ ...batch, messages: [...batch.messages] }));
  const answer = await lenient.produce({
    topicData: [{ topic, partitions }],
    producerId: producerId.toString(),
    producerEpoch,
    acks: -1,
  });
  const { topics } = answer as {
    topics: readonly { partitions: readonly { partition: number; errorCode: number }[] }[];
  };
  return new Map(
    topics.flatMap(one => one.partitions.map(({ partition, errorCode }) => [partition, errorCode] as const)),
  );
}

async function send<T>(broker: RawBroker, { name, apiKey, versions, body, read }: RawRequest<T>): Promise<T> {
  await broker.connect();
  const apiVersion = Math.min(versions.most, broker.versions[apiKey]?.maxVersion ?? 0);
  if (apiVersion < versions.least) throw new Error(`the broker is too old: it has ${name} ${apiVersion}`);
  const bytes = wireBytes(body(apiVersion));
  const answer = await broker.connectionPool.send({
    // kafkajs takes an encoder here, and looks at these two of its members.
    request: { apiKey, apiVersion, apiName: name, encode: async () => ({ buf: bytes, buffer: bytes }) },
    response: {
      decode: async (raw: Buffer) => read(new Reader(raw), apiVersion),
      parse: async (decoded: unknown) => decoded,
    },
  });
  return answer as T;
}
