import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Order } from '../demo/order.ts';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { aBill } from '../support/orders.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type Place, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

/** Confluent's wire format with this schema's id, and bytes behind it that no row of ours has. */
const framed = (schemaId: number) => Buffer.from([0, 0, 0, schemaId >> 8, schemaId & 255, 0xff, 0xff, 0xff]);

describe('records that cannot be used, among those that can', () => {
  let world: ShopWorld;
  let topics: TopicAccess;
  let connector: ConnectorProcess;
  const order = aBill('BLBAD0001');

  beforeAll(async () => {
    const stack = await sharedStack();
    world = await openShop(stack, { name: 'bad', orders: 10 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
    await world.insert(order);
    connector = await world.startConnector('connector');
    await world.untilEqual();
  });
  afterAll(async () => {
    await connector.kill();
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  /** Puts bytes into the topic where the order's records lie, and changes the order behind them. */
  async function writeBefore(amountCents: number, value: Buffer): Promise<Place> {
    const at = await topics.write(world.topic, { key: order.merchantBizNo, value });
    await world.update({ ...order, amountCents });
    return at;
  }

  function deadLetters(reason: string): Promise<number> {
    return connector.metrics().then(now => now.sum('card_sync_dead_letters_total', { reason }));
  }

  it.each([
    { what: 'text', value: Buffer.from('no Avro at all'), code: 'RECORD_UNDECODABLE' },
    { what: 'JSON', value: Buffer.from('{"op":"c"}'), code: 'RECORD_UNDECODABLE' },
    { what: 'bytes that do not fit their schema', value: framed(1), code: 'RECORD_UNDECODABLE' },
    { what: 'the id of a schema that nobody has', value: framed(9999), code: 'SCHEMA_UNKNOWN' },
  ])('$what becomes a dead letter, byte for byte, and the change behind it is delivered', async ({ value, code }) => {
    const before = await deadLetters('undecodable');
    const at = await writeBefore(1_000 + value.length, value);
    await world.untilEqual();
    await until('it is a dead letter', async () => (await deadLetters('undecodable')) === before + 1);
    const letters = await topics.lettersOf(world.deadLetterTopic, at);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      key: Buffer.from(order.merchantBizNo),
      value,
      partition: at.partition,
      headers: {
        'card_sync.reason': 'undecodable',
        'card_sync.code': code,
        '__connect.errors.topic': world.topic,
        '__connect.errors.partition': String(at.partition),
        '__connect.errors.stage': 'VALUE_CONVERTER',
        '__connect.errors.exception.class.name': code,
      },
    });
    // No request was made of it.
    expect(letters[0]?.headers).not.toHaveProperty(['card_sync.attempts']);
  });

  it.each<{ what: string; row: Partial<Order>; detail: RegExp }>([
    { what: 'a status that the mapping does not know', row: { status: 'disputed' }, detail: /orderStatus.*is none of/ },
    { what: 'details without what the card needs', row: { details: {} }, detail: /biller/ },
  ])("$what becomes a dead letter, and the order's next change is delivered", async ({ row, detail }) => {
    const before = await deadLetters('unmappable');
    await world.update({ ...order, ...row });
    await until('it is a dead letter', async () => (await deadLetters('unmappable')) === before + 1);
    // Nothing else changes the order: its last record is this one.
    const source = (await topics.read(world.topic)).filter(({ key }) => String(key) === order.merchantBizNo).at(-1);
    if (source === undefined) throw new Error('the order has no record');
    const letters = await topics.lettersOf(world.deadLetterTopic, source);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      key: source.key,
      value: source.value,
      partition: source.partition,
      headers: {
        'card_sync.reason': 'unmappable',
        'card_sync.code': 'CHANGE_UNMAPPABLE',
        'card_sync.detail': expect.stringMatching(detail),
      },
    });
    await world.update({ ...order, amountCents: 77_000 + before });
    await world.untilEqual();
  });

  it('offsets are committed past them', async () => {
    await writeBefore(99_900, Buffer.from('the last one'));
    await world.untilEqual();
    // Also where nothing comes behind it.
    const last = await topics.write(world.topic, { key: order.merchantBizNo, value: Buffer.from('behind all') });
    await until('all is committed', async () => {
      const [ends, committed] = [await topics.ends(world.topic), await topics.committed(world.group, world.topic)];
      return [...ends].every(([partition, end]) => committed.get(partition) === end);
    });
    expect(await topics.lettersOf(world.deadLetterTopic, last)).toHaveLength(1);
    expect((await connector.metrics()).sum('card_sync_unsettled_records')).toBe(0);
    expect(await connector.stop()).toBe(0);
  });
});
