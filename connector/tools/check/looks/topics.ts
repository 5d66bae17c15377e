import { growCommand } from '../../../journal/topic.ts';
import type { ClusterFacts, TopicFacts } from '../../../kafka/inspection/requests.ts';
import { span, thousands } from '../../words.ts';
import { type Found, failed, type Looked, worstOf } from '../finding.ts';
import { type TopicNames, topicErrors } from './rights.ts';

/** The settings of topics, by topic; null where we may not see them. */
export type TopicSettings = ReadonlyMap<string, ReadonlyMap<string, string> | null>;

type Reason = Parameters<typeof worstOf>[3][number];

const dayMs = 86_400_000;

/** The topics that are there, as {@link lookAtTopics} gives them. */
export interface SourceTopics {
  /** The largest partition count of the source's topics. */
  readonly partitions: number;
  /** Those that are there. */
  readonly topics: readonly string[];
}

/** The topics: whether they are there, and fit each other. Gives the source's where one is there. */
export function lookAtTopics(facts: ClusterFacts, names: TopicNames, settings: TopicSettings): Looked<SourceTopics> {
  const of = (topic: string) => ({ topic, facts: facts.topics.get(topic), settings: settings.get(topic) ?? null });
  const there = names.sources.filter(topic => facts.topics.get(topic)?.errorCode === 0);
  const partitions = Math.max(0, ...there.map(topic => facts.topics.get(topic)?.partitions.length ?? 0));
  const largest = Math.max(0, ...there.map(topic => numberOf(settings.get(topic) ?? null, 'max.message.bytes') ?? 0));
  const brokers = facts.brokers.length;
  const found = [
    ...names.sources.map(topic => sourceFinding(of(topic), brokers)),
    journalFinding(of(names.journal), partitions, largest, brokers),
    lettersFinding(of(names.deadLetters), partitions, largest, brokers),
  ];
  return { found, value: there.length === 0 ? null : { partitions, topics: there } };
}

interface Topic {
  readonly topic: string;
  readonly facts: TopicFacts | undefined;
  readonly settings: ReadonlyMap<string, string> | null;
}

function sourceFinding({ topic, facts, settings }: Topic, brokers: number): Found {
  const [id, title] = ['topics.source', 'changes'] as const;
  if (facts === undefined || facts.errorCode !== 0) return absent(id, title, topic, facts);
  const retention = numberOf(settings, 'retention.ms');
  const reasons = [...replicaReasons(topic, facts, settings, brokers)];
  if (retention !== null && retention >= 0 && retention < dayMs) {
    const detail = `records are kept for ${span(retention)} only: an outage that is longer loses changes`;
    reasons.push({ state: 'warning', detail, remedy: alter(topic, `retention.ms=${7 * dayMs}`) });
  }
  const kept = retention === null ? '' : retention < 0 ? ', kept for ever' : `, kept for ${span(retention)}`;
  return told(id, title, topic, facts, kept, reasons);
}

function journalFinding({ topic, facts, settings }: Topic, wanted: number, largest: number, brokers: number): Found {
  const [id, title] = ['topics.journal', 'journal'] as const;
  if (facts === undefined || facts.errorCode !== 0) return toBeMade(id, title, topic, facts, wanted);
  const reasons = [...replicaReasons(topic, facts, settings, brokers)];
  if (facts.partitions.length < wanted) {
    const detail = `it has ${partitionText(facts)}, the changes have ${wanted}: they are added at the next start, if the Kafka user may alter the topic`;
    reasons.push({ state: 'warning', detail, remedy: growCommand(topic, wanted) });
  }
  if (wanted > 0 && facts.partitions.length > wanted) {
    const detail = `it has ${partitionText(facts)}, the changes have ${wanted}: the connector does not start`;
    const remedy = 'was the source recreated with fewer partitions? Then set a new journal.topic';
    reasons.push({ state: 'failed', detail, remedy });
  }
  const policy = settings?.get('cleanup.policy') ?? null;
  if (policy !== null && policy !== 'compact') {
    const detail = `cleanup.policy is ${policy}, which would forget what is owed: the connector does not start`;
    reasons.push({ state: 'failed', detail, remedy: alter(topic, 'cleanup.policy=compact') });
  }
  reasons.push(...sizeReasons(topic, settings, largest));
  return told(id, title, topic, facts, policy === null ? '' : `, ${policy}`, reasons);
}

