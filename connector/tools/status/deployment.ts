import type { Offset, PartitionKey } from '../../kernel/position.ts';
import type { InstanceStatus, PartitionStatus } from '../../observe/status.ts';

/** A connector with all its instances, as far as it can be seen from here. */
export interface DeploymentStatus {
  readonly at: string;
  readonly group: GroupStatus;
  readonly instances: readonly SeenInstance[];
}

/** What Kafka says of the group. */
export type GroupStatus =
  | {
      readonly kind: 'seen';
      readonly groupId: string;
      /** Kafka's word: Stable, Empty, PreparingRebalance, … */
      readonly state: string;
      readonly members: readonly { readonly clientId: string; readonly host: string; readonly partitions: number }[];
      readonly partitions: readonly GroupPartition[];
      /** Records that lie in the source behind what is committed. */
      readonly lag: number;
      /** Records of the journal, at most. */
      readonly journalRecords: number;
    }
  | { readonly kind: 'silent'; readonly groupId: string; readonly problem: string; readonly remedy: string };

/** A partition of the source. */
export interface GroupPartition {
  readonly topic: string;
  readonly partition: number;
  /** Null: nothing was ever committed. */
  readonly committed: number | null;
  readonly end: number;
  readonly lag: number;
  /** The member that has it, `clientId at host`; null: nobody. */
  readonly owner: string | null;
}

/** An instance that was asked. */
export type SeenInstance =
  | { readonly kind: 'answered'; readonly url: string; readonly status: InstanceStatus }
  | { readonly kind: 'silent'; readonly url: string; readonly problem: string };

/** What an instance says of a partition, and which one that is. */
export function reportOf(
  instances: readonly SeenInstance[],
  { topic, partition }: Pick<GroupPartition, 'topic' | 'partition'>,
): { readonly url: string; readonly report: PartitionStatus } | null {
  for (const instance of instances) {
    if (instance.kind === 'silent') continue;
    const report = instance.status.partitions.find(one => one.topic === topic && one.partition === partition);
    if (report !== undefined) return { url: instance.url, report };
  }
  return null;
}

/** Whether everybody who was asked answered. */
export function allAnswered({ group, instances }: DeploymentStatus): boolean {
  return group.kind === 'seen' && instances.every(({ kind }) => kind === 'answered');
}

/** Offsets of a group's partitions, as `TopicAdmin.offsetsOf` gives them. */
export type Offsets = ReadonlyMap<
  PartitionKey,
  { readonly low: Offset; readonly end: Offset; readonly committed: Offset | null }
>;
