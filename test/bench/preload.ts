import { Kafka, logLevel } from 'kafkajs';
import { expectations } from '../demo/expectations.ts';
import type { Order } from '../demo/order.ts';
import { makeOrder } from '../demo/seed.ts';
import { debeziumWriter } from '../support/debezium-records.ts';
import { orderRowOf } from './order-row.ts';

/** What is put into the topic. */
export interface Preload {
  readonly topic: string;
  readonly partitions: number;
  readonly orders: number;
  /** Changes of each order: its creation and updates. */
  readonly changes: number;
}

const seed = 11;
const batchRecords = 2_000;

/** Makes the topic, registers the schema and writes all changes as Debezium would, one round over all orders after the other. */
export async function preload(bootstrap: string, registryUrl: string, plan: Preload): Promise<void> {
  const schemaId = await register(registryUrl, `${plan.topic}-value`, debeziumWriter().schema);
  const writer = debeziumWriter({ schemaId });
  const kafka = new Kafka({ clientId: 'bench', brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic: plan.topic, numPartitions: plan.partitions }], waitForLeaders: true });
  const now = new Date();
  const orders = livingOrders(plan.orders, now);
  let lsn = 1_000_000n;
  for (let change = 0; change < plan.changes; change++) {
    let messages: { key: string; value: Buffer }[] = [];
    for (const [number, order] of orders.entries()) {
      lsn += 64n;
      const at = now.getTime() - 60_000 + change * 1_000 + (number % 1_000);
      const after = orderRowOf(order, { id: BigInt(number), updatedMs: at, change });
      const before =
        change === 0 ? null : orderRowOf(order, { id: BigInt(number), updatedMs: at - 1_000, change: change - 1 });
      messages.push({ key: order.merchantBizNo, value: writer.value({ before, after, lsn, committedMs: at }) });
      if (messages.length < batchRecords && number < orders.length - 1) continue;
      await producer.send({ topic: plan.topic, messages });
      messages = [];
    }
  }
  await Promise.all([admin.disconnect(), producer.disconnect()]);
}

/** Orders whose cards are to be seen, so that each change is worth a request. */
function livingOrders(count: number, now: Date): readonly Order[] {
  const living: Order[] = [];
  for (let number = 0; living.length < count; number++) {
    const order = makeOrder(seed, number, now);
    const { ends, statuses } = expectations[order.kind];
    if (!ends.includes(statuses[order.status] ?? '')) living.push(order);
  }
  return living;
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
