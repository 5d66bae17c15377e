import { describe, expect, it } from 'vitest';
import type { Offset } from '../../connector/kernel/position.ts';
import { type BrokerWorld, newCompany } from './broker-world.ts';

/** What every consumer of the source topics must do with records and offsets, whatever is behind it. */
export function readingSuite(world: () => BrokerWorld): void {
  const company = newCompany(world);
  const { join, key, leave } = company;

  describe('reading', () => {
    it('begins, for a new company.group, with the earliest record', async () => {
      await world().append(company.topic, 0, 3);
      const member = await join();
      await member.until(() => member.offsets(key(0)).length === 3);
      expect(member.offsets(key(0))).toEqual([0, 1, 2]);
      expect(member.heard[0]?.kind).toBe('assigned');
    });

    it('goes on with what is appended later, each record once and in order', async () => {
      const member = await join();
      for (let more = 0; more < 5; more++) await world().append(company.topic, 1, 3);
      await member.until(() => member.offsets(key(1)).length === 15);
      expect(member.offsets(key(1))).toEqual(Array.from({ length: 15 }, (_, offset) => offset));
    });

    it('hands a large fetch over in slices, so that it does not hold up everything else', async () => {
      await world().append(company.topic, 0, 1_000);
      const member = await join();
      await member.until(() => member.offsets(key(0)).length === 1_000);
      const sizes = member.heard.flatMap(heard => (heard.kind === 'received' ? [heard.records.length] : []));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(128);
    });

    it('leaves key, value and headers as they are, byte for byte', async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const headers = [
        { name: 'twice', value: Buffer.from([0xff, 0]) },
        { name: 'twice', value: Buffer.from('2') },
        { name: '__proto__', value: Buffer.from('p') },
        { name: 'constructor', value: Buffer.from('c') },
        { name: 'empty', value: Buffer.alloc(0) },
      ];
      await world().write({ topic: company.topic, partition: 0, key: bytes, value: bytes, headers });
      await world().write({ topic: company.topic, partition: 0, key: null, value: null, headers: [] });
      const member = await join();
      await member.until(() => member.offsets(key(0)).length === 2);
      const [first, second] = member.records(key(0));
      expect(first?.key).toEqual(bytes);
      expect(first?.value).toEqual(bytes);
      expect(first?.headers).toEqual(headers);
      expect(first?.timestamp).toBeGreaterThan(Date.UTC(2020));
      expect(second).toMatchObject({ key: null, value: null, headers: [] });
    });

    it('passes transaction markers and what was aborted, and says how far it is', async () => {
      await world().appendTransaction(company.topic, 0, 2, 'commit');
      await world().appendTransaction(company.topic, 0, 2, 'abort');
      await world().append(company.topic, 0, 1);
      const member = await join();
      // 0 and 1, a marker; 3 and 4, aborted; then a marker and the last one, in either order: markers are written when all is over.
      await member.until(() => member.offsets(key(0)).length === 3);
      expect(member.offsets(key(0)).slice(0, 2)).toEqual([0, 1]);
      expect(member.offsets(key(0))[2]).toBeGreaterThan(4);
      await world().appendTransaction(company.topic, 0, 1, 'abort');
      // Nothing but markers and aborted records is left: they are read past all the same, up to the end.
      await member.until(() => member.readTo.get(key(0))?.lastOffset === 8n);
      expect(member.readTo.get(key(0))?.highWatermark).toBe(9n);
    });
  });

  describe('a commit', () => {
    it('is where the next member begins', async () => {
      await world().append(company.topic, 0, 5);
      const first = await join();
      await first.until(() => first.offsets(key(0)).length === 5);
      await first.consumer.commit(new Map([[key(0), 3n]]));
      expect(await world().committed(company.group, company.topic, 0)).toBe(3n);
      await leave(first);
      const second = await join();
      await second.until(() => second.offsets(key(0)).length === 2);
      expect(second.offsets(key(0))).toEqual([3, 4]);
    });

    it('is where a member goes on after a join, also with a partition that stays', async () => {
      await world().append(company.topic, 0, 5);
      await world().append(company.topic, 1, 5);
      const first = await join();
      await first.until(() => first.offsets(key(0)).length + first.offsets(key(1)).length === 10);
      await first.consumer.commit(
        new Map([
          [key(0), 3n],
          [key(1), 3n],
        ]),
      );
      await join();
      await first.until(() => first.joins === 2);
      const [kept] = first.assignedKeys;
      if (kept === undefined) throw new Error('the first member has no partition left');
      await first.until(() => first.offsets(kept).length === 7);
      expect(first.offsets(kept)).toEqual([0, 1, 2, 3, 4, 3, 4]);
    });

    it('of a partition that went to another member is left out', async () => {
      await world().append(company.topic, 0, 5);
      await world().append(company.topic, 1, 5);
      const first = await join();
      const second = await join();
      await first.until(() => first.joins === 2 && first.assignedKeys.length === 1);
      await second.until(() => second.offsets(second.assignedKeys[0] ?? key(0)).length === 5);
      await first.consumer.commit(
        new Map([
          [key(0), 2n],
          [key(1), 2n],
        ]),
      );
      const committed = new Map<string, Offset | null>();
      for (const partition of [0, 1])
        committed.set(key(partition), await world().committed(company.group, company.topic, partition));
      expect(committed.get(first.assignedKeys[0] ?? '')).toBe(2n);
      expect(committed.get(second.assignedKeys[0] ?? '')).toBeNull();
    });
  });

  describe('an offset that is gone', () => {
    it('is followed by the earliest there is, and told as an error: nothing is skipped in silence', async () => {
      await world().append(company.topic, 0, 30);
      await world().setCommitted(company.group, company.topic, 0, 10n);
      await world().truncate(company.topic, 0, 20n);
      const member = await join();
      await member.until(() => member.offsets(key(0)).length === 10);
      expect(member.offsets(key(0))[0]).toBe(20);
      expect(world().errors.filter(text => /out of range/i.test(text)).length).toBeGreaterThan(0);
      // The frontier sees a gap, as of compaction: what is committed next is past it.
      await member.consumer.commit(new Map([[key(0), 30n]]));
      expect(await world().committed(company.group, company.topic, 0)).toBe(30n);
    });

    it('past the end, since the company.topic was made anew, is followed by the earliest too', async () => {
      await world().append(company.topic, 0, 3);
      await world().setCommitted(company.group, company.topic, 0, 1_000n);
      const member = await join();
      await member.until(() => member.offsets(key(0)).length === 3);
      expect(member.offsets(key(0))).toEqual([0, 1, 2]);
    });
  });
}