function lettersFinding({ topic, facts, settings }: Topic, wanted: number, largest: number, brokers: number): Found {
  const [id, title] = ['topics.dead-letters', 'dead letters'] as const;
  if (facts === undefined || facts.errorCode !== 0) return toBeMade(id, title, topic, facts, wanted);
  const reasons = [...replicaReasons(topic, facts, settings, brokers)];
  if (facts.partitions.length < wanted) {
    const detail = `it has ${partitionText(facts)}, the changes have ${wanted}`;
    const remedy = `kafka-topics --alter --topic ${topic} --partitions ${wanted}`;
    reasons.push({ state: 'warning', detail, remedy });
  }
  const retention = numberOf(settings, 'retention.ms');
  const policy = settings?.get('cleanup.policy') ?? 'delete';
  if (policy.includes('compact')) {
    const detail = `cleanup.policy is ${policy}: only the last letter of an order stays`;
    reasons.push({ state: 'warning', detail, remedy: alter(topic, 'cleanup.policy=delete') });
  }
  if (retention !== null && retention >= 0) {
    const detail = `letters go away after ${span(retention)}, dealt with or not`;
    reasons.push({ state: 'warning', detail, remedy: alter(topic, 'retention.ms=-1') });
  }
  reasons.push(...sizeReasons(topic, settings, largest));
  return told(id, title, topic, facts, retention === -1 ? ', kept for ever' : '', reasons);
}

function told(
  id: string,
  title: string,
  topic: string,
  facts: TopicFacts,
  more: string,
  reasons: readonly Reason[],
): Found {
  const copies = Math.min(...facts.partitions.map(({ replicas }) => replicas));
  const finding = worstOf(
    id,
    title,
    `${partitionText(facts)}, ${copies} replica${copies === 1 ? '' : 's'}${more}`,
    reasons,
  );
  return { ...finding, detail: `${topic}: ${finding.detail}` };
}

function absent(id: string, title: string, topic: string, facts: TopicFacts | undefined): Found {
  if (facts === undefined || facts.errorCode === topicErrors.missing) {
    const remedy =
      'start the Debezium connector first (it makes the topic with its first record), or correct kafka.topics';
    return failed(id, title, `${topic}: there is no such topic`, remedy);
  }
  if (facts.errorCode === topicErrors.refused) {
    return failed(id, title, `${topic}: we may not see it`, 'give our user the right to read and describe it');
  }
  return failed(id, title, `${topic}: Kafka's error ${facts.errorCode}`, 'look at the brokers');
}

function toBeMade(id: string, title: string, topic: string, facts: TopicFacts | undefined, partitions: number): Found {
  if (facts !== undefined && facts.errorCode !== topicErrors.missing) return absent(id, title, topic, facts);
  const many = partitions === 0 ? '' : `, with ${partitions} partitions`;
  return worstOf(id, title, `${topic}: not there yet; it is made at the first start${many}`, []);
}

function* replicaReasons(
  topic: string,
  { partitions }: TopicFacts,
  settings: ReadonlyMap<string, string> | null,
  brokers: number,
): Generator<Reason> {
  const headless = partitions.filter(({ hasLeader }) => !hasLeader).map(({ partition }) => partition);
  if (headless.length > 0) {
    const detail = `no broker leads partition ${headless.join(', ')}`;
    yield { state: 'failed', detail, remedy: 'bring back the brokers that have it' };
  }
  const copies = Math.min(...partitions.map(({ replicas }) => replicas));
  if (copies < 2) {
    const detail = 'one replica: it is lost with its broker';
    const remedy =
      brokers < 2
        ? 'well enough for a trial; run three brokers where it counts'
        : `three replicas: kafka-reassign-partitions for ${topic}`;
    yield { state: 'warning', detail, remedy };
  }
  const behind = partitions.filter(({ inSync, replicas }) => inSync < replicas).length;
  if (behind > 0) {
    yield { state: 'warning', detail: `${behind} partitions have replicas behind`, remedy: 'look at the brokers' };
  }
  const least = numberOf(settings, 'min.insync.replicas');
  if (copies >= 3 && least === 1) {
    const detail = 'min.insync.replicas is 1: what one broker alone has counts as written';
    yield { state: 'warning', detail, remedy: alter(topic, 'min.insync.replicas=2') };
  }
  if (least !== null && least > 1 && least >= copies) {
    const detail = `min.insync.replicas is ${least} of ${copies}: one broker less, and nothing can be written`;
    yield { state: 'warning', detail, remedy: alter(topic, `min.insync.replicas=${copies - 1}`) };
  }
}

/** What is kept beside a record must fit in too. */
function* sizeReasons(topic: string, settings: ReadonlyMap<string, string> | null, largest: number): Generator<Reason> {
  const bytes = numberOf(settings, 'max.message.bytes');
  if (bytes === null || bytes > largest) return;
  const detail = `max.message.bytes is ${thousands(bytes)}, no more than that of the changes`;
  yield { state: 'warning', detail, remedy: alter(topic, `max.message.bytes=${2 * largest}`) };
}

function partitionText({ partitions }: TopicFacts): string {
  return partitions.length === 1 ? '1 partition' : `${partitions.length} partitions`;
}

function numberOf(settings: ReadonlyMap<string, string> | null, name: string): number | null {
  const text = settings?.get(name);
  return text === undefined ? null : Number(text);
}

function alter(topic: string, setting: string): string {
  return `kafka-configs --alter --topic ${topic} --add-config ${setting}`;
}
