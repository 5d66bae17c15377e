import type { Kafka } from 'kafkajs';
import { Fault } from '../../kernel/fault.ts';
import type { Clock, DurationMs } from '../../kernel/time.ts';
import { brokerFault } from '../broker-fault.ts';
import { openRawCluster, type RawRequest } from './raw-request.ts';
import { type ClusterFacts, coordinatorRequest, type GroupFacts, groupRequest, metadataRequest } from './requests.ts';

/** Looks at a cluster and changes nothing: makes no topic, joins no group. All reject with a {@link Fault}. */
export interface ClusterInspector {
  /** The brokers, and these topics as they are; a topic that there is not has its error code. */
  describe(topics: readonly string[]): Promise<ClusterFacts>;
  describeGroup(groupId: string): Promise<GroupFacts>;
  /** All settings of a topic, with the defaults that hold for it. */
  settingsOf(topic: string): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}

/** Kafka's number of a topic among the kinds that have settings; Node does not find kafkajs' name of it. */
const topicResource = 2;
/** Kafka's GROUP_AUTHORIZATION_FAILED. */
const groupRefused = 30;
/** The coordinator loads, is not there yet (a new cluster makes its topic of groups first), or is another one. */
const passing: ReadonlySet<number> = new Set([14, 15, 16]);
const looksMax = 20;
const lookAgainMs: DurationMs = 200;

/** Opens an inspector; it connects with its first call. */
export function openInspector(kafka: Kafka, clock: Clock): ClusterInspector {
  const cluster = openRawCluster(kafka);
  const admin = kafka.admin({ retry: { retries: 2 } });
  const ask = <T>(request: RawRequest<T>) => cluster.ask(request).catch(throwFault);
  return {
    describe: topics => ask(metadataRequest(topics)),
    async describeGroup(groupId) {
      for (let looks = 1; ; looks++) {
        const coordinator = await ask(coordinatorRequest(groupId));
        const { errorCode, nodeId } = coordinator;
        const found = errorCode === 0 ? await cluster.askBroker(nodeId, groupRequest(groupId)).catch(throwFault) : null;
        if (found?.errorCode === 0) return found;
        const code = found?.errorCode ?? errorCode;
        if (!passing.has(code) || looks === looksMax) throw groupFault(groupId, code);
        await clock.sleep(lookAgainMs);
      }
    },
    async settingsOf(topic) {
      try {
        await admin.connect();
        const { resources } = await admin.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: topicResource, name: topic }],
        });
        const entries = resources.flatMap(({ configEntries }) => configEntries);
        return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
      } catch (error) {
        throw brokerFault(error);
      }
    },
    close: async () => {
      await Promise.all([cluster.close(), admin.disconnect()]);
    },
  };
}

function groupFault(groupId: string, errorCode: number): Fault {
  if (errorCode === groupRefused) return new Fault('KAFKA_REFUSED', { detail: `we may not see group ${groupId}` });
  const detail = `the coordinator of group ${groupId} gives no answer (Kafka's error ${errorCode})`;
  return new Fault('KAFKA_UNREACHABLE', { detail });
}

function throwFault(error: unknown): never {
  throw brokerFault(error);
}
