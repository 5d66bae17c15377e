import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EntryEncoder } from '../../connector/journal/encode.ts';
import { provenanceHeader } from '../../connector/journal/provenance.ts';
import { fingerprintOf, journalSchema } from '../../connector/journal/schema.ts';
import { ensureJournal } from '../../connector/journal/topic.ts';
import { openAdmin } from '../../connector/kafka/admin.ts';
import { openKafka } from '../../connector/kafka/client.ts';
import { openFencedProducer } from '../../connector/kafka/fenced-producer.ts';
import type { ConsumerOptions } from '../../connector/kafka/record-consumer.ts';
import { partitionKey } from '../../connector/kernel/position.ts';
import { merchantBizNo } from '../../connector/order/change.ts';
import { openRegistryClient } from '../../connector/registry/registry-client.ts';
import { systemClock } from '../../connector/system-clock.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { type JournalMember, type JournalPlace, newJournalPlace, openJournalMember } from '../support/journal-world.ts';
import { type KafkaWorld, openKafkaWorld } from '../support/kafka-world.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { until } from '../support/until.ts';
import { anOwed } from '../unit/flow/owed.ts';
import { anEntry } from '../unit/journal/entries.ts';

const never = new AbortController().signal;
const order = merchantBizNo;

let stack: RemoteStack;
let world: KafkaWorld;
const members: JournalMember[] = [];

beforeAll(async () => {
  stack = await sharedStack();
  world = await openKafkaWorld(stack.kafka.bootstrap);
});

afterEach(async () => {
  await Promise.all(members.map(member => member.close()));
  expect(members.splice(0).flatMap(({ member }) => member.breaches)).toEqual([]);
});

afterAll(() => world[Symbol.asyncDispose]());

async function join(
  place: JournalPlace,
  options: Partial<ConsumerOptions> = {},
  onUnreadable: 'stop' | 'skip' = 'stop',
): Promise<JournalMember> {
  const member = await openJournalMember(world, stack.registry.url, place, options, onUnreadable);
  members.push(member);
  return member;
}

async function leave(member: JournalMember): Promise<void> {
  await member.close();
  members.splice(members.indexOf(member), 1);
}

/** The entry of an order, as partition `partition` of a source has it. */
function entryOf(place: JournalPlace, name: string, n: number, partition = 0) {
  const key = partitionKey(place.source, partition);
  const position = { topic: place.source, partition, offset: BigInt(n) };
  const { state } = anEntry({ n });
  if (state.kind !== 'live') throw new Error('a card that was sent is live');
  return anEntry({ n, order: order(name), partition: key, position, state: { ...state, through: position } });
}

