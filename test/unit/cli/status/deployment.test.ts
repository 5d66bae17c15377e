import { describe, expect, it } from 'vitest';
import { deploymentText } from '../../../../connector/cli/status/deployment.ts';
import { tableText } from '../../../../connector/cli/terminal/table.ts';
import { Fault } from '../../../../connector/kernel/fault.ts';
import { instant } from '../../../../connector/kernel/time.ts';
import { statusOf } from '../../../../connector/observe/status.ts';
import type { DeploymentStatus } from '../../../../connector/tools/status/deployment.ts';
import { aFlow, aPartition } from '../../observe/given.ts';

const plain = (_: unknown, text: string) => text;
const at = '2026-11-23T08:00:00.000Z';
const now = instant(Date.parse(at));
const topic = 'shop.public.orders';

function instance(over: Parameters<typeof aFlow>[0] = {}) {
  const partition = aPartition({
    ...{ topic, partition: 0, frontier: 90n, highWatermark: 100n, unsettled: 10, parked: 2 },
    ...{ oldestUnsettledAt: instant(now - 90_000), paused: true, restored: true },
  });
  const status = statusOf({
    ...{ version: '1.2.3', groupId: 'g', startedAt: instant(now - 7_200_000), uptimeMs: 7_200_000, joined: true },
    health: { live: true, ready: true, reasons: [] },
    flow: aFlow({ partitions: [partition], ...over }),
    restore: { restoring: 0, records: 1_234, unreadable: 1, stopped: [] },
  });
  return { kind: 'answered', url: 'http://a:9464', status } as const;
}

const deployment: DeploymentStatus = {
  at,
  group: {
    ...{ kind: 'seen', groupId: 'g', state: 'Stable', lag: 1_010, journalRecords: 1_234 },
    members: ['a', 'b'].map(host => ({ clientId: 'card-sync', host, partitions: 1 })),
    partitions: [
      { topic, partition: 0, committed: 90, end: 100, lag: 10, owner: 'card-sync at a' },
      { topic, partition: 1, committed: null, end: 1_000, lag: 1_000, owner: 'card-sync at b' },
    ],
  },
  instances: [instance()],
};

describe('a deployment', () => {
  it('is told from Kafka and from the instances', () => {
    const text = deploymentText(deployment, plain);
    expect(text.split('\n').slice(0, 6)).toEqual([
      '✓ group g  Stable, 2 members, 2 partitions, lag 1,010, journal of at most 1,234 records',
      '  → 1 of the members was not asked or did not answer: --instance <url> for each',
      '',
      'partition             committed    end    lag  frontier  unsettled  oldest  parked  state   owner',
      'shop.public.orders/0         90    100     10        90         10    90 s       2  paused  a:9464',
      'shop.public.orders/1          –  1,000  1,000         –          –       –       –  –       card-sync at b',
    ]);
    expect(text).toContain('✓ http://a:9464  live, ready, card-sync 1.2.3, up 2 hours\n');
    expect(text).toContain('  journal    restored, 1,234 records read, 1 unreadable\n');
    expect(text).toContain('  breaker    closed\n');
  });

  it('is told as far as it answers', () => {
    const degraded = new Fault('PLATFORM_UNREACHABLE', { detail: 'x' });
    const text = deploymentText(
      {
        at,
        group: { kind: 'silent', groupId: 'g', problem: 'KAFKA_UNREACHABLE: no', remedy: 'look' },
        instances: [
          { kind: 'silent', url: 'http://b:9464', problem: 'connect ECONNREFUSED' },
          instance({ degraded, breaker: 'open' }),
        ],
      },
      plain,
    );
    expect(text).toMatch(
      /^✗ group g {2}KAFKA_UNREACHABLE: no\n {2}→ look\n\n✗ http:\/\/b:9464 {2}does not answer: connect/,
    );
    expect(text).toContain('! http://a:9464  live, ready');
    expect(text).toContain('  intake is stopped: PLATFORM_UNREACHABLE: most deliveries fail\n');
    expect(text).toContain('  breaker    open\n');
  });
});

describe('a table', () => {
  const columns = [
    { head: 'name', align: 'left' },
    { head: 'count', align: 'right' },
  ] as const;

  it('is aligned, and cut in the middle of its first column where it is too wide', () => {
    expect(
      tableText(
        columns,
        [
          ['a', '1'],
          ['bcd', '1,000'],
        ],
        120,
      ),
    ).toEqual(['name          count', 'a                 1', 'bcd           1,000']);
    expect(tableText(columns, [['abcdefghijklmnopqrstuvwxyz', '7']], 20)).toEqual([
      'name           count',
      'abcdef…uvwxyz      7',
    ]);
  });
});
