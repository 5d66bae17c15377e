import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultSpec } from '../sandbox/faults/fault.ts';
import { resultCodes } from '../sandbox/gateway/result-codes.ts';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { allRequests, checkDeliveries, tookEffect } from '../support/delivery-checks.ts';
import { aBill } from '../support/orders.ts';
import { addFault } from '../support/sandbox-faults.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

// What the README says of each answer. Every case has an order of its own, while the shop's other orders go on.

interface Case {
  readonly what: string;
  readonly fault: FaultSpec;
}

/** Asked again. */
const repeated: readonly (Case & { readonly cause: string })[] = [
  { what: 'UNKNOWN_EXCEPTION', fault: { kind: 'UNKNOWN_EXCEPTION' }, cause: 'unknown-outcome' },
  { what: 'SYSTEM_ERROR', fault: { kind: 'SYSTEM_ERROR' }, cause: 'unknown-outcome' },
  { what: 'REQUEST_TRAFFIC_EXCEED_LIMIT', fault: { kind: 'REQUEST_TRAFFIC_EXCEED_LIMIT' }, cause: 'traffic-limit' },
  { what: 'HTTP 500', fault: { kind: 'http', status: 500 }, cause: 'http-status' },
  { what: 'HTTP 429', fault: { kind: 'http', status: 429 }, cause: 'traffic-limit' },
  { what: 'a connection cut before it took effect', fault: { kind: 'drop' }, cause: 'network' },
  { what: 'a connection cut after it took effect', fault: { kind: 'drop', when: 'after' }, cause: 'network' },
  { what: 'half an answer', fault: { kind: 'truncated' }, cause: 'network' },
  { what: 'no answer in time', fault: { kind: 'timeout', when: 'after' }, cause: 'timeout' },
  { what: 'garbage', fault: { kind: 'garbage' }, cause: 'unreadable' },
  { what: 'a page of HTML', fault: { kind: 'html' }, cause: 'unreadable' },
  { what: 'an empty answer', fault: { kind: 'empty' }, cause: 'unreadable' },
  { what: 'a signature that does not hold', fault: { kind: 'bad-signature' }, cause: 'signature' },
  { what: 'no signature', fault: { kind: 'no-signature' }, cause: 'signature' },
];

/** Refused for good. */
const refused = (['ORDER_STATUS_INVALID', 'PARAM_ILLEGAL', 'PROCESS_FAIL', 'ORDER_NOT_FOUND'] as const).map(codeCase);

/** Asked again in vain. */
const hopeless: readonly (Case & { readonly headers: Record<string, string> })[] = [
  {
    ...codeCase('SYSTEM_ERROR'),
    headers: {
      'card_sync.result_code': 'SYSTEM_ERROR',
      'card_sync.result_status': 'U',
      'card_sync.http_status': '200',
    },
  },
  {
    // It may be a proxy's: only a signed refusal is believed.
    what: 'HTTP 400 without a signature',
    fault: { kind: 'http', status: 400 },
    headers: { 'card_sync.http_status': '400', 'card_sync.code': 'REFUSALS_UNSIGNED' },
  },
];

/** Not the order's fault. */
const halting: readonly Case[] = [
  ...(['INVALID_SIGNATURE', 'KEY_NOT_FOUND', 'INVALID_CLIENT', 'INVALID_API', 'ACCESS_DENIED'] as const).map(codeCase),
  ...(['METHOD_NOT_SUPPORTED', 'MEDIA_TYPE_NOT_ACCEPTABLE'] as const).map(codeCase),
  { what: 'HTTP 404', fault: { kind: 'http', status: 404 } },
];

function codeCase(kind: (typeof resultCodes)[number]): Case {
  return { what: kind, fault: { kind } };
}

