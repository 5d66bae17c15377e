import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { cardSync } from '../support/card-sync-command.ts';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { aBill } from '../support/orders.ts';
import { addFault } from '../support/sandbox-faults.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';

interface ToldMoment {
  readonly kind: string;
  readonly at: string;
  readonly event?: string;
  readonly op?: string;
  readonly position?: string;
  readonly card?: { readonly status: string };
  readonly changed?: readonly string[] | null;
  readonly users?: readonly string[];
  readonly disposal?: string | null;
  readonly reason?: string;
  readonly redriven?: number;
}

interface ToldStory {
  readonly order: string;
  readonly moments: readonly ToldMoment[];
  readonly standing: {
    readonly state: string;
    readonly owed: { readonly dueAt: string; readonly attempts: number } | null;
  } | null;
  readonly looked: { readonly source: number };
}

describe('the story of an order', () => {
  let world: ShopWorld;
  let topics: TopicAccess;
  let connector: ConnectorProcess;
  let settingsFile: string;
  const order = aBill('BLINSPECT01');
  const id = order.merchantBizNo;
  // A third attempt comes so late that the delivery stays parked.
  const overrides = { flow: { retryDelaysMs: [100, 600_000], parkFromMs: 400 } };

  beforeAll(async () => {
    const stack = await sharedStack();
    world = await openShop(stack, { name: 'inspect', orders: 30 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
    settingsFile = join(world.folder, 'tool.yaml');
    writeFileSync(settingsFile, stringify(world.settings()));
    connector = await world.startConnector('connector', overrides);
    await world.untilEqual();
  });
  afterAll(async () => {
    await connector.kill();
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  const inspect = (...args: readonly string[]) => cardSync('inspect', ...args, '--config', settingsFile);
  const storyOf = async (...args: readonly string[]) => {
    const ended = await inspect(...args, '--json');
    expect([ended.code, ended.errors]).toEqual([0, '']);
    return JSON.parse(ended.out) as ToldStory;
  };
  const until = (name: string, count: number) => connector.untilMetrics(name, now => now.sum(name) === count);
  /** Three changes, of which the second is superseded while the first is on its way. */
  async function supersede(): Promise<void> {
    const slow = addFault(world.sandbox, { kind: 'slow', delayMs: 1_500, order: id });
    const before = (await connector.metrics()).sum('card_sync_changes_settled_total', { outcome: 'superseded' });
    const begin = world.sandbox.requests.last;
    await world.update({ ...order, amountCents: 1 });
    await world.sandbox.requests.waitFor(({ sequence, merchantBizNo }) => merchantBizNo === id && sequence > begin);
    await world.update({ ...order, amountCents: 2 });
    await world.update({ ...order, amountCents: 3 });
    await connector.untilMetrics(
      'a change is superseded',
      now => now.sum('card_sync_changes_settled_total', { outcome: 'superseded' }) > before,
    );
    world.sandbox.faults.remove(slow);
  }

  it('tells its changes, what was sent, what was superseded, its dead letter and the redrive, in their sequence', async () => {
    await world.insert(order);
    await world.untilEqual();
    await supersede();
    await world.untilEqual();
    const refusal = addFault(world.sandbox, { kind: 'PARAM_ILLEGAL', order: id });
    await world.update({ ...order, status: 'overdue', amountCents: 4 });
    await until('card_sync_dead_letters_total', 1);
    world.sandbox.faults.remove(refusal);
    expect((await cardSync('dead-letters', 'redrive', '--order', id, '--config', settingsFile)).code).toBe(0);
    await world.untilEqual();
    await connector.untilMetrics('the journal has it all', now => now.sum('card_sync_unsettled_records') === 0);

    const story = await storyOf(id);
    const times = story.moments.map(({ at }) => at);
    expect(times).toEqual([...times].sort());
    const ofKind = (kind: string) => story.moments.filter(moment => moment.kind === kind);
    const changes = ofKind('source');
    // Two changes may share a millisecond: then updated_at is the same.
    const columns = (changed: ToldMoment['changed']) => changed?.filter(name => name !== 'updated_at');
    expect(changes.map(({ op, card, changed, redriven }) => [op, card?.status, columns(changed), redriven])).toEqual([
      ['create', 'WAIT_PAY', undefined, 0],
      ['update', 'WAIT_PAY', ['amount'], 0],
      ['update', 'WAIT_PAY', ['amount'], 0],
      ['update', 'WAIT_PAY', ['amount'], 0],
      ['update', 'OVERDUED', ['status', 'amount'], 0],
      ['update', 'OVERDUED', [], 1],
    ]);
    expect(ofKind('journal').map(({ event }) => event)).toEqual([
      'sent',
      'superseded',
      'updated',
      'updated',
      'rejected',
      'updated',
    ]);
    expect(ofKind('dead-letter').map(({ reason, disposal }) => [reason, disposal])).toEqual([['rejected', 'redriven']]);
    const kinds = story.moments.map(({ kind }) => kind);
    expect(kinds.indexOf('disposal')).toBeGreaterThan(kinds.indexOf('dead-letter'));
    expect(kinds.lastIndexOf('source')).toBeGreaterThan(kinds.indexOf('dead-letter'));
    expect(story.standing).toMatchObject({ state: 'live', owed: null });
    expect(changes[0]?.users).toEqual([expect.stringContaining('…')]);
    expect((await storyOf(id, '--reveal')).moments[0]?.users).toEqual([order.userId]);
    // Only the partition that its key leads to was read.
    const inTopic = (await topics.read(world.topic)).filter(one =>
      changes[0]?.position?.includes(`/${one.partition}@`),
    );
    expect(story.looked.source).toBe(inTopic.length);
  });

  it('tells what is owed, and when it is tried again', async () => {
    addFault(world.sandbox, { kind: 'SYSTEM_ERROR', order: id });
    await world.update({ ...order, amountCents: 5 });
    await until('card_sync_parked_orders', 1);
    const { standing, moments } = await storyOf(id);
    expect(standing).toMatchObject({ state: 'live', owed: { attempts: 2 } });
    expect(Date.parse(standing?.owed?.dueAt ?? '')).toBeGreaterThan(Date.now() + 300_000);
    expect(moments.at(-1)).toMatchObject({ kind: 'journal', event: 'parked' });

    const text = await inspect(id);
    expect(text.out).toMatch(/^BLINSPECT01\n/);
    expect(text.out).toMatch(/\nnow {6}live until 20/);
    expect(text.out).toMatch(/\nowed {5}UPDATE OVERDUED|\nowed {5}UPDATE WAIT_PAY/);
    expect(text.out).not.toContain(order.userId);
    const rows = text.out.split('\n').filter(line => /^20/.test(line));
    expect(new Set(rows.map(row => row.search(/source|journal|dead letter/))).size).toBe(1);
    expect(rows).toHaveLength(moments.length);
  });

  it('is told of the whole topic where it is asked for, and of its end', async () => {
    const all = await storyOf(id, '--all-partitions');
    expect(all.moments.length).toBe((await storyOf(id)).moments.length);
    expect(all.looked.source).toBe((await topics.read(world.topic)).length);
    const late = await storyOf(id, '--since', '0s');
    expect(new Set(late.moments.map(({ kind }) => kind))).toEqual(new Set(['journal', 'dead-letter', 'disposal']));
  });

  it('of an order that there is not ends with 1 and hints', async () => {
    const none = await inspect('BLINSPECT99');
    expect([none.code, none.out]).toEqual([1, '']);
    expect(none.errors).toContain('nothing was found of BLINSPECT99');
    expect(none.errors).toContain('--all-partitions');
  });

  it('changes nothing: no commit, and no record', async () => {
    const footprint = async () => {
      const all = [world.topic, world.journalTopic, world.deadLetterTopic];
      return Promise.all(
        all.map(async topic => [await topics.ends(topic), await topics.committed(world.group, topic)]),
      );
    };
    const before = await footprint();
    await storyOf(id);
    expect(await footprint()).toEqual(before);
    expect(await connector.stop()).toBe(0);
  });
});
