import type { PartitionFacts, TopicFacts } from '../../../../connector/kafka/inspection/requests.ts';
import type { Found, Looked } from '../../../../connector/tools/check/finding.ts';

/** Findings as one line each: `state id: detail → remedy`. */
export function linesOf({ found }: Looked<unknown>): readonly string[] {
  return found.map(lineOf);
}

/** A finding as one line. */
export function lineOf({ state, id, detail, remedy }: Found): string {
  return `${state} ${id}: ${detail}${remedy === null ? '' : ` → ${remedy}`}`;
}

/** A topic of so many partitions, each with three replicas in sync, to which we have all rights. */
export function aTopic(
  partitions: number,
  over: Partial<TopicFacts> & { readonly each?: Partial<PartitionFacts> } = {},
) {
  const { each = {}, ...others } = over;
  const facts: TopicFacts = {
    errorCode: 0,
    partitions: Array.from({ length: partitions }, (_, partition) => ({
      ...{ partition, hasLeader: true, leader: 1, replicas: 3, inSync: 3 },
      ...each,
    })),
    rights: new Set(['read', 'write', 'create', 'describe', 'describeConfigs']),
    ...others,
  };
  return facts;
}

/** No such topic. */
export const noTopic: TopicFacts = {
  errorCode: 3,
  partitions: [],
  rights: new Set(['create', 'read', 'write', 'describe', 'describeConfigs']),
};
