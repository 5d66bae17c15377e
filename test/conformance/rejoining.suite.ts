import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { partitionKey, splitPartitionKey } from '../../connector/kernel/position.ts';
import { type BrokerWorld, newCompany } from './broker-world.ts';
import { Member } from './member.ts';

/** What every consumer must do around a join, so that no two members ever work on the same order. */
export function rejoiningSuite(world: () => BrokerWorld): void {
  const company = newCompany(world);
  const { join, key, leave } = company;

  describe('before a join', () => {
    it('a member is given time: what it commits then is where the next owner begins', async () => {
      await world().append(company.topic, 0, 5);
      await world().append(company.topic, 1, 5);
      const first = await join();
      await first.until(() => first.offsets(key(0)).length + first.offsets(key(1)).length === 10);
      let committed = false;
      first.onQuiesce = async () => {
        await pause(300);
        await first.consumer.commit(new Map([key(0), key(1)].map(one => [one, 5n])));
        committed = true;
      };
      const second = await join();
      await first.until(() => first.joins === 2);
      expect(committed).toBe(true);
      const [theirs] = second.assignedKeys;
      if (theirs === undefined) throw new Error('the second member has no partition');
      await world().append(company.topic, splitPartitionKey(theirs).partition, 1);
      await second.until(() => second.offsets(theirs).length > 0);
      expect(second.offsets(theirs)).toEqual([5]);
    });

    it('a member that is not done in time is waited for no longer', async () => {
      await join();
      const hasty = new Member(world().openHastyConsumer(company.group, company.topic));
      hasty.onQuiesce = () => new Promise(() => undefined);
      await hasty.consumer.start(hasty);
      await hasty.until(() => hasty.assignedKeys.length === 1);
      const guest = await join();
      await hasty.until(() => hasty.joins >= 2);
      expect(hasty.heard.filter(({ kind }) => kind === 'quiescing')[0]).toMatchObject({ limitMs: 1_000 });
      await leave(guest);
      await hasty.consumer.close();
      expect(hasty.breaches).toEqual([]);
    });
  });

  describe('the lease', () => {
    it('holds while the member beats', async () => {
      const member = new Member(world().openHastyConsumer(company.group, company.topic));
      await member.consumer.start(member);
      await member.until(() => member.joins === 1);
      const until = performance.now() + 3_000;
      while (performance.now() < until) {
        expect(member.consumer.leased).toBe(true);
        await pause(50);
      }
      await member.consumer.close();
      expect(member.consumer.leased).toBe(false);
    });

    it('is over after a pause of the whole process that outlived the session; then nothing counts as kept', async () => {
      const member = new Member(world().openHastyConsumer(company.group, company.topic));
      await member.consumer.start(member);
      await member.until(() => member.joins === 1);
      // As SIGSTOP or a starved machine would have it: neither heartbeats nor anything else.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_500);
      expect(member.consumer.leased).toBe(false);
      await member.until(() => member.joins === 3);
      const assignments = member.heard.flatMap(heard => (heard.kind === 'assigned' ? [heard.keys.length] : []));
      expect(assignments).toEqual([2, 0, 2]);
      expect(member.consumer.leased).toBe(true);
      await member.consumer.close();
      expect(member.breaches).toEqual([]);
    });
  });

  describe('two topics', () => {
    /** Minds that partition n of both is with the same member. */
    function expectPairs(members: readonly Member[], topics: readonly [string, string]): void {
      const all = members.flatMap(({ assignedKeys }) => assignedKeys);
      expect([...all].sort()).toEqual(topics.flatMap(topic => [0, 1, 2, 3].map(n => partitionKey(topic, n))).sort());
      for (const { assignedKeys } of members) {
        const numbers = topics.map(topic =>
          assignedKeys.map(splitPartitionKey).flatMap(one => (one.topic === topic ? [one.partition] : [])),
        );
        expect(numbers[0]?.sort()).toEqual(numbers[1]?.sort());
        expect([1, 2, 4]).toContain(numbers[0]?.length);
      }
    }

    it('go by their partition numbers, with three members that are restarted one after the other', async () => {
      const topics = [await world().createTopic(4), await world().createTopic(4)] as const;
      const start = async () => {
        const member = new Member(world().openConsumer(company.group, ...topics));
        await member.consumer.start(member);
        await member.until(() => member.joins > 0);
        return member;
      };
      const settled = async (...members: readonly Member[]) => {
        const count = () => members.reduce((sum, { assignedKeys }) => sum + assignedKeys.length, 0);
        while (count() !== 8 || members.some(({ assignedKeys }) => assignedKeys.length === 0)) await pause(20);
        expectPairs(members, topics);
      };
      const members = [await start()];
      await settled(...members);
      members.push(await start());
      await settled(...members);
      members.push(await start());
      await settled(...members);
      for (let turn = 0; turn < 3; turn++) {
        const [oldest] = members.splice(0, 1);
        await oldest?.consumer.close();
        await settled(...members);
        members.push(await start());
        await settled(...members);
      }
      await Promise.all(members.map(({ consumer }) => consumer.close()));
      expect(members.flatMap(({ breaches }) => breaches)).toEqual([]);
    });

    it('keep their partitions where they are when a member comes, as far as that is fair', async () => {
      company.topic = await world().createTopic(4);
      const first = await join();
      const second = await join();
      await first.until(() => first.assignedKeys.length === 2);
      const before = [first.assignedKeys, second.assignedKeys];
      const third = await join();
      await first.until(() => first.joins === 3);
      await second.until(() => second.joins >= 2);
      expect(before[0]).toEqual(expect.arrayContaining([...first.assignedKeys]));
      expect(before[1]).toEqual(expect.arrayContaining([...second.assignedKeys]));
      expect(third.assignedKeys).toHaveLength(1);
    });
  });

  describe('resuming', () => {
    it('takes no longer than a fetch may wait, even when everything was paused', async () => {
      await world().append(company.topic, 0, 1);
      const member = await join(one => {
        one.onAssigned = () => one.consumer.pause([key(0), key(1)]);
      });
      await pause(200);
      const from = performance.now();
      member.consumer.resume([key(0)]);
      await member.until(() => member.offsets(key(0)).length === 1);
      expect(performance.now() - from).toBeLessThan(1_000);
    });

    it('reads from where it was sought, within a join as well', async () => {
      await world().append(company.topic, 0, 300);
      const member = await join(one => {
        one.onAssigned = () => one.consumer.seek(key(0), 250n);
      });
      await member.until(() => member.offsets(key(0)).length === 50);
      expect(member.offsets(key(0))[0]).toBe(250);
    });
  });
}
