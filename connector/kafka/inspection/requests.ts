import { AssignerProtocol } from 'kafkajs';
import type { PartitionKey } from '../../kernel/position.ts';
import { keysOf } from '../partition-lists.ts';
import type { RawRequest } from './raw-request.ts';
import { type Rights, rightsOf } from './rights.ts';
import type { WireReader } from './wire.ts';

/** A topic as the brokers tell of it. */
export interface TopicFacts {
  /** Kafka's number of the error, or 0: 3 there is no such topic, 29 we may not see it. */
  readonly errorCode: number;
  readonly partitions: readonly PartitionFacts[];
  readonly rights: Rights;
}

/** A partition's replicas: how many there are, and how many are in sync. */
export interface PartitionFacts {
  readonly partition: number;
  readonly hasLeader: boolean;
  /** The number of the broker that leads it; -1 where it has no leader. */
  readonly leader: number;
  readonly replicas: number;
  readonly inSync: number;
}

/** The cluster as it tells of itself. */
export interface ClusterFacts {
  /** By the addresses that the brokers advertise: those are connected to. */
  readonly brokers: readonly { readonly host: string; readonly port: number }[];
  readonly rights: Rights;
  readonly topics: ReadonlyMap<string, TopicFacts>;
}

/** A consumer group. */
export interface GroupFacts {
  /** Kafka's word: Stable, PreparingRebalance, CompletingRebalance, Empty, or Dead where there is none. */
  readonly state: string;
  /** Which assigner its members agreed on. */
  readonly assigner: string;
  readonly members: readonly GroupMember[];
  readonly rights: Rights;
}

/** A member of a consumer group. */
export interface GroupMember {
  readonly memberId: string;
  readonly clientId: string;
  /** Its address as the broker sees it. */
  readonly host: string;
  readonly partitions: readonly PartitionKey[];
}

/** Metadata: brokers, topics, and our rights to them. Makes no topic. */
export function metadataRequest(topics: readonly string[]): RawRequest<ClusterFacts> {
  return {
    name: 'Metadata',
    apiKey: 3,
    versions: { least: 5, most: 8 },
    body: version => [topics, false, ...(version >= 8 ? [true, true] : [])],
    read: (answer, version) => {
      answer.int32();
      const brokers = answer.list(() => readBroker(answer));
      answer.text();
      answer.int32();
      const found = answer.list(() => readTopic(answer, version));
      return { brokers, topics: new Map(found), rights: version >= 8 ? rightsOf(answer.int32()) : null };
    },
  };
}

function readBroker(answer: WireReader) {
  answer.int32();
  const broker = { host: answer.text(), port: answer.int32() };
  answer.text();
  return broker;
}

function readTopic(answer: WireReader, version: number): readonly [string, TopicFacts] {
  const errorCode = answer.int16();
  const name = answer.text();
  answer.boolean();
  const partitions = answer.list(() => readPartition(answer, version));
  return [name, { errorCode, partitions, rights: version >= 8 ? rightsOf(answer.int32()) : null }];
}

function readPartition(answer: WireReader, version: number): PartitionFacts {
  answer.int16();
  const partition = answer.int32();
  const leader = answer.int32();
  if (version >= 7) answer.int32();
  const nodes = () => answer.list(() => answer.int32()).length;
  const [replicas, inSync] = [nodes(), nodes()];
  nodes();
  return { partition, hasLeader: leader >= 0, leader, replicas, inSync };
}

/** FindCoordinator: the broker that minds a group, or a transactional id. kafkajs' own tells a refusal as "not found". */
export function coordinatorRequest(
  id: string,
  kind: 'group' | 'transactional id' = 'group',
): RawRequest<{ readonly errorCode: number; readonly nodeId: number }> {
  return {
    name: 'FindCoordinator',
    apiKey: 10,
    versions: { least: 1, most: 2 },
    // The kind of the key is a byte: 0 a group, 1 a transactional id.
    body: () => [id, kind === 'transactional id'],
    read: answer => {
      answer.int32();
      const errorCode = answer.int16();
      answer.text();
      return { errorCode, nodeId: answer.int32() };
    },
  };
}

/** InitProducerId: the next epoch of a transactional id, which is its former one plus 1. It begins no transaction. */
export function producerEpochRequest(
  transactionalId: string,
): RawRequest<{ readonly errorCode: number; readonly producerId: bigint; readonly epoch: number }> {
  return {
    name: 'InitProducerId',
    apiKey: 22,
    versions: { least: 0, most: 1 },
    // The time-out of a transaction, of which there is none; brokers refuse one above their transaction.max.timeout.ms.
    body: () => [transactionalId, 60_000],
    read: answer => {
      answer.int32();
      return { errorCode: answer.int16(), producerId: answer.int64(), epoch: answer.int16() };
    },
  };
}

/** DescribeGroups: a group, its members, and our rights to it. */
export function groupRequest(groupId: string): RawRequest<GroupFacts & { readonly errorCode: number }> {
  return {
    name: 'DescribeGroups',
    apiKey: 15,
    versions: { least: 1, most: 3 },
    body: version => [[groupId], ...(version >= 3 ? [true] : [])],
    read: (answer, version) => {
      answer.int32();
      const [group] = answer.list(() => readGroup(answer, version));
      if (group === undefined) throw new RangeError('the answer tells of no group');
      return group;
    },
  };
}

function readGroup(answer: WireReader, version: number) {
  const errorCode = answer.int16();
  answer.text();
  const state = answer.text();
  answer.text();
  const assigner = answer.text();
  const members = answer.list(() => readMember(answer));
  return { errorCode, state, assigner, members, rights: version >= 3 ? rightsOf(answer.int32()) : null };
}

function readMember(answer: WireReader): GroupMember {
  const [memberId, clientId, host] = [answer.text(), answer.text(), answer.text()];
  answer.bytes();
  return { memberId, clientId, host: host.replace(/^\//, ''), partitions: partitionsOf(answer.bytes()) };
}

/** An assignment in the consumers' own format; other protocols' are not read. */
function partitionsOf(assignment: Buffer): readonly PartitionKey[] {
  if (assignment.length === 0) return [];
  return keysOf(AssignerProtocol.MemberAssignment.decode(assignment)?.assignment ?? {});
}
