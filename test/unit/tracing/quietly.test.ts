import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { instant } from '../../../connector/kernel/time.ts';
import { attemptsAt } from '../../../connector/tracing/attempt-trace.ts';
import { RecordTrace } from '../../../connector/tracing/record-trace.ts';
import type { Tracing } from '../../../connector/tracing/tracing.ts';
import { aRecord } from '../../support/builders.ts';
import { anAnswer, aRequest } from '../observe/given.ts';
import { headersOf, tracingInMemory } from './in-memory.ts';

const throws = () => {
  throw new Error('a defect of others');
};
const healthy = tracingInMemory();
const brokenProcessor = new SimpleSpanProcessor({ exporter: { export: throws, shutdown: async () => undefined } });
const brokenEnds = new TracerProvider({ spanProcessors: [Object.assign(brokenProcessor, { onEnd: throws })] });

describe('a tracer that throws', () => {
  it.each<[string, Pick<Tracing, 'tracer' | 'propagation'>]>([
    ['where spans begin', { ...healthy, tracer: { ...healthy.tracer, startSpan: throws } }],
    ['where spans end', { ...healthy, tracer: brokenEnds.getTracer('test') }],
    ['where contexts are read and written', { ...healthy, propagation: { extract: throws, inject: throws } }],
  ])('%s harms no delivery', (_, parts) => {
    const tracing: Tracing = { ...parts, [Symbol.asyncDispose]: async () => undefined };
    const shared = { tracing, groupId: 'cards', open: new Set<RecordTrace>(), receivedAt: instant(1) };
    const older = new RecordTrace({ ...aRecord(), headers: headersOf() }, 0, shared);
    const trace = new RecordTrace({ ...aRecord(), headers: headersOf() }, 0, shared);
    older.settled('superseded', 'superseded');
    trace.tookPlaceOf(older);
    const attempt = attemptsAt({ baseUrl: 'http://a', path: '/' }, tracing)(aRequest(), trace);
    attempt?.answered(anAnswer('SUCCESS', 'S'));
    trace.parked();
    trace.deadLettered('rejected', 'CARD_REJECTED');
    trace.settled('dead-lettered', null);
    expect(shared.open.size).toBe(0);
    expect(attempt?.headers.traceparent ?? 'none').not.toContain('0'.repeat(32));
  });
});
