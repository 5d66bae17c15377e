import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Order } from '../demo/order.ts';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { aBill } from '../support/orders.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';

describe('dead letters', () => {
  let world: ShopWorld;
  let connector: ConnectorProcess;
  let settingsFile: string;

  beforeAll(async () => {
    world = await openShop(await sharedStack(), { name: 'redrive', orders: 5 });
    connector = await world.startConnector('connector');
    settingsFile = join(world.folder, 'tool.yaml');
    writeFileSync(settingsFile, stringify(world.settings()));
    await world.untilEqual();
  });
  afterAll(async () => {
    await connector.kill();
    await world[Symbol.asyncDispose]();
  });

  async function tool(...args: readonly string[]) {
    const command = ['connector/cli/card-sync.ts', 'dead-letters', ...args, '--config', settingsFile];
    const ended = await promisify(execFile)(process.execPath, command).catch(failed => failed);
    return { code: ended.code ?? 0, out: String(ended.stdout), errors: String(ended.stderr) };
  }
  const list = async (...args: readonly string[]) =>
    (await tool('list', '--json', ...args)).out
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as { place: string; state: string; redrives: number; resultCode: string });
  const letters = (count: number) =>
    connector.untilMetrics('dead letters', now => now.sum('card_sync_dead_letters_total') === count);
  const cardOf = (order: string) => world.sandbox.cards({ order })[0];

  /** The platform refuses the next request of an order. */
  async function refused(order: Order, change: () => Promise<void>, count: number): Promise<void> {
    world.sandbox.addFault({ kind: 'PARAM_ILLEGAL', order: order.merchantBizNo, count: 1 });
    await change();
    await letters(count);
  }

  it('are delivered when they are redriven, once, and are kept as redriven', async () => {
    const order = aBill('BLREDRIVE1');
    await refused(order, () => world.insert(order), 1);
    expect(cardOf(order.merchantBizNo)).toBeUndefined();
    expect(await list()).toMatchObject([{ state: 'open', redrives: 0, resultCode: 'PARAM_ILLEGAL' }]);

    expect(await tool('redrive', '--code', 'PARAM_ILLEGAL', '--dry-run')).toMatchObject({
      code: 0,
      out: '1 letter would be redriven\n',
    });
    expect(await tool('redrive', '--order', order.merchantBizNo, '--json')).toMatchObject({
      code: 0,
      out: '{"redriven":1,"tooOften":0,"lost":0,"dryRun":false}\n',
    });
    await world.untilEqual();
    expect(cardOf(order.merchantBizNo)?.orderStatus).toBe('WAIT_PAY');
    expect(await list()).toEqual([]);
    expect(await list('--all')).toMatchObject([{ state: 'redriven' }]);
    expect((await tool('redrive', '--all')).out).toBe('0 letters redriven\n');
  });

  it('never overwrite a newer state of their order', async () => {
    const order = aBill('BLREDRIVE2');
    await world.insert(order);
    await world.untilEqual();
    await refused(order, () => world.update({ ...order, amountCents: 11_100 }), 2);
    await world.update({ ...order, amountCents: 22_200 });
    await world.untilEqual();
    const before = await connector.metrics();
    expect((await tool('redrive', '--order', order.merchantBizNo)).out).toBe('1 letter redriven\n');
    await connector.untilMetrics(
      'it is skipped as stale',
      now =>
        now.sum('card_sync_changes_skipped_total', { reason: 'stale' }) >
        before.sum('card_sync_changes_skipped_total', { reason: 'stale' }),
    );
    await world.untilEqual();
    expect(cardOf(order.merchantBizNo)).toMatchObject({ merchantBizNo: order.merchantBizNo });
  });

  it('die again with their count, can be shown, and are discarded', async () => {
    const order = aBill('BLREDRIVE3');
    await refused(order, () => world.insert(order), 3);
    world.sandbox.addFault({ kind: 'PARAM_ILLEGAL', order: order.merchantBizNo, count: 1 });
    await tool('redrive', '--order', order.merchantBizNo);
    await letters(4);
    const [letter] = await list();
    expect(letter).toMatchObject({ state: 'open', redrives: 1 });
    const shown = await tool('show', letter?.place ?? '');
    expect(JSON.parse(shown.out)).toMatchObject({
      order: 'BL…E3',
      headers: { 'card_sync.code': 'CARD_REJECTED', 'card_sync.redrive_count': '1' },
    });
    expect(shown.out).not.toContain(order.merchantBizNo);
    expect(JSON.parse((await tool('show', letter?.place ?? '', '--reveal')).out)).toMatchObject({
      key: order.merchantBizNo,
      value: expect.stringMatching(/^AAAA/),
    });
    expect(await tool('redrive', '--order', order.merchantBizNo, '--max-redrives', '1')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('as often as --max-redrives allows'),
    });
    expect(await tool('discard', '--at', letter?.place ?? '')).toMatchObject({ code: 0, out: '1 letter discarded\n' });
    expect(await list()).toEqual([]);
    expect(await tool('show', '0@99999')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('there is no letter'),
    });
    expect(await connector.stop()).toBe(0);
  });
});
