import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentStatus } from '../../connector/tools/status/deployment.ts';
import { runTool } from '../support/card-sync-tool.ts';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { aBill } from '../support/orders.ts';
import { addFault } from '../support/sandbox-faults.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type SettingsOverrides, type ShopWorld } from '../support/shop-world.ts';
import { until } from '../support/until.ts';

describe('card-sync status', () => {
  let world: ShopWorld;
  let first: ConnectorProcess;
  let second: ConnectorProcess;

  beforeAll(async () => {
    world = await openShop(await sharedStack(), { name: 'status', orders: 30 });
    // A delivery that failed twice is parked for as long as the tests take.
    const flow = { commitIntervalMs: 200, retryDelaysMs: [50, 600_000], parkFromMs: 400, probeIntervalMs: 200 };
    first = await world.startConnector('first', { flow });
    second = await world.startConnector('second', { flow });
    const shares = async () =>
      Promise.all([first, second].map(async one => (await one.metrics()).sum('card_sync_assigned_partitions')));
    await until('both share the partitions', async () => (await shares()).every(share => share === 3));
    await world.untilEqual();
  });
  afterAll(async () => {
    await first.kill();
    await second.kill();
    await world[Symbol.asyncDispose]();
  });

  function run(overrides: SettingsOverrides, ...flags: readonly string[]) {
    return runTool(world.folder, 'status', world.settings(overrides), 'status', ...flags);
  }

  async function status(overrides: SettingsOverrides, ...flags: readonly string[]) {
    const { code, out } = await run(overrides, '--json', ...flags);
    const { group, instances } = JSON.parse(out) as DeploymentStatus;
    return { code, instances, group: group.kind === 'seen' ? group : null };
  }
  const sumOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  const both = () => ['--instance', first.url, '--instance', second.url];

  it('tells the group from Kafka, and the rest from each instance', async () => {
    const settled = () => status({}, ...both());
    await until('all is committed', async () => (await settled()).group?.lag === 0);
    const { code, group, instances } = await settled();
    expect(code).toBe(0);
    expect(group).toMatchObject({ groupId: 'status', state: 'Stable', lag: 0 });
    expect(group?.members.map(({ partitions }) => partitions)).toEqual([3, 3]);
    expect(group?.partitions.map(({ topic, partition }) => `${topic}/${partition}`)).toEqual(
      [0, 1, 2, 3, 4, 5].map(partition => `${world.topic}/${partition}`),
    );
    expect(group?.journalRecords).toBeGreaterThan(0);
    expect(instances).toMatchObject(
      [first, second].map(({ url }) => ({
        ...{ kind: 'answered', url },
        status: { live: true, ready: true, degraded: null, restore: { restoring: 0 }, flow: { breaker: 'closed' } },
      })),
    );
    const reported = instances.flatMap(one => (one.kind === 'answered' ? one.status.partitions : []));
    expect(reported.map(({ partition }) => partition).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    for (const { partition, frontier } of reported) {
      const committed = group?.partitions[partition]?.committed ?? null;
      if (frontier !== null) expect(frontier).toBe(committed);
    }
  });

  it('tells what is parked, and no order', async () => {
    const poison = aBill('BLSTATUS01');
    addFault(world.sandbox, { kind: 'SYSTEM_ERROR', order: poison.merchantBizNo });
    await world.insert(poison);
    await until('the delivery is parked', async () => {
      const { instances } = await status({}, ...both());
      return sumOf(instances.map(one => (one.kind === 'answered' ? (one.status.flow?.parked ?? 0) : 0))) === 1;
    });
    const { out } = await run({}, ...both());
    expect(out).toMatch(/, 1 parked\n/);
    expect(out).not.toContain(poison.merchantBizNo);
  });

  it('tells that intake is stopped, and why', async () => {
    const outage = addFault(world.sandbox, { kind: 'INVALID_SIGNATURE' });
    await world.change({ changes: 20, rate: 100 });
    await until('both are degraded', async () => {
      const { instances } = await status({}, ...both());
      return instances.every(one => one.kind === 'answered' && one.status.degraded !== null);
    });
    const { code, out } = await run({}, ...both());
    expect(code).toBe(0);
    expect(out.match(/intake is stopped: CREDENTIALS_REFUSED/g)).toHaveLength(2);
    expect(out).toMatch(/breaker {4}(?:open|probing)\n/);
    world.sandbox.faults.remove(outage);
    await until('both go on', async () => {
      const { instances } = await status({}, ...both());
      return instances.every(one => one.kind === 'answered' && one.status.degraded === null);
    });
  });

  it('shows a table that fits, without colours where nobody looks on', async () => {
    const { code, out } = await run({}, ...both());
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^✓ group status {2}Stable, 2 members, 6 partitions, lag \d+, journal of at most/);
    expect(lines.filter(line => line.startsWith(`${world.topic}/`))).toHaveLength(6);
    expect(lines.every(line => line.length <= 120)).toBe(true);
    expect(out.includes('\u001B')).toBe(false);
  });

  it('says who does not answer, and shows the rest', async () => {
    const away = await status({}, '--instance', first.url, '--instance', 'http://127.0.0.1:1');
    expect(away.code).toBe(1);
    expect(away.group).toMatchObject({ state: 'Stable' });
    expect(away.instances).toMatchObject([{ kind: 'answered' }, { kind: 'silent', problem: /ECONNREFUSED/ }]);
    const stranger = await status({}, '--instance', world.sandbox.url);
    expect(stranger).toMatchObject({ code: 1, instances: [{ kind: 'silent', problem: /is it card-sync/ }] });
    const withoutKafka = await run({ kafka: { brokers: ['127.0.0.1:1'] } }, ...both());
    expect(withoutKafka.code).toBe(1);
    expect(withoutKafka.out).toMatch(/^✗ group status {2}KAFKA_UNREACHABLE: .*\n {2}→ check kafka\.brokers/);
    expect(withoutKafka.out.match(/✓ http:/g)).toHaveLength(2);
  });

  it('goes on showing it until it is told to stop', async () => {
    await run({});
    const script = ['connector/cli/card-sync.ts', 'status', '--config', join(world.folder, 'status.yaml')];
    const args = [...script, ...both(), '--json', '--watch', '0.1'];
    const watching = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let out = '';
    watching.stdout.on('data', chunk => {
      out += String(chunk);
      if (out.split('\n').length > 3) watching.kill('SIGINT');
    });
    expect(await once(watching, 'exit')).toEqual([0, null]);
    const shown = out.trim().split('\n');
    expect(shown.map(line => (JSON.parse(line) as DeploymentStatus).group.kind)).toEqual(shown.map(() => 'seen'));
  });

  it('shows a group of which none runs', async () => {
    const { code, group, instances } = await status({ kafka: { groupId: 'status.none' } });
    expect({ code, instances }).toEqual({ code: 0, instances: [] });
    expect(group).toMatchObject({ members: [], partitions: Array(6).fill({ committed: null, owner: null }) });
  });
});