describe('what was written', () => {
  it('is known to the next owner, the latest of each order, before it gets a record of the source', async () => {
    const place = await newJournalPlace(world, 2);
    await world.append(place.source, 0, 3);
    const first = await join(place);
    await until('restored', () => first.reports.length === 2);
    for (let n = 1; n <= 3; n++) await first.journal.append(entryOf(place, 'A', n), never);
    await first.journal.append(entryOf(place, 'B', 4, 1), never);
    await first.journal.append(entryOf(place, 'C', 5), never);
    await first.journal.forget(partitionKey(place.source, 0), order('C'), never);
    await first.member.consumer.commit(new Map([[partitionKey(place.source, 0), 2n]]));
    await leave(first);

    const next = await join(place);
    await until('a record', () => next.heard.some(({ kind }) => kind === 'received'));
    expect(next.known('A')).toMatchObject({ state: entryOf(place, 'A', 3).state, owed: null });
    expect(next.known('C')).toBeNull();
    await until('restored', () => next.reports.length === 2);
    expect(next.known('B')).toMatchObject({ state: entryOf(place, 'B', 4, 1).state, owed: null });
    expect(next.heard.filter(({ kind }) => kind === 'restored')).toContainEqual({
      kind: 'restored',
      key: partitionKey(place.source, 0),
      ends: { begin: 2n, end: 3n },
    });
    const kinds = next.heard.flatMap(({ kind, key }) => (key === partitionKey(place.source, 0) ? [kind] : []));
    expect(kinds.lastIndexOf('remembered')).toBeLessThan(kinds.indexOf('restored'));
    expect(kinds.indexOf('restored')).toBeLessThan(kinds.indexOf('received'));
  });

  it('moves with its partition, in a group that comes and goes, and stays unread where the partition stays', async () => {
    const place = await newJournalPlace(world, 2);
    await world.append(place.source, 0, 2);
    await world.append(place.source, 1, 2);
    const first = await join(place);
    await until('restored', () => first.reports.length === 2);
    await first.journal.append(entryOf(place, 'A', 1, 0), never);
    await first.journal.append(entryOf(place, 'B', 2, 1), never);
    const second = await join(place);
    await until('restored by the second', () => second.reports.length === 1);
    const [theirs] = second.member.assignedKeys;
    const name = theirs === partitionKey(place.source, 0) ? 'A' : 'B';
    expect(second.known(name)).toBeDefined();
    await until('a record', () => second.member.records(theirs ?? 'none/0').length > 0);
    expect(first.reports).toHaveLength(2);
    await second.journal.append(entryOf(place, name, 9, name === 'A' ? 0 : 1), never);
    await leave(second);
    await until('restored again', () => first.reports.length === 3);
    expect(first.known(name)?.state.through?.offset).toBe(9n);
    expect(first.faults).toEqual([]);
  });

  it('in 100,000 entries is all read again', async () => {
    const place = await newJournalPlace(world, 1);
    const encoder = new EntryEncoder();
    const headers = [provenanceHeader({ fingerprint: fingerprintOf(journalSchema()), groupId: place.group })];
    for (let n = 0; n < 100_000; n += 5_000) {
      await world.producer.writeAll(
        Array.from({ length: 5_000 }, (_, index) => ({
          topic: place.topic,
          partition: 0,
          key: Buffer.from(`O-${n + index}`),
          value: encoder.encode(entryOf(place, `O-${n + index}`, n + index + 1)),
          headers,
        })),
      );
    }
    const member = await join(place);
    const [report] = await until('restored', () => member.reports.length > 0 && member.reports);
    // Told, not judged: on a busy machine a time proves nothing.
    console.log(`restored ${report?.records} entries in ${report?.durationMs} ms`);
    expect(report).toMatchObject({ partition: 0, records: 100_000 });
    expect(member.faults).toEqual([]);
  });

  it('by something else stops the restore; where the settings say so, it is skipped', async () => {
    const place = await newJournalPlace(world, 1);
    await world.append(place.topic, 0, 2);
    const member = await join(place);
    await until('told', () => member.faults.length > 0);
    expect(member.faults.map(({ code }) => code)).toEqual(['JOURNAL_UNREADABLE']);
    expect([member.reports, member.heard]).toEqual([[], []]);
    await leave(member);
    const next = await join(place, {}, 'skip');
    await until('restored', () => next.reports.length === 1);
    expect(next.faults.map(({ code }) => code)).toEqual(['JOURNAL_UNREADABLE']);
  });

  it('by another connector stops the restore, and the fault names both groups', async () => {
    const place = await newJournalPlace(world, 1);
    const first = await join(place);
    await until('restored', () => first.reports.length === 1);
    await first.journal.append(entryOf(place, 'A', 1), never);
    await leave(first);
    const other = await join({ ...place, group: world.newGroup() });
    await until('told', () => other.faults.length > 0);
    expect(other.faults.map(({ code, detail }) => [code, detail.includes(place.group)])).toEqual([
      ['JOURNAL_MISMATCH', true],
    ]);
    expect(other.heard).toEqual([]);
  });

  it('by the owner before, and comes late over a network that was cut, is refused', async () => {
    const place = await newJournalPlace(world, 1);
    const before = openFencedProducer(openKafka(world.options), place.topic, `${place.group}.journal`);
    await before.refresh();
    const epoch = await until('an epoch', () => before.newEpoch().catch(() => false as const));
    const owner = await join(place);
    await until('restored', () => owner.reports.length === 1);
    await owner.journal.append(entryOf(place, 'A', 5), never);
    const late = {
      topic: place.topic,
      partition: 0,
      key: Buffer.from('A'),
      value: new EntryEncoder().encode(entryOf(place, 'A', 4)),
      headers: [],
    };
    const leader = before.leaderOf(0) ?? -1;
    expect(await before.write(leader, epoch, [{ partition: 0, firstSequence: 0, records: [late] }])).toEqual([
      { kind: 'fenced' },
    ]);
    await before.close();
    await leave(owner);
    const next = await join(place);
    await until('restored', () => next.reports.length === 1);
    expect(next.known('A')?.state.through?.offset).toBe(5n);
  });

  it('with a record that is larger than the topic takes is written without its value', async () => {
    const place = await newJournalPlace(world, 1);
    const member = await join(place);
    await until('restored', () => member.reports.length === 1);
    const owed = anOwed();
    const record = { ...owed.record, value: new Uint8Array(5_000_000) };
    await Promise.all([
      member.journal.append({ ...entryOf(place, 'BIG', 1), owed: { ...owed, record } }, never),
      member.journal.append(entryOf(place, 'small', 2), never),
    ]);
    expect(member.faults.map(({ code }) => code)).toEqual(['JOURNAL_ENTRY_TOO_LARGE']);
    await leave(member);
    const next = await join(place);
    await until('restored', () => next.reports.length === 1);
    expect(next.known('BIG')?.owed).toEqual({ ...owed, record: { ...record, value: null, valueOmitted: true } });
    expect(next.known('small')).toBeDefined();
  });
});

