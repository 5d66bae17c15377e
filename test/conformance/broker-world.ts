import { afterEach, beforeEach, expect } from 'vitest';
import type { OutgoingRecord } from '../../connector/kafka/producer.ts';
import type { RecordConsumer } from '../../connector/kafka/record-consumer.ts';
import { type Offset, type PartitionKey, partitionKey } from '../../connector/kernel/position.ts';
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
  openConsumer(group: string, ...topics: readonly string[]): RecordConsumer;
  /** The same, whose seat is given away two seconds after it falls silent. */
  openHastyConsumer(group: string, topic: string): RecordConsumer;
  /** What was logged as an error so far. */
  readonly errors: readonly string[];
}

/** A topic of two partitions and a group, new for each test, and the members that join it. */
export interface Company {
  topic: string;
  readonly group: string;
  key(partition: number): PartitionKey;
  /** A member that has joined; `prepare` sees it before. */
  join(prepare?: (member: Member) => void): Promise<Member>;
  leave(member: Member): Promise<void>;
}

/** To be called within `describe`: minds after each test that no member heard anything against the rules. */
export function newCompany(world: () => BrokerWorld): Company {
  const members: Member[] = [];
  let group = '';
  const company: Company = {
    topic: '',
    get group() {
      return group;
    },
    key: partition => partitionKey(company.topic, partition),
    join: async (prepare = () => undefined) => {
      const member = new Member(world().openConsumer(group, company.topic));
      prepare(member);
      members.push(member);
      await member.consumer.start(member);
      await member.until(() => member.joins > 0);
      return member;
    },
    leave: member => member.consumer.close(),
  };

  beforeEach(async () => {
    company.topic = await world().createTopic(2);
    group = world().newGroup();
  });

  afterEach(async () => {
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    const breaches = members.splice(0).flatMap(member => member.breaches);
    expect(breaches).toEqual([]);
  });
  return company;
}
