import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDeadLetters } from '../../connector/dead-letter/dead-letters.ts';
import { deadLetterHeaders } from '../../connector/dead-letter/headers.ts';
import type { DeadLetters } from '../../connector/flow/ports.ts';
import type { Fault } from '../../connector/kernel/fault.ts';
import { partitionKey } from '../../connector/kernel/position.ts';
import type { SourceRecord } from '../../connector/kernel/record.ts';
import { systemClock } from '../../connector/system-clock.ts';
import { Member } from '../conformance/member.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { type KafkaWorld, openKafkaWorld } from '../support/kafka-world.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { anUnreadLetter, aRecord, aRefusedLetter } from '../unit/dead-letter/letters.ts';

const never = new AbortController().signal;

let stack: RemoteStack;
let world: KafkaWorld;
let topic: string;
let unwritable: Fault[];
let onUnwritable: () => void;
let deadLetters: DeadLetters;

beforeAll(async () => {
  stack = await sharedStack();
  world = await openKafkaWorld(stack.kafka.bootstrap);
});

afterAll(() => world[Symbol.asyncDispose]());

beforeEach(() => {
  topic = world.newTopicName();
  unwritable = [];
  onUnwritable = () => undefined;
  const told = (fault: Fault) => {
    unwritable.push(fault);
    onUnwritable();
  };
  const options = { topic, partitions: 3, connectorName: 'card-sync', leased: () => true, onUnwritable: told };
  deadLetters = openDeadLetters(world.producer, options, systemClock);
});

async function makeTopic(): Promise<void> {
  await world.admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3 }] });
}

/** All that was written to a partition, once there is so much. */
async function written(partition: number, count: number): Promise<readonly SourceRecord[]> {
  const member = new Member(world.openConsumer(world.newGroup(), topic));
  await member.consumer.start(member);
  const key = partitionKey(topic, partition);
  await member.until(() => member.records(key).length >= count);
  await member.consumer.close();
  return member.records(key);
}

describe('a dead letter in Kafka', () => {
  it('has the key, value and headers of its record, byte for byte, on its partition', async () => {
    await makeTopic();
    const letter = aRefusedLetter();
    await deadLetters.publish(letter, never);
    const [record] = await written(2, 1);
    const { key, value } = letter.record;
    expect(record).toMatchObject({ key, value });
    const headers = deadLetterHeaders(letter, 'card-sync').map(one => ({ ...one, value: Buffer.from(one.value) }));
    expect(record?.headers).toEqual(headers);
    expect(unwritable).toEqual([]);
  });

  it('of a tombstone without key has neither', async () => {
    await makeTopic();
    await deadLetters.publish(anUnreadLetter({ record: aRecord({ key: null, value: null }) }), never);
    expect((await written(2, 1))[0]).toMatchObject({ key: null, value: null });
  });

  it('goes by its key where its record had a partition that the topic has not', async () => {
    await makeTopic();
    // murmur2('21') is -973932308 (Kafka, UtilsTest.testMurmur2).
    const record = aRecord({ key: Buffer.from('21'), partition: 7 });
    await deadLetters.publish(anUnreadLetter({ record }), never);
    expect(await written((-973932308 & 0x7fffffff) % 3, 1)).toHaveLength(1);
  });
});

describe('a dead letter that is larger than its topic takes', () => {
  it('is written without its value', async () => {
    const configEntries = [{ name: 'max.message.bytes', value: '20000' }];
    await world.admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3, configEntries }] });
    // What compresses well would be small again: the producer does not compress.
    const record = aRecord({ value: Buffer.alloc(30_000, 7) });
    await deadLetters.publish(anUnreadLetter({ record }), never);
    const [letter] = await written(2, 1);
    expect(letter).toMatchObject({ key: record.key, value: null });
    expect(unwritable).toMatchObject([{ code: 'DEAD_LETTER_TOO_LARGE' }]);
  });
});

describe('a dead-letter topic that cannot be written', () => {
  it('is tried again until the broker takes the letter: a topic that is made late', async () => {
    const made = Promise.withResolvers<void>();
    onUnwritable = () => makeTopic().then(made.resolve, made.resolve);
    await deadLetters.publish(anUnreadLetter(), never);
    await made.promise;
    expect(await written(2, 1)).toHaveLength(1);
    expect(unwritable[0]).toMatchObject({ code: 'DEAD_LETTER_UNWRITABLE', detail: /does not host/ });
  });

  it('is tried again until the broker takes the letter: a broker that is away', async () => {
    await makeTopic();
    await deadLetters.publish(anUnreadLetter(), never);
    await stack.down('kafka');
    const publishing = deadLetters.publish(anUnreadLetter(), never);
    await stack.up('kafka');
    await publishing;
    expect((await written(2, 2)).length).toBeGreaterThanOrEqual(2);
  });

  it('is given up when the partition is taken away', async () => {
    const revocation = new AbortController();
    onUnwritable = () => revocation.abort();
    await expect(deadLetters.publish(anUnreadLetter(), revocation.signal)).rejects.toThrow('taken away');
    expect(unwritable).toHaveLength(1);
  });
});
