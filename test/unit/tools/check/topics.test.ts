import { describe, expect, it } from 'vitest';
import type { TopicFacts } from '../../../../connector/kafka/inspection/requests.ts';
import { lookAtTopics } from '../../../../connector/tools/check/looks/topics.ts';
import { aTopic, linesOf, noTopic } from './looks.ts';

const names = { sources: ['s'], journal: 'j', deadLetters: 'd' };
const good = {
  s: { 'retention.ms': '604800000', 'max.message.bytes': '1048588', 'min.insync.replicas': '2' },
  j: { 'cleanup.policy': 'compact', 'max.message.bytes': '4194304', 'min.insync.replicas': '2' },
  d: { 'retention.ms': '-1', 'max.message.bytes': '2097152', 'cleanup.policy': 'delete' },
};

function look(
  topics: Readonly<Record<string, TopicFacts>> = {},
  settings: Readonly<Record<string, Readonly<Record<string, string>> | null>> = {},
) {
  const facts = {
    brokers: [1, 2, 3].map(port => ({ host: 'kafka', port })),
    rights: null,
    topics: new Map(Object.entries({ s: aTopic(6), j: aTopic(6), d: aTopic(6), ...topics })),
  };
  const all = Object.entries({ ...good, ...settings }).map(
    ([topic, some]) => [topic, some === null ? null : new Map(Object.entries(some))] as const,
  );
  return lookAtTopics(facts, names, new Map(all));
}

const first = (...given: Parameters<typeof look>) => linesOf(look(...given)).filter(line => !line.startsWith('well'));

describe('the topics', () => {
  it('fit each other', () => {
    expect(linesOf(look())).toEqual([
      'well topics.source: s: 6 partitions, 3 replicas, kept for 7 days',
      'well topics.journal: j: 6 partitions, 3 replicas, compact',
      'well topics.dead-letters: d: 6 partitions, 3 replicas, kept for ever',
    ]);
    expect(look().value).toEqual({ partitions: 6, topics: ['s'] });
  });

  it('of ours are made at the first start; the source is not', () => {
    const looked = look({ s: noTopic, j: noTopic, d: noTopic });
    expect(linesOf(looked)).toEqual([
      expect.stringMatching(/^failed topics.source: s: there is no such topic → start the Debezium connector/),
      'well topics.journal: j: not there yet; it is made at the first start',
      'well topics.dead-letters: d: not there yet; it is made at the first start',
    ]);
    expect(looked.value).toBeNull();
    expect(linesOf(look({ j: noTopic }))[1]).toMatch(/made at the first start, with 6 partitions$/);
    expect(first({ s: aTopic(0, { errorCode: 29 }) })[0]).toMatch(/^failed topics.source: s: we may not see it/);
  });

  it('of the source: kept too shortly, without a leader, with replicas behind, with one only', () => {
    expect(first({}, { s: { 'retention.ms': '3600000' } })[0]).toMatch(
      /^warning topics.source: s: records are kept for 60 min only.* → kafka-configs .*retention\.ms=604800000$/,
    );
    expect(first({ s: aTopic(6, { each: { hasLeader: false } }) })[0]).toMatch(
      /^failed .*no broker leads partition 0, 1/,
    );
    expect(first({ s: aTopic(6, { each: { inSync: 2 } }) })[0]).toMatch(/^warning .*6 partitions have replicas behind/);
    expect(first({ s: aTopic(6, { each: { replicas: 1, inSync: 1 } }) })[0]).toMatch(
      /^warning .*one replica: it is lost with its broker.* → three replicas/,
    );
  });

  it('of the journal: fewer partitions are added, more of them or another policy stop the connector', () => {
    expect(first({ j: aTopic(3) })[0]).toMatch(
      /^warning topics.journal: j: it has 3 partitions, the changes have 6: they are added .* → kafka-topics --alter --topic j --partitions 6$/,
    );
    expect(first({ j: aTopic(9) })[0]).toMatch(/^failed topics.journal: j: it has 9 partitions, the changes have 6/);
    expect(first({}, { j: { ...good.j, 'cleanup.policy': 'delete' } })[0]).toMatch(
      /^failed topics.journal: j: cleanup\.policy is delete.* → kafka-configs --alter --topic j --add-config cleanup\.policy=compact$/,
    );
  });

  it('that must keep a record and more: too small', () => {
    const small = { 'max.message.bytes': '1048588' };
    expect(first({}, { j: { ...good.j, ...small } })[0]).toMatch(
      /^warning topics.journal: .*1,048,588, no more than that/,
    );
    expect(first({}, { d: { ...good.d, ...small } })[0]).toMatch(/^warning topics.dead-letters/);
  });

  it('of dead letters: fewer partitions, letters that go away', () => {
    expect(first({ d: aTopic(3) })[0]).toMatch(
      /^warning .*3 partitions.* → kafka-topics --alter --topic d --partitions 6$/,
    );
    expect(first({}, { d: { ...good.d, 'retention.ms': '604800000' } })[0]).toMatch(/^warning .*after 7 days/);
    expect(first({}, { d: { ...good.d, 'cleanup.policy': 'compact' } })[0]).toMatch(/^warning .*only the last letter/);
  });

  it('with too few replicas in sync for safety, or too many for an outage', () => {
    expect(first({}, { s: { ...good.s, 'min.insync.replicas': '1' } })[0]).toMatch(
      /^warning .*min\.insync\.replicas is 1/,
    );
    expect(first({}, { s: { ...good.s, 'min.insync.replicas': '3' } })[0]).toMatch(
      /^warning .*one broker less.* → .*min\.insync\.replicas=2$/,
    );
  });

  it('whose settings are hidden are judged by the rest', () => {
    expect(first({}, { s: null, j: null, d: null })).toEqual([]);
  });
});
