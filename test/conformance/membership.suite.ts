import { describe, expect, it } from 'vitest';
import { type BrokerWorld, newCompany } from './broker-world.ts';
import { Member } from './member.ts';

/** What every consumer of the source topics must do as a member of its group, whatever is behind it. */
export function membershipSuite(world: () => BrokerWorld): void {
  const company = newCompany(world);
  const { join, key, leave } = company;

  describe('a group', () => {
    it('shares its partitions, none twice, and a leaving member passes its on at once', async () => {
      company.topic = await world().createTopic(4);
      const first = await join();
      expect(first.assignedKeys).toHaveLength(4);
      const second = await join();
      await first.until(() => first.joins === 2);
      expect(first.assignedKeys).toHaveLength(2);
      expect([...first.assignedKeys, ...second.assignedKeys].sort()).toEqual([0, 1, 2, 3].map(key));
      // Without a word of the leaving one the others would wait for its session time-out, which is longer than this test.
      await leave(second);
      await first.until(() => first.assignedKeys.length === 4);
    });

    it('says who owns what before any record of it comes', async () => {
      await world().append(company.topic, 0, 300);
      await world().append(company.topic, 1, 300);
      // The rules that each member minds are what is tested here, over several joins amid the reading.
      const first = await join();
      for (let turn = 0; turn < 3; turn++) {
        const guest = await join();
        await first.until(() => first.joins === 2 + 2 * turn);
        await leave(guest);
        await first.until(() => first.joins === 3 + 2 * turn);
      }
      await first.until(() => first.readTo.get(key(0))?.lastOffset === 299n);
      expect(first.assignedKeys).toEqual([key(0), key(1)]);
    });
  });

  describe('pausing', () => {
    /** Until the other partition was fetched twice: what was on its way at the first is here by the second. */
    async function fetchedTwice(member: Member, partition: number): Promise<void> {
      for (let time = 0; time < 2; time++) {
        const before = member.offsets(key(partition)).length;
        await world().append(company.topic, partition, 1);
        await member.until(() => member.offsets(key(partition)).length > before);
      }
    }

    it('holds one partition back and no other, until it is resumed', async () => {
      const member = await join();
      member.consumer.pause([key(0)]);
      await fetchedTwice(member, 1);
      await world().append(company.topic, 0, 2);
      await fetchedTwice(member, 1);
      expect(member.offsets(key(0))).toEqual([]);
      member.consumer.resume([key(0)]);
      await member.until(() => member.offsets(key(0)).length === 2);
    });

    it('within assigned() keeps the first record from coming', async () => {
      await world().append(company.topic, 0, 2);
      const member = await join(one => {
        one.onAssigned = () => one.consumer.pause([key(0)]);
      });
      await fetchedTwice(member, 1);
      expect(member.offsets(key(0))).toEqual([]);
      member.consumer.resume([key(0)]);
      await member.until(() => member.offsets(key(0)).length === 2);
    });

    it('and resuming can be said anew after each join, whatever was paused before', async () => {
      const member = await join();
      member.consumer.pause([key(0), key(1)]);
      member.onAssigned = () => member.consumer.pause([key(0), key(1)]);
      const guest = await join();
      await member.until(() => member.joins === 2);
      await world().append(company.topic, 0, 2);
      await world().append(company.topic, 1, 2);
      member.onAssigned = () => member.consumer.resume([key(0), key(1)]);
      await leave(guest);
      await member.until(() => member.joins === 3);
      await member.until(() => member.offsets(key(0)).length === 2 && member.offsets(key(1)).length === 2);
      const joins = member.heard.flatMap(({ kind }, index) => (kind === 'assigned' ? [index] : []));
      const received = member.heard.findIndex(({ kind }) => kind === 'received');
      expect(received).toBeGreaterThan(joins[2] ?? 0);
    });

    it('everything does not cost the membership', async () => {
      const member = await join();
      member.consumer.pause([key(0), key(1)]);
      const { lastActivityAt } = member.consumer;
      // A guest comes and goes: only a member that still beats notices it.
      const guest = await join();
      await member.until(() => member.joins === 2);
      await leave(guest);
      await member.until(() => member.joins === 3);
      expect(member.consumer.lastActivityAt).toBeGreaterThanOrEqual(lastActivityAt);
      expect(member.consumer.joined).toBe(true);
    });
  });

  describe('closing', () => {
    it('ends the reading: no record comes after it', async () => {
      await world().append(company.topic, 0, 2_000);
      const member = await join();
      await member.until(() => member.offsets(key(0)).length > 0);
      await leave(member);
      const heard = member.heard.length;
      await world().append(company.topic, 0, 10);
      const next = await join();
      await next.until(() => next.offsets(key(0)).length === 2_010);
      expect(member.heard).toHaveLength(heard);
      expect(member.consumer.joined).toBe(false);
    });

    it('is possible before the start and twice', async () => {
      const { consumer } = new Member(world().openConsumer(company.group, company.topic));
      await consumer.close();
      await consumer.close();
    });
  });
}
