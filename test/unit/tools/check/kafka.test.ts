import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ClusterFacts, GroupFacts, TopicFacts } from '../../../../connector/kafka/inspection/requests.ts';
import type { Rights } from '../../../../connector/kafka/inspection/rights.ts';
import { Fault } from '../../../../connector/kernel/fault.ts';
import {
  dial,
  lookAtAddresses,
  lookAtBootstrap,
  lookAtCluster,
} from '../../../../connector/tools/check/looks/brokers.ts';
import { lookAtCommitted, lookAtInstances, seeGroup } from '../../../../connector/tools/check/looks/group.ts';
import { lookAtGroupRights, lookAtRights } from '../../../../connector/tools/check/looks/rights.ts';
import { leastYaml, settingsOf } from '../../settings/loading.ts';
import { aTopic, linesOf, noTopic } from './looks.ts';

const names = { sources: ['s'], journal: 'j', deadLetters: 'd' };

function cluster(topics: Readonly<Record<string, TopicFacts>>, over: Partial<ClusterFacts> = {}): ClusterFacts {
  const brokers = [1, 2, 3].map(number => ({ host: `kafka-${number}`, port: 9092 }));
  return { brokers, rights: new Set(), topics: new Map(Object.entries(topics)), ...over };
}

const dialing = (unreachable: readonly string[]) => async (host: string) =>
  unreachable.includes(host) ? 'connection refused' : null;

describe('brokers', () => {
  it('are all there, some, or none', async () => {
    const look = (unreachable: readonly string[]) => lookAtBootstrap(['a:9092', '[::1]:9093'], dialing(unreachable));
    expect(linesOf(await look([]))).toEqual(['well kafka.connection: a:9092, [::1]:9093']);
    expect(linesOf(await look(['::1']))[0]).toMatch(/^warning kafka.connection: \[::1\]:9093: connection refused → /);
    expect(await look(['a'])).toMatchObject({ value: true });
    expect(await look(['a', '::1'])).toMatchObject({ value: null, found: [{ state: 'failed' }] });
  });

  it('must be reachable where they say that they are', async () => {
    const facts = cluster({});
    expect(linesOf(await lookAtAddresses(facts, dialing([])))[0]).toMatch(/^well .*kafka-1:9092, kafka-2:9092/);
    expect(linesOf(await lookAtAddresses(facts, dialing(['kafka-2'])))[0]).toMatch(
      /^failed kafka.addresses: kafka-2:9092: connection refused → .*advertised\.listeners/,
    );
  });

  it('tell how many they are', async () => {
    const looked = await lookAtCluster({ describe: async () => cluster({}) }, ['s']);
    expect([linesOf(looked), looked.value?.brokers.length]).toEqual([['well kafka.brokers: 3 brokers'], 3]);
  });

  it('are really connected to', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await dial('127.0.0.1', port, 5_000)).toBeNull();
    server.close();
    await once(server, 'close');
    expect(await dial('127.0.0.1', port, 5_000)).toMatch(/ECONNREFUSED/);
  });
});

describe('our rights', () => {
  const rights = (...operations: readonly ('read' | 'write' | 'create' | 'describe' | 'describeConfigs')[]): Rights =>
    new Set(operations);

  it('are enough', () => {
    const facts = cluster({ s: aTopic(2), j: aTopic(2), d: noTopic });
    expect(linesOf(lookAtRights(facts, names))).toEqual(['s', 'j', 'd'].map(topic => `well kafka.rights: ${topic}`));
  });

  it('lack what is named, for each topic', () => {
    const facts = cluster({
      s: aTopic(2, { rights: rights('describe') }),
      j: aTopic(2, { rights: rights('read', 'describe') }),
      d: { ...noTopic, rights: rights('write', 'describe') },
    });
    expect(linesOf(lookAtRights(facts, names))).toEqual([
      'failed kafka.rights: s: our user has no right to read → kafka-acls --add --allow-principal User:<ours> --operation read --topic s',
      expect.stringMatching(/^failed kafka.rights: j: our user has no right to write, describeConfigs → /),
      expect.stringMatching(/^failed kafka.rights: d: our user has no right to create → /),
    ]);
    // Whoever may make topics in the cluster may make this one.
    const mayMake = cluster({ ...Object.fromEntries(facts.topics) }, { rights: rights('create') });
    expect(linesOf(lookAtRights(mayMake, names))[2]).toBe('well kafka.rights: d');
  });

  it('are not told by an old broker, and hidden with the topic', () => {
    const facts = cluster({ s: aTopic(1, { rights: null }), j: aTopic(1, { errorCode: 29 }), d: aTopic(1) });
    expect(linesOf(lookAtRights(facts, names))).toEqual([
      expect.stringMatching(/^warning kafka.rights: s: the broker does not tell/),
      expect.stringMatching(/^failed kafka.rights: j: our user has no right to read, write, describe, describeConfigs/),
      'well kafka.rights: d',
    ]);
  });

  it('to the group', () => {
    const group: GroupFacts = { state: 'Empty', assigner: '', members: [], rights: rights('read') };
    expect(linesOf(lookAtGroupRights(group, 'g'))).toEqual(['well kafka.rights: g']);
    for (const refused of [null, { ...group, rights: rights() }]) {
      expect(linesOf(lookAtGroupRights(refused, 'g'))[0]).toMatch(/^failed kafka.rights: g: .*read → .*--group g$/);
    }
  });
});

