import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafka } from '../../connector/kafka/client.ts';
import {
  type FencedProducer,
  openFencedProducer,
  type ProducerEpoch,
  type SequencedBatch,
} from '../../connector/kafka/fenced-producer.ts';
import { type KafkaWorld, openKafkaWorld } from '../support/kafka-world.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

let world: KafkaWorld;
let access: TopicAccess;
const opened: FencedProducer[] = [];

beforeAll(async () => {
  const stack = await sharedStack();
  world = await openKafkaWorld(stack.kafka.bootstrap);
  access = await openTopicAccess(stack.kafka.bootstrap);
});

afterAll(async () => {
  await Promise.all(opened.map(producer => producer.close()));
  await access[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function open(topic: string, id = `${topic}.fence`): Promise<FencedProducer> {
  const producer = openFencedProducer(openKafka(world.options), topic, id);
  opened.push(producer);
  await producer.refresh();
  return producer;
}

function batch(topic: string, firstSequence: number, values: readonly string[], partition = 0): SequencedBatch {
  const records = values.map(value => ({
    topic,
    partition,
    key: Buffer.from('k'),
    value: Buffer.from(value),
    headers: [{ name: 'h', value: Buffer.from('1') }],
  }));
  return { partition, firstSequence, records };
}

/** The first question makes the broker create its topic of transactional ids; until then there is no coordinator. */
function epochOf(producer: FencedProducer): Promise<ProducerEpoch> {
  return until('an epoch', () => producer.newEpoch().catch(() => false as const));
}

/** The values in partition 0. */
async function valuesOf(topic: string): Promise<readonly string[]> {
  const records = await access.read(topic);
  return records.filter(({ partition }) => partition === 0).map(({ value }) => String(value));
}

describe('a fenced producer', () => {
  it('is refused by a partition that an instance with a later epoch has written to, and by no other', async () => {
    const topic = await world.createTopic(2);
    const [older, newer] = [await open(topic), await open(topic)];
    const first = await epochOf(older);
    const leader = older.leaderOf(0) ?? -1;
    expect(await older.write(leader, first, [batch(topic, 0, ['a'])])).toEqual([{ kind: 'written' }]);
    const second = await epochOf(newer);
    expect(second.producerId).toBe(first.producerId);
    expect(second.epoch).toBeGreaterThan(first.epoch);
    expect(await newer.write(leader, second, [batch(topic, 0, ['b'])])).toEqual([{ kind: 'written' }]);
    // As a request that waited in a socket while the network was cut.
    const late = await older.write(leader, first, [batch(topic, 1, ['late']), batch(topic, 0, ['other'], 1)]);
    expect(late).toEqual([{ kind: 'fenced' }, { kind: 'written' }]);
    expect(await newer.write(leader, second, [batch(topic, 1, ['c', 'd'])])).toEqual([{ kind: 'written' }]);
    expect(await valuesOf(topic)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('writes a repeated batch once, and names one that is too large', async () => {
    const topic = await world.createTopic(1);
    const producer = await open(topic);
    const epoch = await epochOf(producer);
    const leader = producer.leaderOf(0) ?? -1;
    for (let time = 0; time < 2; time++) {
      expect(await producer.write(leader, epoch, [batch(topic, 0, ['a', 'b'])])).toEqual([{ kind: 'written' }]);
    }
    const large = batch(topic, 2, ['x'.repeat(2_000_000)]);
    expect(await producer.write(leader, epoch, [large])).toEqual([{ kind: 'too-large' }]);
    expect(await producer.write(leader, epoch, [batch(topic, 2, ['c'])])).toEqual([{ kind: 'written' }]);
    expect(await producer.write(leader, epoch, [batch(topic, 9, ['gap'])])).toEqual([{ kind: 'lost' }]);
    expect(await valuesOf(topic)).toEqual(['a', 'b', 'c']);
  });
});
