import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafka } from '../../connector/kafka/client.ts';
import { openTopicReader, type TopicReader } from '../../connector/kafka/topic-reader.ts';
import { instant } from '../../connector/kernel/time.ts';
import { type KafkaWorld, openKafkaWorld } from '../support/kafka-world.ts';
import { sharedStack } from '../support/shared-stack.ts';

let world: KafkaWorld;
let reader: TopicReader;

beforeAll(async () => {
  world = await openKafkaWorld((await sharedStack()).kafka.bootstrap);
  reader = openTopicReader(
    openKafka(world.options, () => undefined),
    'reader-test',
  );
});

afterAll(async () => {
  await reader.close();
  await world[Symbol.asyncDispose]();
});

async function topicOf(partitions: number, records: readonly (readonly [partition: number, value: string])[]) {
  const topic = await world.createTopic(partitions);
  for (const [partition, value] of records) {
    const headers = [{ name: 'h', value: Buffer.from([0xff]) }];
    await world.producer.write({ topic, partition, key: Buffer.from('k'), value: Buffer.from(value), headers });
    // Their times tell the last records of all partitions: no two are of one millisecond.
    const writtenAt = Date.now();
    while (Date.now() === writtenAt) await sleep(1);
  }
  return topic;
}

async function scanned(topic: string): Promise<string[]> {
  const found: string[] = [];
  await reader.scan(topic, async ({ partition, offset, value }) => {
    await Promise.resolve();
    found.push(`${partition}@${offset} ${Buffer.from(value ?? []).toString()}`);
  });
  return found.sort();
}

describe('a topic that is read from outside of a group', () => {
  it('gives every record of every partition, again at each reading', async () => {
    const topic = await topicOf(3, [
      [0, 'a'],
      [0, 'b'],
      [2, 'c'],
    ]);
    expect(await scanned(topic)).toEqual(['0@0 a', '0@1 b', '2@0 c']);
    expect(await scanned(topic)).toEqual(['0@0 a', '0@1 b', '2@0 c']);
  });

  it('that is empty gives none, and one that there is not is told', async () => {
    expect(await scanned(await world.createTopic(2))).toEqual([]);
    await expect(scanned('there-is-no-such-topic')).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
  });

  it('ends also behind the markers of transactions, and where its beginning was deleted', async () => {
    const topic = await world.createTopic(1);
    await world.append(topic, 0, 5);
    await world.appendTransaction(topic, 0, 2, 'commit');
    await world.appendTransaction(topic, 0, 2, 'abort');
    await world.truncate(topic, 0, 3n);
    expect(await scanned(topic)).toEqual(['0@3 v', '0@4 v', '0@5 v', '0@6 v']);
  });

  it('gives the record at a place, byte for byte, or null', async () => {
    const topic = await topicOf(2, [
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
    ]);
    expect(await reader.recordAt({ topic, partition: 1, offset: 1n })).toMatchObject({
      key: Buffer.from('k'),
      value: Buffer.from('b'),
      headers: [{ name: 'h', value: Buffer.from([0xff]) }],
    });
    expect(await reader.recordAt({ topic, partition: 1, offset: 3n })).toBeNull();
    expect(await reader.recordAt({ topic, partition: 0, offset: 0n })).toBeNull();
  });

  it('gives the last records, over the markers of transactions, and what lies between two offsets', async () => {
    const topic = await topicOf(2, [
      [0, 'a'],
      [1, 'b'],
      [0, 'c'],
    ]);
    const last = async (count: number) => {
      const found: string[] = [];
      await reader.tail(topic, count, ({ partition, offset }) => void found.push(`${partition}@${offset}`));
      return found;
    };
    expect(await last(2)).toEqual(['1@0', '0@1']);
    // The last five offsets of partition 1 are of records that were taken back, and of markers.
    await world.appendTransaction(topic, 1, 2, 'abort');
    await world.appendTransaction(topic, 1, 1, 'abort');
    expect(await last(1)).toEqual(['0@1']);
    expect((await last(3)).sort()).toEqual(['0@0', '0@1', '1@0']);
    expect(await last(50)).toHaveLength(3);

    const between: string[] = [];
    const ranges = new Map([[0, { from: 1n, end: 2n }]]);
    await reader.range(topic, ranges, ({ partition, offset }) => void between.push(`${partition}@${offset}`));
    expect(between).toEqual(['0@1']);
  });

  it('tells where each partition begins and ends, from a time on', async () => {
    const topic = await topicOf(2, [[1, 'a']]);
    expect(await reader.rangesOf(topic)).toEqual(
      new Map([
        [0, { from: 0n, end: 0n }],
        [1, { from: 0n, end: 1n }],
      ]),
    );
    expect((await reader.rangesOf(topic, instant(Date.now() - 60_000))).get(1)).toEqual({ from: 0n, end: 1n });
    expect((await reader.rangesOf(topic, instant(Date.now() + 60_000))).get(1)).toEqual({ from: 1n, end: 1n });
  });

  it('passes on what a visitor throws', async () => {
    const topic = await topicOf(1, [[0, 'a']]);
    await expect(reader.scan(topic, () => Promise.reject(new Error('enough')))).rejects.toThrow('enough');
  });

  it('leaves no group behind', async () => {
    const own = openTopicReader(
      openKafka(world.options, () => undefined),
      'reader-leaving',
    );
    const topic = await topicOf(1, [[0, 'a']]);
    await own.scan(topic, () => undefined);
    const groups = async () => (await world.admin.listGroups()).groups.map(({ groupId }) => groupId);
    expect((await groups()).some(name => name.startsWith('reader-leaving'))).toBe(true);
    await own.close();
    expect((await groups()).some(name => name.startsWith('reader-leaving'))).toBe(false);
  });
});
