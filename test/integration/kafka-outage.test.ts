import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openKafka } from '../../connector/kafka/client.ts';
import { openConsumer } from '../../connector/kafka/consumer.ts';
import { type Offset, type PartitionKey, partitionKey } from '../../connector/kernel/position.ts';
import { systemClock } from '../../connector/system-clock.ts';
import { Member } from '../conformance/member.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { type KafkaWorld, openKafkaWorld } from '../support/kafka-world.ts';
import { sharedStack } from '../support/shared-stack.ts';

let stack: RemoteStack;
let world: KafkaWorld;

beforeAll(async () => {
  stack = await sharedStack();
  world = await openKafkaWorld(stack.kafka.bootstrap);
});

afterAll(() => world[Symbol.asyncDispose]());

describe('a broker that goes away', () => {
  const members: Member[] = [];

  afterEach(async () => {
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    expect(members.splice(0).flatMap(({ breaches }) => breaches)).toEqual([]);
  });

  /** A member whose seat is given away soon after it is gone without a word. */
  async function join(group: string, topic: string, log: (text: string) => void = () => undefined): Promise<Member> {
    const options = { ...world.consumerOptions(group, [topic]), sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 4_000 };
    const kafka = openKafka(world.options, (_, text) => log(text));
    const member = new Member(openConsumer(kafka, options, systemClock));
    members.push(member);
    await member.consumer.start(member);
    await member.until(() => member.joins > 0);
    return member;
  }

  /** As the flow does: a commit may be refused until the member has joined again, and is then made once more. */
  async function commitAtLast(member: Member, offsets: ReadonlyMap<PartitionKey, Offset>): Promise<void> {
    while (
      !(await member.consumer.commit(offsets).then(
        () => true,
        () => false,
      ))
    )
      await pause(20);
  }

  it.each(['orderly', 'kill'] as const)(
    '(%s) and comes back holds up the reading, and no more: every record comes, and commits hold',
    async how => {
      const topic = await world.createTopic(1);
      const group = world.newGroup();
      const key = partitionKey(topic, 0);
      await world.append(topic, 0, 3);
      const member = await join(group, topic);
      await member.until(() => member.offsets(key).includes(2));
      await stack.restartKafka(how);
      await world.append(topic, 0, 3);
      await member.until(() => member.offsets(key).includes(5));
      expect(new Set(member.offsets(key))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
      await commitAtLast(member, new Map([[key, 6n]]));
      expect(await world.committed(group, topic, 0)).toBe(6n);
    },
  );

  it('for so long that kafkajs starts the consumer anew: pausing does not throw, and nothing is committed unheard', async () => {
    const topic = await world.createTopic(1);
    const group = world.newGroup();
    const key = partitionKey(topic, 0);
    await world.append(topic, 0, 3);
    const member = await join(group, topic);
    await member.until(() => member.offsets(key).includes(2));
    await stack.down('kafka');
    while (member.consumer.joined) {
      // What the flow may do at any time.
      member.consumer.pause([key]);
      member.consumer.resume([key]);
      await pause(20);
    }
    member.consumer.pause([key]);
    await expect(member.consumer.commit(new Map([[key, 1n]]))).rejects.toThrow();
    await stack.up('kafka');
    await world.append(topic, 0, 1);
    await member.until(() => member.offsets(key).includes(3));
    await commitAtLast(member, new Map([[key, 4n]]));
    expect(await world.committed(group, topic, 0)).toBe(4n);
  });

  it('does not bring back a member that was closed meanwhile, not even amid a start', async () => {
    const topic = await world.createTopic(2);
    const group = world.newGroup();
    let starts = 0;
    const closed = await join(group, topic, text => {
      if (text === 'kafkajs: Starting') starts++;
    });
    await stack.down('kafka', 'kill');
    while (starts < 2) await pause(20);
    await closed.consumer.close();
    const heard = closed.heard.length;
    await stack.up('kafka');
    const next = await join(group, topic);
    await next.until(() => next.assignedKeys.length === 2);
    await world.append(topic, 0, 1);
    await next.until(() => next.offsets(partitionKey(topic, 0)).length === 1);
    // One that came back would have taken one of them; when the broker forgot the closed one, and had all join anew, is its own affair.
    expect(next.assignedKeys).toHaveLength(2);
    expect(closed.heard).toHaveLength(heard);
  });
});