describe('the group', () => {
  const { kafka, platform } = settingsOf(leastYaml);
  const member = (host: string) => ({ memberId: host, clientId: 'card-sync', host, partitions: [] });
  const group = (...hosts: readonly string[]): GroupFacts => ({
    ...{ state: hosts.length === 0 ? 'Empty' : 'Stable', assigner: 'card-sync-partition-numbers', rights: null },
    members: hosts.map(member),
  });

  it('may be hidden from us', async () => {
    const refusing = { describeGroup: () => Promise.reject(new Fault('KAFKA_REFUSED', { detail: 'no' })) };
    expect(await seeGroup(refusing, 'g')).toBe('refused');
    expect(linesOf(lookAtInstances('refused', { kafka }, 6))[0]).toMatch(/^skipped group.members/);
    const away = { describeGroup: () => Promise.reject(new Fault('KAFKA_UNREACHABLE', { detail: 'no' })) };
    await expect(seeGroup(away, 'g')).rejects.toThrow('KAFKA_UNREACHABLE');
  });

  it('has members, none, or too many', () => {
    expect(linesOf(lookAtInstances(group(), { kafka }, 6))).toEqual(['well group.members: card-sync: none runs']);
    expect(linesOf(lookAtInstances(group('h1', 'h2'), { kafka }, 6))).toEqual([
      'well group.members: card-sync: 2 members (card-sync at h1, card-sync at h2), Stable',
    ]);
    expect(linesOf(lookAtInstances(group('h1', 'h2'), { kafka }, 1))[0]).toMatch(
      /^warning .*more than the 1 partitions/,
    );
  });

  it('is used by another kind of client: it is named, with what to do', () => {
    const connect = { ...group('h1'), assigner: 'sessioned' };
    expect(linesOf(lookAtInstances(connect, { kafka }, 6))[0]).toMatch(
      /^failed group\.members: .*group card-sync is used by another kind of client \(its assigner is sessioned\) → .*kafka\.groupId/,
    );
    const joining = { ...group('h1'), state: 'PreparingRebalance', assigner: '' };
    expect(linesOf(lookAtInstances(joining, { kafka }, 6))[0]).toMatch(/^well/);
  });

  it('has as many members as the rate is shared by', () => {
    const limited = { ...platform, requestsPerSecond: 50, instances: 2 };
    expect(linesOf(lookAtInstances(group('h1', 'h2'), { kafka, platform: limited }, 6))[0]).toMatch(/^well/);
    expect(linesOf(lookAtInstances(group('h1'), { kafka, platform: limited }, 6))[0]).toMatch(
      /^warning .*platform\.instances says 2.* → platform\.instances: 1$/,
    );
  });

  it('has read what is there, or lost some', () => {
    const at = (low: bigint, committed: bigint | null, end: bigint) =>
      new Map([['s/0', { low, end, committed }] as const]);
    expect(linesOf(lookAtCommitted(at(0n, 7n, 10n), ['s']))).toEqual(['well group.offsets: 3 records to read']);
    expect(linesOf(lookAtCommitted(at(0n, 10n, 10n), ['s']))).toEqual(['well group.offsets: all is read']);
    expect(linesOf(lookAtCommitted(at(5n, null, 10n), ['s']))).toEqual([
      'well group.offsets: the group has read nothing yet',
    ]);
    expect(linesOf(lookAtCommitted(at(8n, 5n, 10n), ['s']))[0]).toMatch(
      /^failed group.offsets: records were removed.*from 5 to 7/,
    );
    expect(linesOf(lookAtCommitted(at(0n, 12n, 10n), ['s']))[0]).toMatch(/^failed group.offsets: .*made anew/);
  });
});