async function registered(topic: string): Promise<number> {
  const client = openRegistryClient({ url: stack.registry.url, tls: null, timeoutMs: 5_000 });
  const answer = await client.register(`${topic}-value`, journalSchema(), never);
  if (answer.kind !== 'registered') throw new Error(answer.problem);
  return answer.id;
}

describe('the schema', () => {
  it('has the same id each time, and one that is none is refused', async () => {
    const topic = world.newTopicName();
    expect(await registered(topic)).toBe(await registered(topic));
    const client = openRegistryClient({ url: stack.registry.url, tls: null, timeoutMs: 5_000 });
    expect(await client.register(`${topic}-value`, '{"type":"no such type"}', never)).toMatchObject({
      kind: 'refused',
    });
  });
});

describe('the topic', () => {
  it('is made compacted; one that does not fit is refused', async () => {
    const admin = openAdmin(
      openKafka(world.options, () => undefined),
      systemClock,
    );
    const plan = { topic: world.newTopicName(), formerTopic: null, partitions: 2, replicationFactor: -1 };
    await ensureJournal(admin, plan);
    await ensureJournal(admin, plan);
    expect(await admin.settingOf(plan.topic, 'cleanup.policy')).toBe('compact');
    await expect(ensureJournal(admin, { ...plan, partitions: 1 })).rejects.toMatchObject({ code: 'JOURNAL_MISMATCH' });
    const plain = await world.createTopic(2);
    await expect(ensureJournal(admin, { ...plan, topic: plain })).rejects.toMatchObject({ code: 'JOURNAL_MISMATCH' });
    await admin.close();
  });
});

describe('a source that gets more partitions', () => {
  it('has a journal that gets them too, and keeps what is pending', async () => {
    const place = await newJournalPlace(world, 1);
    const owed = anOwed();
    const before = await join(place);
    await until('restored', () => before.reports.length === 1);
    await before.journal.append({ ...entryOf(place, 'A', 1), owed }, never);
    await leave(before);
    await world.admin.createPartitions({ topicPartitions: [{ topic: place.source, count: 3 }] });
    const admin = openAdmin(openKafka(world.options), systemClock);
    await ensureJournal(admin, { topic: place.topic, formerTopic: null, partitions: 3, replicationFactor: -1 });
    await admin.close();
    const after = await join(place);
    await until('restored', () => after.reports.length === 3);
    expect(after.known('A')?.owed).toEqual(owed);
    await after.journal.append(entryOf(place, 'B', 0, 2), never);
  });
});

describe('a broker that goes away', () => {
  it('holds up the entries, told once; then they are written, in their order', async () => {
    const place = await newJournalPlace(world, 1);
    // Else the group waits for the seat that was left without a word.
    const member = await join(place, { sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 4_000 });
    await until('restored', () => member.reports.length === 1);
    await member.journal.append(entryOf(place, 'A', 1), never);
    await stack.down('kafka');
    const appending = [2, 3, 4].map(n => member.journal.append(entryOf(place, 'A', n), never));
    await until('told', () => member.faults.some(({ code }) => code === 'JOURNAL_UNWRITABLE'));
    await stack.up('kafka');
    await Promise.all(appending);
    expect(member.faults.filter(({ code }) => code === 'JOURNAL_UNWRITABLE')).toHaveLength(1);
    await leave(member);
    const next = await join(place);
    await until('restored', () => next.reports.length === 1);
    const through = next.heard.flatMap(one =>
      one.kind === 'remembered' ? [Number(one.remembered.known?.state.through?.offset)] : [],
    );
    // What was not acknowledged may have been written all the same, and is written once more as the same batch: the last words are in order.
    expect([...new Set(through.toReversed())].reverse()).toEqual([1, 2, 3, 4]);
  });
});
