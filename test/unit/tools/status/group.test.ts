import { describe, expect, it } from 'vitest';
import type { ClusterFacts, GroupFacts } from '../../../../connector/kafka/inspection/requests.ts';
import { Fault } from '../../../../connector/kernel/fault.ts';
import { systemClock } from '../../../../connector/system-clock.ts';
import { seeGroupStatus } from '../../../../connector/tools/status/group.ts';
import { leastYaml, settingsOf } from '../../settings/loading.ts';
import { aTopic, noTopic } from '../check/looks.ts';

const settings = settingsOf(leastYaml);
const source = 'shop.public.orders';
const cluster: ClusterFacts = {
  brokers: [],
  rights: null,
  topics: new Map([
    [source, aTopic(2)],
    ['card-sync.journal', noTopic],
  ]),
};
const group: GroupFacts = {
  ...{ state: 'Stable', assigner: 'a', rights: null },
  members: [{ memberId: 'm', clientId: 'card-sync', host: '10.0.0.1', partitions: [`${source}/1`] }],
};

function see(facts = cluster, committed = 12n) {
  const asked: (readonly string[])[] = [];
  const status = seeGroupStatus(settings, {
    clock: systemClock,
    inspector: { describe: async () => facts, describeGroup: async () => group },
    admin: {
      offsetsOf: async (_, topics) => {
        asked.push(topics);
        return new Map([
          [`${source}/1`, { low: 5n, end: 20n, committed }],
          [`${source}/0`, { low: 5n, end: 20n, committed: null }],
          ...(topics.length > 1 ? [['card-sync.journal/0', { low: 0n, end: 7n, committed: null }] as const] : []),
        ] as const);
      },
    },
  });
  return { status, asked };
}

describe('the group', () => {
  it('is seen with its partitions, whoever has them', async () => {
    const { status, asked } = see();
    expect(await status).toEqual({
      kind: 'seen',
      groupId: 'card-sync',
      state: 'Stable',
      members: [{ clientId: 'card-sync', host: '10.0.0.1', partitions: 1 }],
      partitions: [
        { topic: source, partition: 0, committed: null, end: 20, lag: 15, owner: null },
        { topic: source, partition: 1, committed: 12, end: 20, lag: 8, owner: 'card-sync at 10.0.0.1' },
      ],
      lag: 23,
      journalRecords: 0,
    });
    // The journal is not there yet: it is not asked for.
    expect(asked).toEqual([[source]]);
  });

  it('has a journal', async () => {
    const topics = new Map([...cluster.topics, ['card-sync.journal', aTopic(2)] as const]);
    expect(await see({ ...cluster, topics }).status).toMatchObject({ journalRecords: 7, lag: 23 });
  });

  it('has no lag of records that were removed unread', async () => {
    const { partitions } = { partitions: [], ...(await see(cluster, 2n).status) };
    expect(partitions).toMatchObject([{ lag: 15 }, { committed: 2, lag: 15 }]);
  });

  it('is not seen where Kafka does not answer, with the reason', async () => {
    const refuse = () => Promise.reject(new Fault('KAFKA_UNREACHABLE', { detail: 'connect ECONNREFUSED' }));
    const inspector = { describe: refuse, describeGroup: refuse };
    expect(await seeGroupStatus(settings, { clock: systemClock, inspector, admin: { offsetsOf: refuse } })).toEqual({
      kind: 'silent',
      groupId: 'card-sync',
      problem: 'KAFKA_UNREACHABLE: connect ECONNREFUSED',
      remedy: 'check kafka.brokers, the network, TLS and SASL',
    });
  });

  it('is not waited for without end', async () => {
    const clock = { ...systemClock, sleep: async () => undefined };
    const never = () => new Promise<never>(() => undefined);
    const inspector = { describe: never, describeGroup: never };
    const status = await seeGroupStatus(settings, { clock, inspector, admin: { offsetsOf: never } });
    expect(status).toMatchObject({ kind: 'silent', problem: 'KAFKA_UNREACHABLE: no answer within 10 s' });
  });
});
