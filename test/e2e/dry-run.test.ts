import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { avroContainer } from '../support/avro-container.ts';
import { cardSync, linesOf } from '../support/card-sync-command.ts';
import { aBill } from '../support/orders.ts';
import { type RequestTap, type TappedRequest, tapBefore } from '../support/request-tap.ts';
import { addFault } from '../support/sandbox-faults.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

interface ShownRequest extends TappedRequest {
  readonly requestId: string;
}

interface Shown {
  readonly position: string;
  readonly order: string | null;
  readonly outcome: string;
  readonly skipped: string | null;
  readonly request: ShownRequest | null;
  readonly alone: ShownRequest | null;
  readonly known: { readonly position: string; readonly requestId: string; readonly event: string } | null;
  readonly deadLetter: { readonly reason: string; readonly problems: readonly string[] } | null;
}

describe('a dry run', () => {
  let stack: RemoteStack;
  let world: ShopWorld;
  let topics: TopicAccess;
  let tap: RequestTap;
  let settingsFile: string;
  // Each change is sent, so that each request can be compared.
  const overrides = () => ({
    platform: { baseUrl: tap.url },
    flow: { conflate: false, retryDelaysMs: [100, 100, 100, 600_000], parkFromMs: 400 },
  });

  beforeAll(async () => {
    stack = await sharedStack();
    world = await openShop(stack, { name: 'dry_run', orders: 25 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
    tap = await tapBefore(world.sandbox.url);
    settingsFile = join(world.folder, 'tool.yaml');
    writeFileSync(settingsFile, stringify(world.settings(overrides())));
  });
  afterAll(async () => {
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
    await tap[Symbol.asyncDispose]();
  });

  const dryRun = async (...args: readonly string[]) => {
    const ended = await cardSync('dry-run', '--json', '--config', settingsFile, ...args);
    return { ...ended, shown: linesOf<Shown>(ended) };
  };
  const connect = () => world.startConnector('connector', overrides());
  /** All but what the moment of its sending decides. */
  const timeless = ({ method, headers, body, url }: TappedRequest) => {
    const { 'request-time': time, signature, ...others } = headers;
    expect(time).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/);
    expect(signature).toMatch(/^algorithm=RSA256,keyVersion=1,signature=/);
    // The tool is told of the tap, which passes on to the sandbox.
    return { method, headers: others, body, url: url.replace(tap.url, world.sandbox.url) };
  };
  const sentOf = (requests: readonly TappedRequest[]) =>
    requests
      .map(timeless)
      .map(one => JSON.stringify(one))
      .sort();
  /** Not of a card that is over between the dry run and the real one. */
  const isClear = ({ body }: TappedRequest) => {
    const { bizDate, endDate = bizDate + 86_400_000 } = JSON.parse(body) as { bizDate: number; endDate?: number };
    return Math.abs(endDate - Date.now()) > 180_000;
  };
  const requestsOf = (shown: readonly Shown[]) => shown.flatMap(({ request }) => request ?? []);
  const recordsArrived = (count: number) =>
    until(`${count} records`, async () => (await topics.read(world.topic)).length >= count);

  async function footprint() {
    const all = [world.topic, world.journalTopic, world.deadLetterTopic];
    return {
      ends: await Promise.all(all.map(topic => topics.ends(topic))),
      committed: await Promise.all(all.map(topic => topics.committed(world.group, topic))),
    };
  }

  it('shows what the connector then sends for new orders, byte for byte', async () => {
    const dry = await dryRun('--last', '100');
    expect(dry.errors).toContain('there is no journal yet');
    expect([dry.code, dry.shown.length]).toEqual([0, 25]);
    expect(requestsOf(dry.shown).length).toBeGreaterThan(10);
    const connector = await connect();
    await world.untilEqual();
    expect(await connector.stop()).toBe(0);
    const wanted = (requests: readonly TappedRequest[]) => sentOf(requests.filter(isClear));
    expect(wanted(requestsOf(dry.shown))).toEqual(wanted(tap.requests));
  });

  it('says of a record that was delivered what the journal has of it, and what it would be by itself', async () => {
    const { shown, code } = await dryRun('--last', '25');
    expect(code).toBe(0);
    expect(new Set(shown.map(({ outcome }) => outcome))).toEqual(new Set(['skipped']));
    const sent = shown.filter(({ known }) => known?.event === 'sent');
    expect(sent.length).toBeGreaterThan(10);
    for (const { skipped, known, position, request, alone } of sent) {
      expect([skipped, known?.position, request]).toEqual(['duplicate', position, null]);
      expect(alone?.requestId).toBe(known?.requestId);
      expect(tap.requests.map(({ body }) => body)).toContain(alone?.body);
    }
  });

  it('folds what comes upon what the journal has: updates, an end, a new order, and one with a delivery that is owed', async () => {
    const [known, ended, poison, fresh] = ['BLDRY1', 'BLDRY2', 'BLDRY3', 'BLDRY4'].map(id => aBill(id));
    if (!known || !ended || !poison || !fresh) throw new Error('four orders');
    const fault = addFault(world.sandbox, { kind: 'SYSTEM_ERROR', order: poison.merchantBizNo });
    const first = await connect();
    for (const order of [known, ended, poison]) await world.insert(order);
    await first.untilMetrics('one is parked', now => now.sum('card_sync_parked_orders') === 1);
    await until('the others have a card', () =>
      [known, ended].every(one => world.sandbox.cards({ order: one.merchantBizNo }).length === 1),
    );
    expect(await first.stop()).toBe(0);
    world.sandbox.faults.remove(fault);

    await world.update({ ...known, amountCents: 2_222 });
    await world.update({ ...known, amountCents: 3_333 });
    await world.update({ ...ended, status: 'paid' });
    await world.insert(fresh);
    await world.update({ ...fresh, amountCents: 4_444 });
    await world.update({ ...poison, amountCents: 5_555 });
    await recordsArrived(25 + 3 + 6);

    const before = await footprint();
    const { shown, code } = await dryRun('--last', '9');
    expect(await footprint()).toEqual(before);
    expect(code).toBe(0);
    const of = (order: string) => shown.filter(one => one.order === order).map(({ outcome }) => outcome);
    expect([known, ended, poison, fresh].map(({ merchantBizNo }) => of(merchantBizNo))).toEqual([
      ['skipped', 'request', 'request'],
      ['skipped', 'request'],
      ['owed', 'request'],
      ['request', 'request'],
    ]);
    const owed = shown.find(({ outcome }) => outcome === 'owed')?.request;
    expect(tap.requests.filter(({ body }) => body === owed?.body)).toHaveLength(4);

    const begin = tap.requests.length;
    const second = await connect();
    await world.untilEqual();
    expect(await second.stop()).toBe(0);
    const toCome = requestsOf(shown.filter(({ outcome }) => outcome === 'request'));
    expect(sentOf(toCome)).toEqual(sentOf(tap.requests.slice(begin)));
  });

  it('reads from a place on, without a signature where none is wanted', async () => {
    const all = await topics.read(world.topic);
    const [at, next] = all.filter(({ partition }) => partition === all[0]?.partition);
    const place = `${at?.partition}@${at?.offset}`;
    const one = await dryRun('--from', place, '--no-sign', '--state', 'none', '--mask');
    expect(one.shown.map(({ position }) => position)).toEqual([`${world.topic}/${place}`]);
    expect(one.shown[0]?.request?.headers).not.toHaveProperty('signature');
    expect(one.out).not.toContain(String(at?.key));
    const two = await dryRun('--from', place, '--count', '2');
    expect(two.shown.map(({ position }) => position)).toEqual([
      `${world.topic}/${place}`,
      `${world.topic}/${next?.partition}@${next?.offset}`,
    ]);
    expect(await dryRun('--from', '0@99999999')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('there is no record at'),
    });
  });

  it('does not wait for a registry, or brokers, that do not answer', async () => {
    const deaf = { registry: { url: 'http://127.0.0.1:1' }, kafka: { brokers: ['127.0.0.1:1'] } };
    for (const [part, fault] of [
      ['registry', 'REGISTRY_UNREACHABLE'],
      ['kafka', 'KAFKA_UNREACHABLE'],
    ] as const) {
      const file = join(world.folder, `deaf-${part}.yaml`);
      writeFileSync(file, stringify(world.settings({ [part]: deaf[part] })));
      expect(await cardSync('dry-run', '--last', '1', '--config', file)).toMatchObject({
        code: 1,
        errors: expect.stringContaining(fault),
      });
    }
  });

  it('of a file needs no Kafka, no registry and no keys, and shows the same as of the records in Kafka', async () => {
    const inFirst = (await topics.read(world.topic)).filter(({ partition }) => partition === 0);
    const [first] = inFirst;
    const schemaId = first?.value?.readUInt32BE(1) ?? 0;
    const answer = await fetch(`${stack.registry.url}/schemas/ids/${schemaId}`);
    const { schema } = (await answer.json()) as { readonly schema: string };
    const file = join(world.folder, 'orders.avro');
    writeFileSync(
      file,
      avroContainer(
        schema,
        inFirst.map(({ value }) => value?.subarray(5) ?? Buffer.alloc(0)),
      ),
    );
    const alone = join(world.folder, 'alone.yaml');
    const { files } = world.settings().mapping as { readonly files: readonly string[] };
    writeFileSync(alone, stringify({ mapping: { files } }));

    const ofFile = await cardSync('dry-run', '--json', '--config', alone, '--file', file, '--topic', world.topic);
    expect(ofFile.errors).toBe('');
    const ofKafka = await dryRun('--from', `0@${first?.offset}`, '--count', String(inFirst.length), '--state', 'none');
    const bodies = (shown: readonly Shown[]) => shown.map(({ position, request }) => [position, request?.body]);
    expect(bodies(linesOf<Shown>(ofFile))).toEqual(bodies(ofKafka.shown));
    expect(ofKafka.shown.filter(({ request }) => request !== null).length).toBeGreaterThan(2);
  });

  it('tells which records would become dead letters, and ends with 1', async () => {
    await world.insert(aBill('BLDRY5', { status: 'unheard-of' }));
    await topics.write(world.topic, { key: 'BLDRY6', value: Buffer.from('no Avro at all') });
    await recordsArrived(25 + 3 + 6 + 2);
    const { code, shown } = await dryRun('--last', '2');
    expect(code).toBe(1);
    expect(shown.map(({ deadLetter }) => deadLetter)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ reason: 'undecodable' }),
        expect.objectContaining({ reason: 'unmappable', problems: [expect.stringContaining('orderStatus')] }),
      ]),
    );
    const text = await cardSync('dry-run', '--last', '2', '--config', settingsFile);
    expect(text.out).toContain(`it would become a dead letter in ${world.deadLetterTopic}`);
    expect(text.out).toMatch(/2 records: 0 would be sent, 2 would become dead letters\n$/);
  });
});
