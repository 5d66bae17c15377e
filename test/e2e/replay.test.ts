import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { expectations } from '../demo/expectations.ts';
import type { Order } from '../demo/order.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { cardSync } from '../support/card-sync-command.ts';
import { startNode } from '../support/child-process.ts';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { allRequests, checkDeliveries, tookEffect } from '../support/delivery-checks.ts';
import { aBill } from '../support/orders.ts';
import { type RequestTap, tapBefore } from '../support/request-tap.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

const template = 'PAYMENT_ORDER_DEFAULT';
const right = 'bill_name: text(details.biller, language)';
const wrong = 'bill_name: text(details.description, language)';

interface Told {
  readonly run: string;
  readonly orders: number;
  readonly already: number;
  readonly putBack: number;
  readonly gone: number;
  readonly ended: string;
  readonly samples: readonly { readonly order: string }[];
}

describe('a replay', () => {
  let stack: RemoteStack;
  let world: ShopWorld;
  let topics: TopicAccess;
  let tap: RequestTap;
  let connector: ConnectorProcess;
  let mapping: string;
  let settingsFile: string;
  const overrides = () => ({
    mapping: { files: [join(world.folder, 'mappings/*.yaml')] },
    platform: { baseUrl: tap.url },
  });

  beforeAll(async () => {
    stack = await sharedStack();
    world = await openShop(stack, { name: 'replay', orders: 200 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
    tap = await tapBefore(world.sandbox.url);
    cpSync(join(import.meta.dirname, '../../config/mappings'), join(world.folder, 'mappings'), { recursive: true });
    mapping = join(world.folder, 'mappings/payment-order.yaml');
    settingsFile = join(world.folder, 'tool.yaml');
    writeFileSync(settingsFile, stringify(world.settings(overrides())));
    const text = readFileSync(mapping, 'utf8');
    expect(text).toContain(right);
    writeFileSync(mapping, text.replace(right, wrong));
    connector = await world.startConnector('mistaken', overrides());
  });
  afterAll(async () => {
    await connector.kill();
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
    await tap[Symbol.asyncDispose]();
  });

  /** Resolves when every record in the topic has been received and accounted for. */
  const accountedFor = () =>
    until('all is accounted for', async () => {
      const [ends, now] = [await topics.ends(world.topic), await connector.metrics()];
      const records = [...ends.values()].reduce((sum, end) => sum + Number(end), 0);
      return now.sum('card_sync_frontier_offset') === records && now;
    });
  const flags = (...args: readonly string[]) => ['replay', '--config', settingsFile, '--from', '1h', '--json', ...args];
  const replay = async (...args: readonly string[]) => {
    const ended = await cardSync(...flags('--template', template, ...args));
    expect({ code: ended.code, errors: ended.errors }).toEqual({ code: 0, errors: expect.any(String) });
    return JSON.parse(ended.out) as Told;
  };
  const isLiving = ({ kind, status }: Order) => {
    const { statuses, ends } = expectations[kind];
    return !ends.includes(statuses[status] ?? '');
  };
  const bills = async () => (await world.db.readAll()).filter(({ kind }) => kind === 'bill');
  const wrongs = async () => (await world.compare()).orders.filter(({ differences }) => differences.length > 0).length;
  const putBack = async () => (await topics.read(world.topic)).filter(({ headers }) => 'card_sync.replay' in headers);

  it('mends the cards of a mistaken mapping, at a rate, while live changes go on, and never sets one back', async () => {
    const handMade = Array.from({ length: 10 }, (_, n) => aBill(`BLREPLAY0${n}`, { amountCents: 10_000 }));
    for (const order of handMade) await world.insert(order);
    await until('the cards are there', async () => (await connector.metrics()).sum('card_sync_consumer_lag') === 0);
    await world.sandbox.requests.waitFor(({ merchantBizNo }) => merchantBizNo === 'BLREPLAY09');
    await accountedFor();
    const living = (await bills()).filter(isLiving).length;
    expect([living > 20, await wrongs()]).toEqual([true, living]);

    writeFileSync(mapping, readFileSync(mapping, 'utf8').replace(wrong, right));
    expect(await connector.stop()).toBe(0);
    connector = await world.startConnector('corrected', overrides());
    const { requests: before } = world.sandbox.stats();

    const dry = await replay('--dry-run');
    const all = (await bills()).length;
    expect(dry).toMatchObject({ orders: all, putBack: 0, ended: 'done' });
    expect(dry.samples[0]?.order).toContain('…');
    expect([await putBack(), world.sandbox.stats().requests]).toEqual([[], before]);

    const live = world.change({ changes: 150, rate: 25, seed: 3 });
    const run = replay('--rate', '20');
    for (let cents = 10_001; cents <= 10_015; cents++) {
      for (const order of handMade) await world.update({ ...order, amountCents: cents });
    }
    expect(await run).toMatchObject({ orders: all, putBack: all, gone: 0, ended: 'done' });
    await live;
    await world.untilEqual();
    await accountedFor();
    checkDeliveries(world.sandbox);
    for (const { merchantBizNo } of handMade) {
      const amounts = amountsOf(merchantBizNo);
      expect(amounts).toEqual([...amounts].sort((a, b) => a - b));
      expect(amounts.at(-1)).toBe(10_015);
    }
  });

  it('sends what is equal again, each living order once, and no other', async () => {
    const last = allRequests(world.sandbox).at(-1)?.sequence ?? 0;
    const told = await replay();
    await accountedFor();
    await world.untilEqual();
    const living = (await bills()).filter(isLiving).map(({ merchantBizNo }) => merchantBizNo);
    expect(told).toMatchObject({ putBack: told.orders, already: 0 });
    const again = allRequests(world.sandbox, last);
    expect(again.every(entry => entry.outcome === 'updated' && tookEffect(entry))).toBe(true);
    expect(again.map(({ merchantBizNo }) => merchantBizNo).sort()).toEqual(living.sort());
    checkDeliveries(world.sandbox);
  });

  it('that is broken off says how to go on, and then leaves out what it has put back', async () => {
    const before = (await putBack()).length;
    const slow = startNode('connector/cli/card-sync.ts', flags('--template', template, '--rate', '5'));
    await until('some are put back', async () => (await putBack()).length > before + 2);
    slow.send('SIGINT');
    expect(await slow.ended).toBe(1);
    const hint = slow.lines.find(line => line.startsWith('to go on: card-sync replay'));
    const [, run = '', from = ''] = /--run (\S+) --from (\S+) /.exec(hint ?? '') ?? [];
    const first = JSON.parse(slow.lines.find(line => line.startsWith('{')) ?? '') as Told;
    expect(first).toMatchObject({ run, ended: 'interrupted' });
    expect(first.putBack).toBe((await putBack()).length - before);

    const rest = JSON.parse(
      (await cardSync('replay', '--config', settingsFile, '--json', '--run', run, '--from', from)).out,
    ) as Told;
    expect(rest).toMatchObject({ run, already: first.putBack, putBack: rest.orders - first.putBack });
    await accountedFor();
    await world.untilEqual();
    checkDeliveries(world.sandbox);
    expect(await connector.stop()).toBe(0);
  });

  function amountsOf(order: string): number[] {
    return tap.requests
      .map(({ body }) => JSON.parse(body) as { merchantBizNo: string; syncDataInfo: { amount?: number } | string })
      .filter(({ merchantBizNo }) => merchantBizNo === order)
      .map(({ syncDataInfo }) =>
        Number((typeof syncDataInfo === 'string' ? JSON.parse(syncDataInfo) : syncDataInfo).amount),
      );
  }
});
