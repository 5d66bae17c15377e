import { describe, expect, it } from 'vitest';
import { Fault } from '../../connector/kernel/fault.ts';
import { openTracedParts } from '../../connector/traced-parts.ts';
import { anAnswer, silence, sourceTopic } from '../support/builders.ts';
import { anOwed } from './flow/owed.ts';
import { key } from './flow/pipeline-world.ts';
import { headersOf, readTraceparent, writer } from './tracing/in-memory.ts';
import { TracedWorld } from './tracing/traced-world.ts';

const fails = () => anAnswer('UNKNOWN_EXCEPTION');

describe('a change that is traced', () => {
  it('is a span from its receipt to its end, with one span an attempt below it, in the trace of its writer', async () => {
    const world = new TracedWorld().restore();
    world.feed({ n: 7, headers: headersOf() });
    await world.clock.pass(100);
    const [attempt, change] = world.spans;
    expect(world.spans).toHaveLength(2);
    expect(change).toMatchObject({
      name: `process ${sourceTopic}`,
      kind: 'consumer',
      traceId: writer.traceId,
      parentId: writer.spanId,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'process',
        'messaging.operation.name': 'process',
        'messaging.destination.name': sourceTopic,
        'messaging.destination.partition.id': '0',
        'messaging.consumer.group.name': 'cards',
        'messaging.kafka.offset': 7,
        'card_sync.outcome': 'delivered',
        'card_sync.attempts': 1,
      },
    });
    expect(attempt).toMatchObject({ name: 'POST', kind: 'client', traceId: writer.traceId, parentId: change?.spanId });
  });

  it('gives the context of each attempt to its request', async () => {
    const world = new TracedWorld().restore();
    world.feed({ n: 1, headers: headersOf({ state: 'shop=42' }) });
    await world.clock.pass(100);
    expect(readTraceparent(world.sentHeaders[0] ?? {})).toMatchObject({
      traceId: writer.traceId,
      spanId: world.spans[0]?.spanId,
      traceFlags: 1,
    });
    expect(world.sentHeaders[0]?.tracestate).toBe('shop=42');
  });

  it('begins a trace where its writer has not', async () => {
    const world = new TracedWorld().restore();
    world.feed({ n: 1 });
    await world.clock.pass(100);
    const [attempt, change] = world.spans;
    expect(change).toMatchObject({ kind: 'consumer', parentId: undefined });
    expect(attempt).toMatchObject({ traceId: change?.traceId, parentId: change?.spanId });
  });

  it('has a span for each repetition, and the numbers count them', async () => {
    const world = new TracedWorld().restore();
    world.scripted.script = (_, attempt) => (attempt < 3 ? silence() : anAnswer('SUCCESS'));
    world.feed({ n: 1 });
    await world.clock.pass(10_000);
    const attempts = world.spans.filter(({ kind }) => kind === 'client');
    expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1, 2]);
    expect(attempts.map(({ attributes }) => attributes['error.type'])).toEqual(['timeout', 'timeout', undefined]);
    expect(new Set(attempts.map(({ parentId }) => parentId)).size).toBe(1);
    expect(world.spans.at(-1)?.attributes).toMatchObject({ 'card_sync.outcome': 'delivered', 'card_sync.attempts': 3 });
  });

  it('tells why it was skipped, or given up', async () => {
    const world = new TracedWorld().restore();
    world.scripted.script = ({ change }) => anAnswer(change.merchantBizNo === 'bad' ? 'PARAM_ILLEGAL' : 'SUCCESS');
    const fault = new Fault('CHANGE_UNMAPPABLE', { detail: 'of A-1' });
    world.feed(
      { n: 1, means: { kind: 'skipped', reason: 'unmapped' } },
      { n: 2, means: { kind: 'unusable', fault } },
      { n: 3, order: 'bad' },
      { n: 4, order: 'gone', ends: true, creates: true },
    );
    await world.clock.pass(1_000);
    const told = world.spans
      .filter(({ kind }) => kind === 'consumer')
      .map(({ attributes, status }) => [
        attributes['messaging.kafka.offset'],
        attributes['card_sync.outcome'],
        attributes['card_sync.skip_reason'] ?? attributes['card_sync.dead_letter_reason'],
        attributes['error.type'],
        status,
      ]);
    expect(told).toEqual([
      [1, 'skipped', 'unmapped', undefined, 0],
      [4, 'skipped', 'ended', undefined, 0],
      [2, 'dead-lettered', 'unmappable', 'CHANGE_UNMAPPABLE', 2],
      [3, 'dead-lettered', 'rejected', 'CARD_REJECTED', 2],
    ]);
    expect(world.tracing.text()).not.toContain('A-1');
  });

  it('links the one whose place it took', async () => {
    const world = new TracedWorld().restore();
    world.scripted.script = (_, attempt) => (attempt === 1 ? silence() : anAnswer('SUCCESS'));
    world.feed({ n: 1 });
    await world.clock.pass(100);
    world.feed({ n: 2 });
    await world.clock.pass(10_000);
    expect(world.outcomes).toEqual(['1 superseded', '2 delivered']);
    const [older, newer] = world.spans.filter(({ kind }) => kind === 'consumer');
    expect(older?.attributes['card_sync.skip_reason']).toBe('superseded');
    expect(newer?.links).toEqual([{ spanId: older?.spanId, attributes: { 'card_sync.link': 'superseded' } }]);
  });

  it('rests while it is parked, and begins a span anew with the next attempt', async () => {
    const world = new TracedWorld().restore();
    world.scripted.script = (_, attempt) => (attempt < 5 ? fails() : anAnswer('SUCCESS'));
    world.feed({ n: 1, headers: headersOf() });
    await world.clock.pass(60_000);
    expect(world.outcomes).toEqual(['1 parked']);
    await world.clock.pass(700_000);
    expect(world.outcomes).toEqual(['1 parked', '1 delivered']);
    const [rested, delivered] = world.spans.filter(({ kind }) => kind === 'consumer');
    expect(delivered).toMatchObject({ traceId: writer.traceId, parentId: writer.spanId });
    expect(delivered?.links).toMatchObject([{ spanId: rested?.spanId }]);
    expect(world.spans.findLast(({ kind }) => kind === 'client')).toMatchObject({
      parentId: delivered?.spanId,
      attributes: { 'http.request.resend_count': 4 },
    });
  });

  it('goes on in its trace where the journal owed it', async () => {
    const owed = anOwed({ n: 1, order: 'A-1' });
    const world = new TracedWorld().restore([{ ...owed, record: { ...owed.record, headers: headersOf() } }]);
    expect(world.spans).toEqual([]);
    world.feed({ n: 2, order: 'B' });
    await world.clock.pass(2_000);
    expect(world.outcomes).toContain('1 delivered');
    const attempt = world.spans.find(({ attributes }) => attributes['http.request.resend_count'] === 5);
    expect(attempt?.traceId).toBe(writer.traceId);
    expect(readTraceparent(world.sentHeaders[0] ?? {})?.traceId).toBe(writer.traceId);
  });

  it('is handed over with its partition, and told no more of', async () => {
    const world = new TracedWorld().restore();
    world.scripted.script = () => 'never';
    world.feed({ n: 1, headers: headersOf() }, { n: 2, order: 'B' });
    await world.clock.pass(10);
    world.flow.assigned([key(1)]);
    expect(world.outcomes).toEqual(['1 handed-over', '2 handed-over']);
    world.flow.assigned([key(0)]);
    await world.clock.pass(100_000);
    expect(world.outcomes).toHaveLength(2);
  });

  it('is handed over at the end, and what came again after a join is traced once', async () => {
    const world = new TracedWorld().restore();
    world.scripted.script = () => 'never';
    world.feed({ n: 1 });
    world.flow.assigned([key(0)]);
    world.feed({ n: 1 }, { n: 2, order: 'B' });
    await world.clock.pass(10);
    await world.traced[Symbol.asyncDispose]();
    expect(world.outcomes).toEqual(['1 handed-over', '2 handed-over']);
  });
});

describe('where nothing is traced', () => {
  it('every part is the very one it was, and no record has a trace', async () => {
    const settings = {
      observe: { tracing: false },
      kafka: { groupId: 'cards' },
      platform: { baseUrl: 'https://open.alipay.hk', path: '/sync' },
    } as Parameters<typeof openTracedParts>[0];
    const logger = { info: () => expect.fail('nothing is to be told') } as unknown as Parameters<
      typeof openTracedParts
    >[1];
    const parts = await openTracedParts(settings, logger);
    for (const part of ['flow', 'meter', 'reports'] as const) {
      const given = {} as never;
      expect(parts[part](given)).toBe(given);
    }
    const world = new TracedWorld(false).restore();
    world.feed({ n: 1, headers: headersOf() });
    await world.clock.pass(100);
    expect(world.scripted.requests).toHaveLength(1);
    expect(world.interpreted.some(record => 'trace' in record)).toBe(false);
    expect(world.sentHeaders).toEqual([{}]);
    expect(world.spans).toEqual([]);
  });
});
