import { lossIn } from '../../../journal/loss.ts';
import type { PartitionOffsets } from '../../../kafka/admin.ts';
import { protocolName } from '../../../kafka/assigner.ts';
import type { ClusterInspector } from '../../../kafka/inspection/inspector.ts';
import type { GroupFacts } from '../../../kafka/inspection/requests.ts';
import { Fault, faultTable } from '../../../kernel/fault.ts';
import { type PartitionKey, splitPartitionKey } from '../../../kernel/position.ts';
import type { Settings } from '../../../settings/settings.ts';
import { thousands } from '../../words.ts';
import { failed, type Looked, skipped, well, worstOf } from '../finding.ts';

/** The group as it is; `refused`: we may not even see it. */
export type SeenGroup = GroupFacts | 'refused';

/** The group, or that we may not see it. Rejects where no coordinator answers. */
export async function seeGroup(
  inspector: Pick<ClusterInspector, 'describeGroup'>,
  groupId: string,
): Promise<SeenGroup> {
  try {
    return await inspector.describeGroup(groupId);
  } catch (error) {
    if (error instanceof Fault && error.code === 'KAFKA_REFUSED') return 'refused';
    throw error;
  }
}

/** Which instances run. */
export function lookAtInstances(
  group: SeenGroup,
  { kafka: { groupId }, platform }: { readonly kafka: Settings['kafka']; readonly platform?: Settings['platform'] },
  partitions: number,
): Looked<true> {
  const [id, title] = ['group.members', 'running instances'] as const;
  if (group === 'refused') return { found: [skipped(id, title, `we may not see group ${groupId}`)], value: null };
  const { members, state, assigner } = group;
  const hosts = [...new Set(members.map(({ clientId, host }) => `${clientId} at ${host}`))].join(', ');
  const count = members.length === 1 ? '1 member' : `${members.length} members`;
  const detail = members.length === 0 ? `${groupId}: none runs` : `${groupId}: ${count} (${hosts}), ${state}`;
  const reasons: Parameters<typeof worstOf>[3][number][] = [];
  // While members join there is no assigner yet.
  if (members.length > 0 && assigner !== '' && assigner !== protocolName) {
    reasons.push({
      state: 'failed',
      detail: `${detail}: group ${groupId} is used by another kind of client (its assigner is ${assigner})`,
      remedy: 'give this connector a kafka.groupId of its own',
    });
  }
  if (members.length > partitions && partitions > 0) {
    const more = `${detail}: more than the ${partitions} partitions, so some have nothing to do`;
    reasons.push({
      state: 'warning',
      detail: more,
      remedy: 'run fewer, or give the topic more partitions before it has orders',
    });
  }
  const told = platform?.instances ?? 1;
  if (platform?.requestsPerSecond !== undefined && members.length > 0 && members.length !== told) {
    const more = `${detail}: platform.instances says ${told}, by which requestsPerSecond is shared`;
    reasons.push({ state: 'warning', detail: more, remedy: `platform.instances: ${members.length}` });
  }
  return { found: [worstOf(id, title, detail, reasons)], value: true };
}

/** Whether what the group has read to is still there: records that were removed unread, a topic that was made anew. */
export function lookAtCommitted(
  offsets: ReadonlyMap<PartitionKey, PartitionOffsets>,
  sources: readonly string[],
): Looked<true> {
  const [id, title] = ['group.offsets', 'nothing was lost unread'] as const;
  const ours = [...offsets].filter(([key]) => sources.includes(splitPartitionKey(key).topic));
  const losses = ours.flatMap(([key, one]) => lossIn(key, one) ?? []);
  if (losses.length > 0) {
    const found = losses.map(({ code, detail, remedy }) =>
      failed(id, title, `${faultTable[code].meaning}: ${detail}`, remedy),
    );
    return { found, value: true };
  }
  if (ours.every(([, { committed }]) => committed === null)) {
    return { found: [well(id, title, 'the group has read nothing yet')], value: true };
  }
  const behind = ours.reduce((sum, [, { end, low, committed }]) => sum + (end - (committed ?? low)), 0n);
  const detail = `${thousands(behind)} record${behind === 1n ? '' : 's'} to read`;
  return { found: [behind > 0n ? well(id, title, detail) : well(id, title, 'all is read')], value: true };
}
