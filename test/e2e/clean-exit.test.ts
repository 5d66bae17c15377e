import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCardSync } from '../support/connector-process.ts';
import { allRequests, checkDeliveries, tookEffect } from '../support/delivery-checks.ts';
import { aBill } from '../support/orders.ts';
import { addFault } from '../support/sandbox-faults.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

describe('how it starts and stops', () => {
  let world: ShopWorld;
  let topics: TopicAccess;
  /** Everything that any connector of this shop printed. */
  const printed: string[] = [];

  beforeAll(async () => {
    const stack = await sharedStack();
    world = await openShop(stack, { name: 'exit', orders: 150, latencyMs: 150 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
  });
  afterAll(async () => {
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  it('SIGTERM while requests are in flight: they are finished, what is accounted for is committed, exit code 0', async () => {
    const { sandbox } = world;
    await using connector = await world.startConnector('stopped', {
      // Some of the first answers make it warn of orders.
      flow: { inFlightMax: 8, commitIntervalMs: 60_000, retryDelaysMs: [100, 100] },
      observe: { port: 0, logLevel: 'trace' },
    });
    addFault(sandbox, { kind: 'SYSTEM_ERROR', rate: 0.3, count: 10 });
    await sandbox.requests.waitFor(({ sequence }) => sequence === 60);
    expect(sandbox.stats().inFlight).toBeGreaterThan(0);
    expect(await connector.stop()).toBe(0);
    expect(await connector.logged('stopped')).toMatchObject({ abandoned: 0 });
    printed.push(...connector.lines);

    expect(allRequests(sandbox).every(({ answered }) => answered)).toBe(true);
    expect(allRequests(sandbox).length).toBeLessThan(120);
    // One record an order. Below a committed offset each is delivered or needs no card; the one at it is not delivered.
    const delivered = new Set(
      allRequests(sandbox)
        .filter(tookEffect)
        .map(({ merchantBizNo }) => merchantBizNo),
    );
    const cardless = (await world.compare()).orders.filter(({ expected }) => expected === 'ended');
    const done = new Set([...delivered, ...cardless.map(({ merchantBizNo }) => merchantBizNo)]);
    const committed = await topics.committed(world.group, world.topic);
    for (const { partition, offset, key } of await topics.read(world.topic)) {
      const next = committed.get(partition) ?? 0n;
      if (offset < next) expect(done).toContain(String(key));
      if (offset === next) expect(delivered).not.toContain(String(key));
    }
    expect([...committed.values()].some(offset => offset > 0n)).toBe(true);
  });

  it('the next start goes on from there', async () => {
    await using connector = await world.startConnector('next');
    await world.untilEqual();
    checkDeliveries(world.sandbox);
    expect(await connector.stop()).toBe(0);
    printed.push(...connector.lines);
  });

  it('a second SIGTERM ends it at once', async () => {
    await using connector = await world.startConnector('hasty', {
      shutdown: { drainMs: 30_000 },
      platform: { requestTimeoutMs: 40_000 },
      observe: { port: 0, logLevel: 'debug' },
    });
    const order = aBill('BLHASTY001');
    addFault(world.sandbox, { kind: 'timeout', order: order.merchantBizNo });
    await world.insert(order);
    await world.sandbox.requests.waitFor(({ merchantBizNo }) => merchantBizNo === order.merchantBizNo);
    connector.send('SIGTERM');
    await until('it is stopping', async () => (await connector.health('ready')).reasons.includes('stopping'));
    connector.send('SIGTERM');
    expect(await connector.ended).toBe(1);
    printed.push(...connector.lines);
  });

  it.concurrent('a topic that is not there yet: it says so, waits, and goes on when it comes', async () => {
    const topic = 'exit.later';
    const own = { kafka: { topics: [topic], groupId: 'exit-later' }, journal: { topic: 'exit-later.journal' } };
    await using connector = await world.startConnector('early', own);
    const line = await connector.logged('waiting for Kafka');
    expect(line).toMatchObject({ level: 'warn', fault: { code: 'TOPIC_MISSING', detail: topic } });
    expect(await connector.health('ready')).toMatchObject({ httpStatus: 503 });
    expect(await connector.health('live')).toMatchObject({ httpStatus: 200 });
    await topics.create(topic);
    await topics.write(topic, { key: null, value: null });
    await connector.untilMetrics('it has read the record', now => now.sum('card_sync_records_consumed_total') === 1);
    expect(await connector.health('ready')).toMatchObject({ httpStatus: 200 });
    expect(await connector.stop()).toBe(0);
    printed.push(...connector.lines);
  });

  it.concurrent('a broker that nobody can reach: it says so, waits, and stops when asked', async () => {
    const broker = `127.0.0.1:${await freePort()}`;
    await using connector = await world.startConnector('lonely', { kafka: { brokers: [broker] } });
    const line = await connector.logged('waiting for Kafka');
    expect(line).toMatchObject({ level: 'warn', fault: { code: 'KAFKA_UNREACHABLE' } });
    expect(JSON.stringify(line)).toContain(broker);
    expect(await connector.stop()).toBe(0);
    printed.push(...connector.lines);
  });

  it.concurrent('bad settings: all problems at once, exit code 2', async () => {
    await using command = runCardSync(world.folder, 'wrong', {
      ...world.settings({
        kafka: { brokers: ['no port'], groupid: 'x' },
        platform: { privateKeyFile: 'no-such-file.pem', keyVersion: 0 },
      }),
      deadletters: {},
    });
    expect(await command.ended).toBe(2);
    const text = command.lines.join('\n');
    for (const problem of ['kafka.brokers', 'groupid', 'privateKeyFile', 'keyVersion', 'deadletters']) {
      expect(text).toContain(problem);
    }
    printed.push(...command.lines);
  });

  it('nothing it printed holds a key, a user or an order', async () => {
    const text = printed.join('\n');
    expect(text).toContain('attempt failed');
    expect(text).toContain('card accepted');
    const rows = await world.db.readAll();
    const key = readFileSync(join(world.folder, 'sandbox', 'client-private.pem'), 'utf8');
    const secrets = [
      ...key.split('\n').filter(line => line.length > 20 && !line.startsWith('-----')),
      ...rows.flatMap(({ merchantBizNo, userId }) => [merchantBizNo, userId]),
    ];
    expect(secrets.length).toBeGreaterThan(300);
    expect(secrets.filter(secret => text.includes(secret))).toEqual([]);
  });
});

/** A port of this machine that nobody listens at. */
function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
