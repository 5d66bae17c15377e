import { AlwaysOnSampler, ParentBasedSampler } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import type { SourceRecord } from '../../../connector/kernel/record.ts';
import { instant } from '../../../connector/kernel/time.ts';
import type { Answer } from '../../../connector/order/answer.ts';
import { attemptsAt } from '../../../connector/tracing/attempt-trace.ts';
import { RecordTrace } from '../../../connector/tracing/record-trace.ts';
import { aRecord, silence } from '../../support/builders.ts';
import { anAnswer, aRequest, openId, orderId, userId } from '../observe/given.ts';
import { headersOf, readTraceparent, type TracingInMemory, tracingInMemory, writer } from './in-memory.ts';

const platform = { baseUrl: 'https://open.alipay.hk', path: '/api/sync' };

function traceOf(tracing: TracingInMemory, record: Partial<SourceRecord> = {}, attempts = 0): RecordTrace {
  const parts = { tracing, groupId: 'cards', open: new Set<RecordTrace>(), receivedAt: instant(Date.now()) };
  return new RecordTrace({ ...aRecord(), ...record }, attempts, parts);
}

/** The span of an attempt that was answered so. */
function spanOf(answer: Answer, at = platform) {
  const tracing = tracingInMemory();
  attemptsAt(at, tracing)(aRequest(), traceOf(tracing))?.answered(answer);
  return { span: tracing.spans()[0], text: tracing.text() };
}

describe('the span of an attempt', () => {
  it('says where it went, and what was answered', () => {
    const { span } = spanOf(anAnswer('SUCCESS', 'S'));
    expect(span).toMatchObject({
      name: 'POST',
      kind: 'client',
      status: 0,
      attributes: {
        'http.request.method': 'POST',
        'server.address': 'open.alipay.hk',
        'server.port': 443,
        'url.full': 'https://open.alipay.hk/api/sync',
        'http.response.status_code': 200,
        'card_sync.command': 'SEND',
        'card_sync.request_id': 'a3bb189e-8bf9-3888-9912-ace4e6543002',
        'card_sync.result_code': 'SUCCESS',
        'card_sync.result_status': 'S',
        'card_sync.tracer_id': '0b1c2d3e17630000001234567',
      },
    });
    expect(span?.attributes).not.toHaveProperty('error.type');
    expect(span?.attributes).not.toHaveProperty('http.request.resend_count');
  });

  it.each([
    ['http://[::1]:8080/proxy/', '::1', 8080, 'http://[::1]:8080/proxy/api/sync'],
    ['http://sandbox', 'sandbox', 80, 'http://sandbox/api/sync'],
  ])('goes to %s', (baseUrl, address, port, full) => {
    const { span } = spanOf(anAnswer('SUCCESS', 'S'), { ...platform, baseUrl });
    expect(span?.attributes).toMatchObject({ 'server.address': address, 'server.port': port, 'url.full': full });
  });

  it.each<[string, Answer]>([
    ['timeout', silence('timeout')],
    ['connection', silence('connection')],
    ['503', anAnswer('SYSTEM_ERROR', 'U', { httpStatus: 503 })],
    ['302', anAnswer('', 'F', { httpStatus: 302, result: null, unreadable: 'a page' })],
    ['result_F', anAnswer('PARAM_ILLEGAL', 'F')],
    ['result_U', anAnswer('UNKNOWN_EXCEPTION', 'U')],
    ['unreadable', anAnswer('', 'F', { result: null, unreadable: 'no JSON' })],
    ['signature_bad', anAnswer('SUCCESS', 'S', { signature: 'bad' })],
    ['signature_missing', anAnswer('SUCCESS', 'S', { signature: 'missing' })],
  ])('is an error of the type %s', (type, answer) => {
    const { span } = spanOf(answer);
    expect(span).toMatchObject({ status: 2, attributes: { 'error.type': type } });
  });

  it('says no id of the customer, whatever the platform repeats', () => {
    const result = { code: `NO_${orderId}`, status: 'F', message: `${userId} of ${openId}` } as const;
    const { text } = spanOf(anAnswer('x', 'F', { result, tracerId: `T-${userId}-${orderId}` }));
    expect(text).toContain('NO_MB…01');
    for (const id of [orderId, userId, openId]) expect(text).not.toContain(id);
  });

  it('is not told of where not a byte went, nor counted', () => {
    const tracing = tracingInMemory();
    const trace = traceOf(tracing);
    const attempting = attemptsAt(platform, tracing);
    attempting(aRequest(), trace)?.answered(silence('unsent'));
    expect(tracing.spans()).toEqual([]);
    attempting(aRequest(), trace)?.answered(silence('timeout'));
    expect(tracing.spans()[0]?.attributes).not.toHaveProperty('http.request.resend_count');
  });

  it('counts on from what was tried before the restart', () => {
    const tracing = tracingInMemory();
    attemptsAt(platform, tracing)(aRequest(), traceOf(tracing, {}, 5))?.answered(anAnswer('SUCCESS', 'S'));
    expect(tracing.spans()[0]?.attributes['http.request.resend_count']).toBe(5);
  });

  it('follows no trace of others', () => {
    const stranger = { traceId: null, settled: () => undefined, parked: () => undefined, tookPlaceOf: () => undefined };
    expect(attemptsAt(platform, tracingInMemory())(aRequest(), stranger)).toBeNull();
  });
});

describe('the headers of an attempt', () => {
  it("pass on that the trace is not sampled, and nothing is told of it, where that is its writer's word", () => {
    const tracing = tracingInMemory(new ParentBasedSampler({ root: new AlwaysOnSampler() }));
    const trace = traceOf(tracing, { headers: headersOf({ sampled: false }) });
    const attempt = attemptsAt(platform, tracing)(aRequest(), trace);
    expect(readTraceparent(attempt?.headers ?? {})).toMatchObject({ traceId: writer.traceId, traceFlags: 0 });
    attempt?.answered(anAnswer('SUCCESS', 'S'));
    trace.settled('delivered', null);
    expect(tracing.spans()).toEqual([]);
  });

  it('are those of the trace alone, whatever else a propagator has to say', () => {
    const { propagation, ...tracing } = tracingInMemory();
    const inject: typeof propagation.inject = (context, carrier, setter) => {
      propagation.inject(context, carrier, setter);
      setter.set(carrier, 'baggage', `user=${userId}`);
      setter.set(carrier, 'signature', 'another');
    };
    const talkative = { ...tracing, propagation: { ...propagation, extract: propagation.extract, inject } };
    const attempt = attemptsAt(platform, talkative)(aRequest(), traceOf(talkative));
    expect(Object.keys(attempt?.headers ?? {})).toEqual(['traceparent']);
  });

  it.each(['', '00-zz-1-01', `00-${'0'.repeat(32)}-${writer.spanId}-01`, 'ff'.repeat(5_000)])(
    'are of a new trace where the record has a traceparent that is none: %s',
    traceparent => {
      const tracing = tracingInMemory();
      const trace = traceOf(tracing, { headers: [{ name: 'traceparent', value: Buffer.from(traceparent) }] });
      attemptsAt(platform, tracing)(aRequest(), trace)?.answered(anAnswer('SUCCESS', 'S'));
      expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(trace.traceId).not.toBe(writer.traceId);
    },
  );
});
