import type { PartitionOffsets } from '../../kafka/admin.ts';
import type { ClusterInspector } from '../../kafka/inspection/inspector.ts';
import type { ClusterFacts } from '../../kafka/inspection/requests.ts';
import { Fault } from '../../kernel/fault.ts';
import type { PartitionKey } from '../../kernel/position.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Examination, Step } from './examination.ts';
import { lookAtAddresses, lookAtBootstrap, lookAtCluster } from './looks/brokers.ts';
import { lookAtCommitted, lookAtInstances, seeGroup } from './looks/group.ts';
import { allTopics, lookAtGroupRights, lookAtRights, topicNames } from './looks/rights.ts';
import { lookAtTopics, type SourceTopics, type TopicSettings } from './looks/topics.ts';
import type { CheckParts, KafkaParts } from './parts.ts';

/** What the looks at Kafka give to others. */
export interface KafkaSteps {
  readonly kafkaParts: Step<KafkaParts>;
  readonly topics: Step<SourceTopics>;
  readonly offsets: Step<ReadonlyMap<PartitionKey, PartitionOffsets>>;
  close(): Promise<void>;
}

const limitMs = 8_000;
const closeMs = 2_000;

/** Looks at brokers, rights, topics and the group. */
export function checkKafka(examination: Examination, settings: Partial<Settings>, parts: CheckParts): KafkaSteps {
  const { kafka, journal, deadLetters, platform } = settings;
  const names = kafka && journal && deadLetters ? topicNames({ kafka, journal, deadLetters }) : null;
  const opened = kafka === undefined ? null : parts.openKafka(kafka);
  const given = <T>(title: string, value: T | null | undefined): Step<T> => ({
    title,
    value: Promise.resolve(value ?? null),
  });
  const settingsStep = given('the part kafka of the settings', kafka);
  const namesStep = given('the parts kafka, journal and deadLetters of the settings', names);
  const kafkaParts = given('the part kafka of the settings', opened);

  const bootstrap = examination.look(
    { group: 'Kafka', id: 'kafka.connection', title: 'kafka.brokers can be reached', limitMs },
    [settingsStep],
    ({ brokers }) => lookAtBootstrap(brokers, parts.dial),
  );
  const cluster = examination.look(
    { group: 'Kafka', id: 'kafka.brokers', title: 'brokers answer', limitMs },
    [namesStep, kafkaParts, bootstrap],
    (all, { inspector }) => lookAtCluster(inspector, allTopics(all)),
  );
  examination.look(
    { group: 'Kafka', id: 'kafka.addresses', title: 'every broker is reachable', limitMs },
    [cluster],
    facts => lookAtAddresses(facts, parts.dial),
  );
  examination.look(
    { group: 'Kafka', id: 'kafka.rights', title: 'our rights to the topics', limitMs },
    [cluster, namesStep],
    lookAtRights,
  );
  const group = examination.look(
    { group: 'Kafka', id: 'kafka.group', title: 'the group has a coordinator', limitMs },
    [settingsStep, kafkaParts, cluster],
    async ({ groupId }, { inspector }) => ({ found: [], value: await seeGroup(inspector, groupId) }),
  );
  examination.look(
    { group: 'Kafka', id: 'kafka.rights', title: 'we may use the group', limitMs },
    [group, settingsStep],
    (seen, { groupId }) => lookAtGroupRights(seen === 'refused' ? null : seen, groupId),
  );
  const topics = examination.look(
    { group: 'Topics', id: 'topics', title: 'the topics', limitMs },
    [cluster, namesStep, kafkaParts],
    async (facts, all, { inspector }) => lookAtTopics(facts, all, await settingsOf(inspector, facts)),
  );
  const offsets = examination.look(
    { group: 'Instances', id: 'group.offsets', title: 'nothing was lost unread', limitMs },
    [settingsStep, kafkaParts, topics, cluster, namesStep],
    async ({ groupId }, { admin }, source, facts, all) => {
      const { journal: journalTopic } = all;
      const hasJournal = facts.topics.get(journalTopic)?.errorCode === 0;
      const found = await admin.offsetsOf(groupId, hasJournal ? [...source.topics, journalTopic] : source.topics);
      return { ...lookAtCommitted(found, source.topics), value: found };
    },
  );
  examination.look(
    { group: 'Instances', id: 'group.members', title: 'running instances', limitMs },
    [group, settingsStep, topics],
    (seen, one, { partitions }) => lookAtInstances(seen, { kafka: one, ...(platform && { platform }) }, partitions),
  );
  return { kafkaParts, topics, offsets, close: () => closed(opened, parts) };
}

/** Null for a topic whose settings we may not see: they matter less than that it is there. */
async function settingsOf(
  inspector: Pick<ClusterInspector, 'settingsOf'>,
  { topics }: ClusterFacts,
): Promise<TopicSettings> {
  const there = [...topics].filter(([, { errorCode }]) => errorCode === 0).map(([topic]) => topic);
  return new Map(
    await Promise.all(
      there.map(async topic => {
        const settings = await inspector.settingsOf(topic).catch(error => {
          if (error instanceof Fault && error.code === 'KAFKA_REFUSED') return null;
          throw error;
        });
        return [topic, settings] as const;
      }),
    ),
  );
}

/** Brokers that do not answer must not keep the command. */
async function closed(opened: KafkaParts | null, { clock }: CheckParts): Promise<void> {
  if (opened === null) return;
  const { inspector, admin, reader } = opened;
  const waiting = new AbortController();
  const closing = Promise.all([inspector.close(), admin.close(), reader.close()]).catch(() => undefined);
  await Promise.race([closing, clock.sleep(closeMs, waiting.signal)]);
  waiting.abort();
}
