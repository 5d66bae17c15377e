import type { TopicAdmin } from '../../kafka/admin.ts';
import type { ClusterInspector } from '../../kafka/inspection/inspector.ts';
import type { GroupFacts } from '../../kafka/inspection/requests.ts';
import { Fault, messageOf } from '../../kernel/fault.ts';
import { scrub } from '../../kernel/mask.ts';
import { type PartitionKey, splitPartitionKey } from '../../kernel/position.ts';
import type { Clock, DurationMs } from '../../kernel/time.ts';
import type { Settings } from '../../settings/settings.ts';
import type { GroupPartition, GroupStatus, Offsets } from './deployment.ts';

/** What the group is seen with. */
export interface GroupParts {
  readonly inspector: Pick<ClusterInspector, 'describe' | 'describeGroup'>;
  readonly admin: Pick<TopicAdmin, 'offsetsOf'>;
  readonly clock: Clock;
}

const limitMs: DurationMs = 10_000;

/** The group and its partitions, from Kafka alone: whether or not an instance runs. Never rejects. */
export async function seeGroupStatus(
  { kafka, journal }: Pick<Settings, 'kafka' | 'journal'>,
  parts: GroupParts,
): Promise<GroupStatus> {
  const { groupId } = kafka;
  const waiting = new AbortController();
  const late = parts.clock.sleep(limitMs, waiting.signal).then(() => {
    throw new Fault('KAFKA_UNREACHABLE', { detail: `no answer within ${limitMs / 1000} s` });
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([late, lookAt(kafka, journal, parts)]);
  } catch (error) {
    const fault = error instanceof Fault ? error : new Fault('KAFKA_UNREACHABLE', { detail: messageOf(error) });
    return { kind: 'silent', groupId, problem: scrub(`${fault.code}: ${fault.detail}`), remedy: fault.remedy };
  } finally {
    waiting.abort();
  }
}

async function lookAt(
  { groupId, topics }: Settings['kafka'],
  journal: Settings['journal'],
  { inspector, admin }: GroupParts,
): Promise<GroupStatus> {
  const wanted = [...topics, journal.topic];
  const facts = await inspector.describe(wanted);
  // A topic that is not there yet has nothing to tell.
  const there = wanted.filter(topic => facts.topics.get(topic)?.errorCode === 0);
  const group = await inspector.describeGroup(groupId);
  const offsets: Offsets = there.length === 0 ? new Map() : await admin.offsetsOf(groupId, there);
  const ofTopic = (topic: string) => [...offsets].filter(([key]) => splitPartitionKey(key).topic === topic);
  const owners = ownersIn(group);
  const partitions = topics.flatMap(topic =>
    ofTopic(topic)
      .map(entry => partitionOf(entry, owners))
      .sort((a, b) => a.partition - b.partition),
  );
  const inJournal = ofTopic(journal.topic).map(([, { low, end }]) => Number(end - low));
  return {
    kind: 'seen',
    groupId,
    state: group.state,
    members: group.members.map(member => ({
      clientId: member.clientId,
      host: member.host,
      partitions: member.partitions.filter(key => topics.includes(splitPartitionKey(key).topic)).length,
    })),
    partitions,
    lag: partitions.reduce((sum, { lag }) => sum + lag, 0),
    journalRecords: inJournal.reduce((sum, count) => sum + count, 0),
  };
}

function ownersIn({ members }: GroupFacts): ReadonlyMap<PartitionKey, string> {
  return new Map(
    members.flatMap(({ clientId, host, partitions }) =>
      partitions.map(key => [key, `${clientId} at ${host}`] as const),
    ),
  );
}

function partitionOf(
  [key, { low, end, committed }]: readonly [PartitionKey, { low: bigint; end: bigint; committed: bigint | null }],
  owners: ReadonlyMap<PartitionKey, string>,
): GroupPartition {
  // What was removed unread is not to be read any more.
  const next = committed === null || committed < low ? low : committed;
  return {
    ...splitPartitionKey(key),
    committed: committed === null ? null : Number(committed),
    end: Number(end),
    lag: Math.max(0, Number(end - next)),
    owner: owners.get(key) ?? null,
  };
}
