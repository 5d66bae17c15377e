import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../connector/tools/check/finding.ts';
import { runTool } from '../support/card-sync-tool.ts';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { aBill } from '../support/orders.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type SettingsOverrides, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

describe('card-sync check', () => {
  let world: ShopWorld;
  let connector: ConnectorProcess;
  let bootstrap: string;
  const outputs: string[] = [];
  const bill = aBill('BLCHECK001');

  beforeAll(async () => {
    const stack = await sharedStack();
    bootstrap = stack.kafka.bootstrap;
    world = await openShop(stack, { name: 'check', orders: 20 });
    connector = await world.startConnector('connector');
    await world.insert(bill);
    // Else only its end is sent, and asked again for a while: there is no card that it could end.
    await world.untilEqual();
    await world.update({ ...bill, status: 'paid' });
    await world.untilEqual();
  });
  afterAll(async () => {
    await connector.kill();
    await world[Symbol.asyncDispose]();
  });

  async function check(overrides: SettingsOverrides = {}) {
    const run = await runTool(world.folder, 'checked', world.settings(overrides), 'check', '--json');
    outputs.push(run.out, run.errors);
    const { findings } = JSON.parse(run.out) as { readonly findings: readonly Finding[] };
    const of = (...states: readonly Finding['state'][]) => findings.filter(({ state }) => states.includes(state));
    return { code: run.code, findings, failed: of('failed'), ids: (state: Finding['state']) => of(state).map(idOf) };
  }
  const idOf = ({ id }: Finding) => id;

  it('finds all well where all is well, and disturbs nothing', async () => {
    const access = await openTopicAccess(bootstrap);
    const topics = [world.topic, world.journalTopic, world.deadLetterTopic];
    const ends = () => Promise.all(topics.map(topic => access.ends(topic)));
    // Equal cards are not all: what made them so may be on its way to the journal still.
    await until('all is written down', async () => {
      const records = [...(await access.ends(world.topic)).values()].reduce((sum, end) => sum + Number(end), 0);
      return (await connector.metrics()).sum('card_sync_frontier_offset') === records;
    });
    const before = {
      ends: await ends(),
      requests: world.sandbox.requests.list({}).filter(({ command }) => command !== null).length,
    };
    const { code, failed, ids, findings } = await check();
    expect({ code, failed, skipped: ids('skipped') }).toEqual({ code: 0, failed: [], skipped: [] });
    // The test's broker is alone, so each topic has one replica.
    expect(ids('warning')).toEqual(['topics.source', 'topics.journal', 'topics.dead-letters']);
    expect(new Set(findings.map(({ group }) => group)).size).toBe(9);
    expect(findings.find(({ id }) => id === 'group.members')?.detail).toMatch(/1 member .*Stable/);
    expect({
      ends: await ends(),
      requests: world.sandbox.requests.list({}).filter(({ command }) => command !== null).length,
    }).toEqual(before);
    await access[Symbol.asyncDispose]();
  });

  it('tells it to people, without colours where nobody looks on', async () => {
    const { code, out } = await runTool(world.folder, 'told', world.settings(), 'check');
    outputs.push(out);
    expect(code).toBe(0);
    expect(out).toMatch(/^Settings\n {2}✓ settings {2}/);
    expect(out).toMatch(/\n\d+ well, 3 warnings\n$/);
    expect(out.split('\n').every(line => line.length <= 120)).toBe(true);
    expect(out.includes('\u001B')).toBe(false);
  });

  it('finds a broker that is not there; what needs none is looked at', async () => {
    const { code, failed, ids } = await check({ kafka: { brokers: ['127.0.0.1:1'] } });
    expect(code).toBe(1);
    expect(failed).toMatchObject([
      { id: 'kafka.connection', detail: /ECONNREFUSED/, remedy: expect.stringContaining('kafka.brokers') },
    ]);
    expect(ids('skipped')).toContain('topics');
    expect(ids('well')).toEqual(expect.arrayContaining(['schema.columns', 'platform.answer']));
  });

  it('finds a topic that is missing, and looks at the other', async () => {
    const { code, failed, ids } = await check({ kafka: { topics: [world.topic, 'check.public.nothing'] } });
    expect(code).toBe(1);
    expect(failed).toMatchObject([
      { id: 'topics.source', detail: /^check\.public\.nothing: there is no such/, remedy: /Debezium/ },
    ]);
    expect(ids('well')).toEqual(expect.arrayContaining(['rows.cards', 'rows.key', 'group.members']));
  });

  it('finds a column of the mapping that the table does not have', async () => {
    const text = readFileSync(join(import.meta.dirname, '../../config/mappings/payment-order.yaml'), 'utf8');
    writeFileSync(join(world.folder, 'slip.yaml'), text.replaceAll('row.currency', 'row.curency'));
    const { code, failed } = await check({ mapping: { files: ['slip.yaml'] } });
    expect(code).toBe(1);
    expect(failed[0]).toMatchObject({
      id: 'schema.columns',
      detail: expect.stringMatching(/slip\.yaml: data\.amountCurrency: the table has no column "curency"$/),
      remedy: 'did you mean currency?',
    });
    expect(new Set(failed.map(idOf))).toEqual(new Set(['schema.columns', 'rows.cards']));
  });

  it('finds keys that are not the order id', async () => {
    const access = await openTopicAccess(bootstrap);
    const topic = 'check.public.miskeyed';
    await access.create(topic);
    const [record] = await access.read(world.topic);
    await access.write(topic, { key: '4711', value: record?.value ?? null });
    await access[Symbol.asyncDispose]();
    const { code, failed } = await check({ kafka: { topics: [topic] }, journal: { topic: 'check.other-journal' } });
    expect(code).toBe(1);
    expect(failed).toMatchObject([{ id: 'rows.key', remedy: expect.stringContaining('ExtractField$Key') }]);
  });

  it('finds an address of AlipayHK at which nobody listens', async () => {
    const { code, failed, ids } = await check({ platform: { baseUrl: 'http://127.0.0.1:1' } });
    expect(code).toBe(1);
    expect(failed).toMatchObject([{ id: 'platform.connection', remedy: expect.stringContaining('platform.baseUrl') }]);
    expect(ids('skipped')).toEqual(['platform.answer', 'platform.clock']);
  });

  it('finds that there is no registry at its address', async () => {
    const { code, failed, ids } = await check({ registry: { url: world.sandbox.url } });
    expect(code).toBe(1);
    expect(failed).toMatchObject([{ id: 'registry', remedy: expect.stringContaining('registry.url') }]);
    expect(ids('well')).toEqual(expect.arrayContaining(['group.members', 'kafka.brokers', 'journal.size']));
  });

  it('finds a journal that is not compacted, or has other partitions', async () => {
    const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'check.forgetful', numPartitions: 2 }] });
    await admin.disconnect();
    const { code, failed } = await check({ journal: { topic: 'check.forgetful' } });
    expect(code).toBe(1);
    expect(failed).toMatchObject([{ id: 'topics.journal', remedy: expect.stringContaining('cleanup.policy=compact') }]);
    expect(failed[0]?.detail).toMatch(/2 partitions, the changes have 6.*cleanup\.policy is delete/);
  });

  it('tells problems of the settings as findings, and looks at the parts that have none', async () => {
    const { code, failed, ids } = await check({ platform: { privateKeyFile: 'nowhere.pem' } });
    expect(code).toBe(2);
    expect(failed).toMatchObject([{ id: 'settings', title: 'platform.privateKeyFile' }]);
    expect(ids('skipped')).toEqual(['keys', 'platform.connection', 'platform.signs']);
    expect(ids('well')).toEqual(expect.arrayContaining(['group.members', 'rows.cards']));
  });

  it('finds a table without REPLICA IDENTITY FULL by its changes', async () => {
    const access = await openTopicAccess(bootstrap);
    const written = async () => (await access.read(world.topic)).length;
    const before = await written();
    await world.sql('ALTER TABLE orders REPLICA IDENTITY DEFAULT');
    await world.update({ ...bill, status: 'unpaid' });
    await world.remove(bill);
    // The update, the delete, and the tombstone behind it.
    await until('the delete is in Kafka', async () => (await written()) === before + 3);
    await access[Symbol.asyncDispose]();
    const { code, failed } = await check();
    expect(code).toBe(1);
    expect(failed.find(({ id }) => id === 'rows.before')).toMatchObject({
      detail: expect.stringContaining("a delete's old values are made up"),
      remedy: 'ALTER TABLE public.orders REPLICA IDENTITY FULL',
    });
  });

  it('shows no order, no user and no key', async () => {
    const orders = (await world.db.readAll()).flatMap(({ merchantBizNo, userId }) => [merchantBizNo, userId]);
    const key = readFileSync(join(world.folder, 'sandbox', 'client-private.pem'), 'utf8').split('\n')[1] ?? '';
    const all = outputs.join('\n');
    expect([...orders, bill.merchantBizNo, key].filter(text => all.includes(text))).toEqual([]);
    expect(outputs.length).toBeGreaterThan(10);
  });

  it('refuses bad usage', async () => {
    const { code, errors } = await runTool(world.folder, 'usage', world.settings(), 'check', '--records', 'many');
    expect({ code, errors }).toMatchObject({ code: 2, errors: expect.stringContaining('whole number') });
  });
});
