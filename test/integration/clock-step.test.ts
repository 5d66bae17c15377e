import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { partitionKey } from '../../connector/kernel/position.ts';
import { Member } from '../conformance/member.ts';
import { type KafkaWorld, openKafkaWorld } from '../support/kafka-world.ts';
import { sharedStack } from '../support/shared-stack.ts';

let world: KafkaWorld;

beforeAll(async () => {
  world = await openKafkaWorld((await sharedStack()).kafka.bootstrap);
});

afterAll(() => world[Symbol.asyncDispose]());

describe('a wall clock that is set while partitions are read', () => {
  const members: Member[] = [];

  afterEach(async () => {
    vi.restoreAllMocks();
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    expect(members.splice(0).flatMap(({ breaches }) => breaches)).toEqual([]);
  });

  async function join(group: string, topic: string): Promise<Member> {
    const member = new Member(world.openHastyConsumer(group, topic));
    members.push(member);
    await member.consumer.start(member);
    await member.until(() => member.joins > 0);
    return member;
  }

  it.each([-86_400_000, -3_600_000, -1_000, 3_600_000])(
    'by %d ms: heartbeats go on, and each partition has one owner',
    async step => {
      const topic = await world.createTopic(2);
      const group = world.newGroup();
      const first = await join(group, topic);
      const real = Date.now;
      vi.spyOn(Date, 'now').mockImplementation(() => real() + step);

      // Longer than two sessions of a hasty member.
      await pause(4_500);
      const { groups } = await world.admin.describeGroups([group]);
      expect(groups[0]).toMatchObject({ state: 'Stable', members: [{}] });
      expect([first.consumer.leased, first.joins]).toEqual([true, 1]);

      const second = await join(group, topic);
      await first.until(() => first.joins === 2);
      const owned = [first, second].flatMap(({ assignedKeys }) => assignedKeys);
      expect(owned.sort()).toEqual([partitionKey(topic, 0), partitionKey(topic, 1)]);
      for (const partition of [0, 1]) await world.append(topic, partition, 1);
      for (const partition of [0, 1]) {
        const key = partitionKey(topic, partition);
        const [owner, other] = first.assignedKeys.includes(key) ? [first, second] : [second, first];
        await owner.until(() => owner.offsets(key).length === 1);
        expect(other.offsets(key)).toEqual([]);
      }
    },
  );

  it('and a kafkajs that sends no heartbeat for it: the lease ends with the session, and then the consumer', async () => {
    const topic = await world.createTopic(2);
    const member = await join(world.newGroup(), topic);
    const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup.js');
    vi.spyOn(prototype, 'heartbeat').mockResolvedValue(undefined);
    while (member.consumer.leased) await pause(20);
    await expect(member.consumer.crashed).rejects.toMatchObject({
      code: 'KAFKA_CONSUMER_STOPPED',
      detail: expect.stringMatching(/^no heartbeat was sent/),
    });
  });
});
