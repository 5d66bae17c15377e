import type { ClusterFacts, GroupFacts, TopicFacts } from '../../../kafka/inspection/requests.ts';
import type { Operation, Rights } from '../../../kafka/inspection/rights.ts';
import type { Settings } from '../../../settings/settings.ts';
import { type Found, failed, type Looked, warning, well } from '../finding.ts';

/** Kafka's UNKNOWN_TOPIC_OR_PARTITION and TOPIC_AUTHORIZATION_FAILED. */
export const topicErrors = { missing: 3, refused: 29 } as const;

/** The topics, and what is done with each of them. */
export interface TopicNames {
  readonly sources: readonly string[];
  readonly journal: string;
  readonly deadLetters: string;
}

/** The names in the settings. */
export function topicNames({
  kafka,
  journal,
  deadLetters,
}: Pick<Settings, 'kafka' | 'journal' | 'deadLetters'>): TopicNames {
  return { sources: kafka.topics, journal: journal.topic, deadLetters: deadLetters.topic };
}

/** Every topic of {@link TopicNames}. */
export function allTopics({ sources, journal, deadLetters }: TopicNames): readonly string[] {
  return [...sources, journal, deadLetters];
}

/** Whether our user may do with the topics what the connector does. The brokers are asked for our rights (KIP-430): nothing is tried. */
export function lookAtRights({ topics, rights: ofCluster }: ClusterFacts, names: TopicNames): Looked<true> {
  const { sources, journal, deadLetters } = names;
  const rows: readonly (readonly [title: string, topic: string, needed: readonly Operation[]])[] = [
    ...sources.map(topic => ['we may read the changes', topic, ['read', 'describe']] as const),
    ['we may use the journal', journal, ['read', 'write', 'describe', 'describeConfigs']],
    ['we may write dead letters', deadLetters, ['write', 'describe']],
  ];
  const found = rows.map(([title, topic, needed]) => {
    const facts = topics.get(topic);
    // It is made at the first start.
    const toMake = facts?.errorCode === topicErrors.missing && !sources.includes(topic);
    const mayMake = ofCluster?.has('create') === true;
    return rightsFinding(title, topic, facts, toMake && !mayMake ? [...needed, 'create'] : needed);
  });
  return { found, value: true };
}

function rightsFinding(
  title: string,
  topic: string,
  facts: TopicFacts | undefined,
  needed: readonly Operation[],
): Found {
  const id = 'kafka.rights';
  if (facts?.errorCode === topicErrors.refused) return refused(title, 'topic', topic, needed);
  return judged(id, title, 'topic', topic, facts?.rights ?? null, needed);
}

/** Whether our user may use the group; `null`: it may not even see it. */
export function lookAtGroupRights(group: GroupFacts | null, groupId: string): Looked<true> {
  const title = 'we may use the group';
  const found =
    group === null
      ? refused(title, 'group', groupId, ['read'])
      : judged('kafka.rights', title, 'group', groupId, group.rights, ['read']);
  return { found: [found], value: true };
}

function judged(
  id: string,
  title: string,
  kind: 'topic' | 'group',
  name: string,
  rights: Rights,
  needed: readonly Operation[],
): Found {
  if (rights === null) {
    const remedy = `see with kafka-acls that our user has ${operationList(needed)} on ${kind} ${name}`;
    return warning(id, title, `${name}: the broker does not tell our rights (it is older than Kafka 2.3)`, remedy);
  }
  const lacking = needed.filter(operation => !rights.has(operation));
  return lacking.length === 0 ? well(id, title, name) : refused(title, kind, name, lacking);
}

function refused(title: string, kind: 'topic' | 'group', name: string, lacking: readonly Operation[]): Found {
  const flags = lacking.map(operation => `--operation ${operation}`).join(' ');
  const remedy = `kafka-acls --add --allow-principal User:<ours> ${flags} --${kind} ${name}`;
  return failed('kafka.rights', title, `${name}: our user has no right to ${operationList(lacking)}`, remedy);
}

const operationList = (operations: readonly Operation[]) => operations.join(', ');