describe('what follows from an answer', () => {
  let world: ShopWorld;
  let topics: TopicAccess;
  let connector: ConnectorProcess;
  let changing: Promise<void>;
  const shopCloses = new AbortController();
  let made = 0;

  beforeAll(async () => {
    const stack = await sharedStack();
    world = await openShop(stack, { name: 'codes', orders: 60 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
    connector = await world.startConnector('connector', {
      // What these orders come to is no outage.
      flow: { retryDelaysMs: [100, 100, 150], probeIntervalMs: 100, outageRatio: 1, outageWindow: 200 },
      platform: { requestTimeoutMs: 2_000 },
    });
    await world.untilEqual();
    changing = world.change({ changes: Infinity, inserts: Infinity, rate: 30, signal: shopCloses.signal });
  });
  afterAll(async () => {
    await connector.kill();
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  /** A new order, whose requests meet this fault. */
  async function orderMeeting(fault: FaultSpec): Promise<string> {
    made += 1;
    const order = `BLCODE${String(made).padStart(4, '0')}`;
    addFault(world.sandbox, { ...fault, order });
    await world.insert(aBill(order));
    return order;
  }

  const requestsOf = (order: string) => world.sandbox.requests.list({ order });
  const delivered = (order: string) =>
    world.sandbox.requests.waitFor(entry => entry.merchantBizNo === order && entry.fault === null);

  it.each(repeated)('$what: the same request again, until it is accepted', async ({ fault, cause }) => {
    const before = await connector.metrics();
    const count = fault.kind === 'timeout' ? 1 : 2;
    const order = await orderMeeting({ ...fault, count });
    const last = await delivered(order);
    const requests = requestsOf(order);
    expect(requests).toHaveLength(count + 1);
    expect(requests.every(one => one.requestId === last.requestId && one.digest === last.digest)).toBe(true);
    // However often it came, it took effect once.
    expect(requests.filter(tookEffect)).toHaveLength(1);
    const after = await connector.metrics();
    const retries = after.sum('card_sync_retries_total', { cause }) - before.sum('card_sync_retries_total', { cause });
    expect(retries).toBe(count);
  });

  it('HTTP 503 with Retry-After: not before that time, while other orders are delivered', async () => {
    const order = await orderMeeting({ kind: 'http', status: 503, retryAfter: 2, count: 1 });
    await world.sandbox.requests.waitFor(entry => entry.merchantBizNo === order);
    const other = await orderMeeting({ kind: 'SYSTEM_ERROR', count: 1 });
    const [accepted, again] = await Promise.all([delivered(other), delivered(order)]);
    expect(accepted.sequence).toBeLessThan(again.sequence);
    const [first] = requestsOf(order);
    // A timer may go off a millisecond early.
    expect(again.receivedAt - (first?.receivedAt ?? 0)).toBeGreaterThanOrEqual(1_990);
    expect(again.requestId).toBe(first?.requestId);
  });

  it('UN_SUPPORT_BUSINESS on an UPDATE: the same request again', async () => {
    const order = await orderMeeting({
      kind: 'UN_SUPPORT_BUSINESS',
      // F would be its last word: the same request gets the same answer.
      resultStatus: 'U',
      command: 'UPDATE',
      count: 2,
    });
    await delivered(order);
    await world.update(aBill(order, { amountCents: 777 }));
    const last = await world.sandbox.requests.waitFor(
      entry => entry.merchantBizNo === order && entry.outcome === 'updated',
    );
    const ids = requestsOf(order).map(({ command, requestId }) => [command, requestId === last.requestId]);
    expect(ids).toEqual([
      ['SEND', false],
      ['UPDATE', true],
      ['UPDATE', true],
      ['UPDATE', true],
    ]);
  });

  it('UN_SUPPORT_BUSINESS on a SEND: there is a card, so it becomes an UPDATE', async () => {
    const before = await connector.metrics();
    const order = await orderMeeting({ kind: 'UN_SUPPORT_BUSINESS', command: 'SEND', when: 'after' });
    await delivered(order);
    const [send, update, ...more] = requestsOf(order);
    expect([send?.command, update?.command, more]).toEqual(['SEND', 'UPDATE', []]);
    expect(update?.requestId).not.toBe(send?.requestId);
    expect(update?.bizDate).toBe(send?.bizDate);
    const heals = (await connector.metrics()).sum('card_sync_heals_total', { command: 'UPDATE' });
    expect(heals - before.sum('card_sync_heals_total', { command: 'UPDATE' })).toBe(1);
  });

  it('a refusal for good: a dead letter at once; the next change of the order makes its card', async () => {
    const cases = new Map<string, Case>();
    for (const one of refused) cases.set(await orderMeeting({ ...one.fault, count: 1 }), one);
    await connector.untilMetrics(
      'they are dead letters',
      now => now.sum('card_sync_dead_letters_total', { reason: 'rejected' }) === refused.length,
    );
    const [source, letters] = [await topics.read(world.topic), await topics.read(world.deadLetterTopic)];
    for (const [order, { what }] of cases) {
      const record = source.find(({ key }) => String(key) === order);
      const found = letters.filter(({ key }) => String(key) === order);
      const requests = requestsOf(order);
      expect([what, found.length, requests.length]).toEqual([what, 1, 1]);
      expect([found[0]?.partition, found[0]?.value]).toEqual([record?.partition, record?.value]);
      expect(found[0]?.headers).toMatchObject({
        'card_sync.result_code': what,
        'card_sync.result_status': 'F',
        'card_sync.http_status': '200',
        'card_sync.tracer_id': expect.stringMatching(/./),
        'card_sync.reason': 'rejected',
        'card_sync.code': 'CARD_REJECTED',
        'card_sync.command': 'SEND',
        'card_sync.request_id': requests[0]?.requestId,
        'card_sync.attempts': '1',
        'card_sync.template': 'PAYMENT_ORDER_DEFAULT',
        '__connect.errors.topic': world.topic,
        '__connect.errors.partition': String(record?.partition),
        '__connect.errors.offset': String(record?.offset),
        '__connect.errors.stage': 'TASK_PUT',
        '__connect.errors.exception.class.name': 'CARD_REJECTED',
      });
    }
    // There is no card, which is known: the next change makes it, without a detour.
    const heals = (await connector.metrics()).sum('card_sync_heals_total', { command: 'SEND' });
    for (const order of cases.keys()) await world.update(aBill(order, { amountCents: 888 }));
    for (const order of cases.keys()) {
      await world.sandbox.requests.waitFor(entry => entry.merchantBizNo === order && entry.outcome === 'created');
      expect(requestsOf(order).map(({ command }) => command)).toEqual(['SEND', 'SEND']);
    }
    expect((await connector.metrics()).sum('card_sync_heals_total', { command: 'SEND' })).toBe(heals);
  });

  it.each(hopeless)(
    '$what at every attempt: a dead letter with the story of all of them',
    async ({ fault, headers }) => {
      const reason = { reason: 'retries-exhausted' };
      const before = (await connector.metrics()).sum('card_sync_dead_letters_total', reason);
      const order = await orderMeeting(fault);
      await connector.untilMetrics(
        'it is a dead letter',
        now => now.sum('card_sync_dead_letters_total', reason) === before + 1,
      );
      const requests = requestsOf(order);
      expect(requests).toHaveLength(4);
      expect(new Set(requests.map(({ requestId, digest }) => `${requestId} ${digest}`)).size).toBe(1);
      const [letter] = (await topics.read(world.deadLetterTopic)).filter(({ key }) => String(key) === order);
      expect(letter?.headers).toMatchObject({
        'card_sync.reason': 'retries-exhausted',
        'card_sync.code': 'RETRIES_EXHAUSTED',
        ...headers,
        'card_sync.attempts': '4',
        'card_sync.request_id': requests[0]?.requestId,
      });
      const times = ['card_sync.first_attempt_at', 'card_sync.last_attempt_at'].map(
        name => letter?.headers[name] ?? '',
      );
      expect(Date.parse(times[1] ?? '')).toBeGreaterThan(Date.parse(times[0] ?? ''));
      // The order goes on.
      world.sandbox.faults.clear();
      await world.update(aBill(order, { amountCents: 999 }));
      await world.sandbox.requests.waitFor(entry => entry.merchantBizNo === order && entry.outcome === 'created');
    },
  );

  it.each(halting)('$what: intake stops, and the order is delivered when we are let in again', async ({ fault }) => {
    const ofCredentials = { reason: 'CREDENTIALS_REFUSED' };
    const before = (await connector.metrics()).sum('card_sync_degradations_total', ofCredentials);
    const order = await orderMeeting({ ...fault, count: 2 });
    const last = await delivered(order);
    const after = await connector.untilMetrics('intake goes on', now => now.sum('card_sync_degraded') === 0);
    expect(after.sum('card_sync_degradations_total', ofCredentials)).toBe(before + 1);
    const requests = requestsOf(order);
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map(({ requestId }) => requestId))).toEqual(new Set([last.requestId]));
  });

  it('each answer is counted under its code, every order is as it should be, and nothing else was given up', async () => {
    shopCloses.abort();
    await changing;
    await world.untilEqual();
    const samples = await connector.untilMetrics(
      'all is accounted for',
      now => now.sum('card_sync_unsettled_records') === 0 && now.sum('card_sync_consumer_lag') === 0,
    );
    checkDeliveries(world.sandbox);
    expect(allRequests(world.sandbox).length).toBe(samples.sum('card_sync_deliveries_total'));
    const { byResultCode } = world.sandbox.stats();
    for (const code of [...resultCodes, 'none', 'other']) {
      const counted = samples.sum('card_sync_deliveries_total', { result_code: code });
      expect([code, counted]).toEqual([code, byResultCode[code] ?? 0]);
    }
    expect(samples.sum('card_sync_dead_letters_total')).toBe(refused.length + hopeless.length);
    expect(await topics.read(world.deadLetterTopic)).toHaveLength(refused.length + hopeless.length);
  });

  it('every known code has series at 0 before the first request', async () => {
    // Its topic is not there, so it delivers nothing.
    await using idle = await world.startConnector('idle', { kafka: { topics: ['codes.nothing'] } });
    const series = await until('its metrics', async () => (await idle.metrics()).series('card_sync_deliveries_total'));
    for (const code of [...resultCodes, 'none']) {
      const ofCode = series.filter(({ labels }) => labels.result_code === code);
      expect(new Set(ofCode.map(({ labels }) => labels.command))).toEqual(new Set(['SEND', 'UPDATE']));
      expect(new Set(ofCode.map(({ labels }) => labels.template)).size).toBe(5);
      expect(ofCode.every(({ value }) => value === 0)).toBe(true);
    }
  });
});
