import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordConsumer } from '../../connector/kafka/consumer.ts';
import type { OutgoingRecord } from '../../connector/kafka/producer.ts';
import { type Offset, partitionKey } from '../../connector/kernel/position.ts';
import { Member } from './member.ts';

/** A broker, real or simulated, as the suite needs it. Topics and groups are new for each test. */
export interface BrokerWorld {
  createTopic(partitions: number): Promise<string>;
  newGroup(): string;
  write(record: OutgoingRecord): Promise<void>;
  /** Appends so many records to a partition, in one request. */
  append(topic: string, partition: number, count: number): Promise<void>;
  /** The same within a transaction, which leaves a marker at the offset after them. */
  appendTransaction(topic: string, partition: number, count: number, end: 'commit' | 'abort'): Promise<void>;
  /** Removes the records below an offset, as retention does. */
  truncate(topic: string, partition: number, below: Offset): Promise<void>;
  committed(group: string, topic: string, partition: number): Promise<Offset | null>;
  setCommitted(group: string, topic: string, partition: number, offset: Offset): Promise<void>;
  /** A member of its own: as of a process of its own. */
  openConsumer(group: string, topic: string): RecordConsumer;
  /** What was logged as an error so far. */
  readonly errors: readonly string[];
}

/** What every consumer of the source topics must do, whatever is behind it. */
export function consumerSuite(world: () => BrokerWorld): void {
  const members: Member[] = [];
  let topic: string;
  let group: string;

  beforeEach(async () => {
    topic = await world().createTopic(2);
    group = world().newGroup();
  });

  afterEach(async () => {
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    const breaches = members.splice(0).flatMap(member => member.breaches);
    expect(breaches).toEqual([]);
  });

  const key = (partition: number) => partitionKey(topic, partition);

  async function join(prepare: (member: Member) => void = () => undefined): Promise<Member> {
    const member = new Member(world().openConsumer(group, topic));
    prepare(member);
    members.push(member);
    await member.consumer.start(member);
    await member.until(() => member.joins > 0);
    return member;
  }

  async function leave(member: Member): Promise<void> {
    await member.consumer.close();
  }

  describe('reading', () => {
    it('begins, for a new group, with the earliest record', async () => {
      await world().append(topic, 0, 3);
      const member = await join();
      await member.until(() => member.offsets(key(0)).length === 3);
      expect(member.offsets(key(0))).toEqual([0, 1, 2]);
      expect(member.heard[0]?.kind).toBe('assigned');
    });

    it('goes on with what is appended later, each record once and in order', async () => {
      const member = await join();
      for (let more = 0; more < 5; more++) await world().append(topic, 1, 3);
      await member.until(() => member.offsets(key(1)).length === 15);
      expect(member.offsets(key(1))).toEqual(Array.from({ length: 15 }, (_, offset) => offset));
    });

    it('hands a large fetch over in slices, so that it does not hold up everything else', async () => {
      await world().append(topic, 0, 1_000);
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
      await world().write({ topic, partition: 0, key: bytes, value: bytes, headers });
      await world().write({ topic, partition: 0, key: null, value: null, headers: [] });
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
      await world().appendTransaction(topic, 0, 2, 'commit');
      await world().appendTransaction(topic, 0, 2, 'abort');
      await world().append(topic, 0, 1);
      const member = await join();
      // 0 and 1, a marker; 3 and 4, aborted; then a marker and the last one, in either order: markers are written when all is over.
      await member.until(() => member.offsets(key(0)).length === 3);
      expect(member.offsets(key(0)).slice(0, 2)).toEqual([0, 1]);
      expect(member.offsets(key(0))[2]).toBeGreaterThan(4);
      await world().appendTransaction(topic, 0, 1, 'abort');
      // Nothing but markers and aborted records is left: they are read past all the same, up to the end.
      await member.until(() => member.readTo.get(key(0))?.lastOffset === 8n);
      expect(member.readTo.get(key(0))?.highWatermark).toBe(9n);
    });
  });

  describe('a commit', () => {
    it('is where the next member begins', async () => {
      await world().append(topic, 0, 5);
      const first = await join();
      await first.until(() => first.offsets(key(0)).length === 5);
      await first.consumer.commit(new Map([[key(0), 3n]]));
      expect(await world().committed(group, topic, 0)).toBe(3n);
      await leave(first);
      const second = await join();
      await second.until(() => second.offsets(key(0)).length === 2);
      expect(second.offsets(key(0))).toEqual([3, 4]);
    });

    it('is where a member goes on after a join, also with a partition that stays', async () => {
      await world().append(topic, 0, 5);
      await world().append(topic, 1, 5);
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
      await world().append(topic, 0, 5);
      await world().append(topic, 1, 5);
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
      for (const partition of [0, 1]) committed.set(key(partition), await world().committed(group, topic, partition));
      expect(committed.get(first.assignedKeys[0] ?? '')).toBe(2n);
      expect(committed.get(second.assignedKeys[0] ?? '')).toBeNull();
    });
  });

  describe('a group', () => {
    it('shares its partitions, none twice, and a leaving member passes its on at once', async () => {
      topic = await world().createTopic(4);
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
      await world().append(topic, 0, 300);
      await world().append(topic, 1, 300);
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
        await world().append(topic, partition, 1);
        await member.until(() => member.offsets(key(partition)).length > before);
      }
    }

    it('holds one partition back and no other, until it is resumed', async () => {
      const member = await join();
      member.consumer.pause([key(0)]);
      await fetchedTwice(member, 1);
      await world().append(topic, 0, 2);
      await fetchedTwice(member, 1);
      expect(member.offsets(key(0))).toEqual([]);
      member.consumer.resume([key(0)]);
      await member.until(() => member.offsets(key(0)).length === 2);
    });

    it('within assigned() keeps the first record from coming', async () => {
      await world().append(topic, 0, 2);
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
      await world().append(topic, 0, 2);
      await world().append(topic, 1, 2);
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

  describe('an offset that is gone', () => {
    it('is followed by the earliest there is, and told as an error: nothing is skipped in silence', async () => {
      await world().append(topic, 0, 30);
      await world().setCommitted(group, topic, 0, 10n);
      await world().truncate(topic, 0, 20n);
      const member = await join();
      await member.until(() => member.offsets(key(0)).length === 10);
      expect(member.offsets(key(0))[0]).toBe(20);
      expect(world().errors.filter(text => /out of range/i.test(text)).length).toBeGreaterThan(0);
      // The frontier sees a gap, as of compaction: what is committed next is past it.
      await member.consumer.commit(new Map([[key(0), 30n]]));
      expect(await world().committed(group, topic, 0)).toBe(30n);
    });

    it('past the end, since the topic was made anew, is followed by the earliest too', async () => {
      await world().append(topic, 0, 3);
      await world().setCommitted(group, topic, 0, 1_000n);
      const member = await join();
      await member.until(() => member.offsets(key(0)).length === 3);
      expect(member.offsets(key(0))).toEqual([0, 1, 2]);
    });
  });

  describe('closing', () => {
    it('ends the reading: no record comes after it', async () => {
      await world().append(topic, 0, 2_000);
      const member = await join();
      await member.until(() => member.offsets(key(0)).length > 0);
      await leave(member);
      const heard = member.heard.length;
      await world().append(topic, 0, 10);
      const next = await join();
      await next.until(() => next.offsets(key(0)).length === 2_010);
      expect(member.heard).toHaveLength(heard);
      expect(member.consumer.joined).toBe(false);
    });

    it('is possible before the start and twice', async () => {
      const { consumer } = new Member(world().openConsumer(group, topic));
      await consumer.close();
      await consumer.close();
    });
  });
}
