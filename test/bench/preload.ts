import { Kafka, logLevel } from 'kafkajs';
import { expectations } from '../demo/expectations.ts';
import type { Order } from '../demo/order.ts';
import { makeOrder } from '../demo/seed.ts';
import { debeziumWriter, type WrittenChange } from '../support/debezium-records.ts';
import { orderRowOf } from './order-row.ts';

/** What is put into the topic. */
export interface Preload {
  readonly topic: string;
  readonly partitions: number;
  readonly orders: number;
  /** Changes of each order: its creation and updates. */
  readonly changes: number;
}

/** A change, and the key of its record. */
export interface KeyedChange extends WrittenChange {
  readonly key: string;
}

const seed = 11;
const batchRecords = 2_000;

/** Makes the topic, registers the schema and writes all changes as Debezium would, one round over all orders after the other. */
export async function preload(bootstrap: string, registryUrl: string, plan: Preload): Promise<void> {
  await makeTopic(bootstrap, plan.topic, plan.partitions);
  await fill(bootstrap, registryUrl, plan);
}

/** Makes an empty topic. */
export async function makeTopic(bootstrap: string, topic: string, partitions: number): Promise<void> {
  const admin = client(bootstrap).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
  await admin.disconnect();
}

/** Writes all changes into the topic that is there. */
export async function fill(bootstrap: string, registryUrl: string, plan: Omit<Preload, 'partitions'>): Promise<void> {
  const writer = await registeredWriter(registryUrl, plan.topic);
  const producer = client(bootstrap).producer();
  await producer.connect();
  const now = new Date();
  for (let change = 0; change < plan.changes; change++) {
    let messages: { key: string; value: Buffer }[] = [];
    for (const { key, ...written } of changesOf(plan.orders, change, now)) {
      messages.push({ key, value: writer.value(written) });
      if (messages.length < batchRecords) continue;
      await producer.send({ topic: plan.topic, messages });
      messages = [];
    }
    if (messages.length > 0) await producer.send({ topic: plan.topic, messages });
  }
  await producer.disconnect();
}

/** The `change`-th change of each order, whose cards are all to be seen: each change is worth a request. */
export function* changesOf(orders: number, change: number, now: Date): Generator<KeyedChange> {
  let number = 0;
  for (const order of livingOrders(orders, now)) {
    const at = now.getTime() - 60_000 + change * 1_000 + (number % 1_000);
    const id = BigInt(number);
    const after = orderRowOf(order, { id, updatedMs: at, change });
    const before = change === 0 ? null : orderRowOf(order, { id, updatedMs: at - 1_000, change: change - 1 });
    const lsn = 1_000_000n + 64n * BigInt(change * orders + number++);
    yield { key: order.merchantBizNo, before, after, lsn, committedMs: at };
  }
}

/** A client of the broker for what is around the connector. */
export function client(bootstrap: string): Kafka {
  return new Kafka({ clientId: 'bench', brokers: [bootstrap], logLevel: logLevel.NOTHING });
}

/** A writer of records in a schema that the registry has. */
export async function registeredWriter(registryUrl: string, topic: string) {
  const schemaId = await register(registryUrl, `${topic}-value`, debeziumWriter().schema);
  return debeziumWriter({ schemaId });
}

function* livingOrders(count: number, now: Date): Generator<Order> {
  let living = 0;
  for (let number = 0; living < count; number++) {
    const order = makeOrder(seed, number, now);
    const { ends, statuses } = expectations[order.kind];
    if (ends.includes(statuses[order.status] ?? '')) continue;
    living++;
    yield order;
  }
}

async function register(registryUrl: string, subject: string, schema: string): Promise<number> {
  const answer = await fetch(`${registryUrl}/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  });
  const { id }: { id?: unknown } = Object(await answer.json());
  if (typeof id !== 'number') throw new Error(`the registry answered ${answer.status} without an id`);
  return id;
}
