import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openTracing } from '../../../connector/tracing/open.ts';
import type { Tracing } from '../../../connector/tracing/tracing.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { until } from '../../support/until.ts';
import { writer } from './in-memory.ts';

let collector: OtlpReceiver;
let told: string[];

beforeEach(async () => {
  collector = await startOtlpReceiver();
  told = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await collector[Symbol.asyncDispose]();
});

async function open(environment: Readonly<Record<string, string>> = {}, closeMs = 20_000): Promise<Tracing> {
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '5', ...environment };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  const tracing = await openTracing({
    enabled: true,
    version: '1.2.3',
    closeMs,
    onUnreachable: reason => told.push(`unreachable: ${reason === '' ? 'without a reason' : 'why'}`),
    onReachable: lost => told.push(`reachable, ${lost} lost`),
    onIgnored: text => told.push(text),
  });
  if (tracing === null) throw new Error('it is on');
  return tracing;
}

/** One that begins here, and two whose beginner decided: to sample, and not to. */
function threeSpans({ tracer }: Tracing): void {
  tracer.startSpan('here', {}, ROOT_CONTEXT).end();
  for (const [name, traceFlags] of [['sampled', 1] as const, ['unsampled', 0] as const]) {
    const parent = trace.setSpanContext(context.active(), { ...writer, traceFlags, isRemote: true });
    tracer.startSpan(name, {}, parent).end();
  }
}

describe('the SDK', () => {
  it('sends what is left at the end, under the name of the service', async () => {
    const tracing = await open({ OTEL_SERVICE_NAME: 'cards-hk', OTEL_RESOURCE_ATTRIBUTES: 'zone=east' });
    tracing.tracer.startSpan('one').end();
    await tracing[Symbol.asyncDispose]();
    expect(collector.spans).toMatchObject([
      { name: 'one', resource: { 'service.name': 'cards-hk', 'service.version': '1.2.3', zone: 'east' } },
    ]);
  });

  it('is called card-sync where nothing else is said', async () => {
    const tracing = await open();
    tracing.tracer.startSpan('one').end();
    await tracing[Symbol.asyncDispose]();
    expect(collector.spans[0]?.resource['service.name']).toBe('card-sync');
  });

  it.each<[string | undefined, readonly string[]]>([
    [undefined, ['here', 'sampled']],
    ['parentbased_always_on', ['here', 'sampled']],
    ['parentbased_always_off', ['sampled']],
    ['parentbased_traceidratio', ['sampled']],
    ['always_on', ['here', 'sampled', 'unsampled']],
  ])('samples by OTEL_TRACES_SAMPLER=%s', async (sampler, expected) => {
    const tracing = await open(
      sampler === undefined ? {} : { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: '0' },
    );
    threeSpans(tracing);
    await tracing[Symbol.asyncDispose]();
    expect(collector.spans.map(({ name }) => name)).toEqual(expected);
    expect(told).toEqual([]);
  });

  it('tells of variables that mean nothing, and goes on', async () => {
    const tracing = await open({ OTEL_TRACES_SAMPLER: 'jaeger_remote', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    threeSpans(tracing);
    await tracing[Symbol.asyncDispose]();
    expect(collector.spans).toHaveLength(2);
    expect(told).toEqual([expect.stringContaining('grpc'), expect.stringContaining('jaeger_remote')]);
  });

  it('is nothing with OTEL_SDK_DISABLED', async () => {
    await expect(open({ OTEL_SDK_DISABLED: 'true' })).rejects.toThrow('it is on');
  });

  it('tells once of a collector that refuses, and once that it is back, with what was lost', async () => {
    collector.refuse(response => response.writeHead(400).end());
    const tracing = await open();
    tracing.tracer.startSpan('lost').end();
    await until('the first is refused', () => collector.requests >= 1 && told.length >= 1);
    const before = collector.requests;
    tracing.tracer.startSpan('lost too').end();
    await until('the second is refused', () => collector.requests > before);
    collector.refuse(undefined);
    tracing.tracer.startSpan('found').end();
    await until('the third is taken', () => collector.spans.length === 1);
    tracing.tracer.startSpan('found too').end();
    await tracing[Symbol.asyncDispose]();
    expect(told).toEqual(['unreachable: why', 'reachable, 2 lost']);
  });

  it('keeps nobody waiting for a collector that says nothing: a full queue drops, and the end has a limit', async () => {
    collector.refuse(() => undefined);
    const tracing = await open({ OTEL_BSP_MAX_QUEUE_SIZE: '10', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10' }, 50);
    for (let i = 0; i < 1_000; i++) tracing.tracer.startSpan(`${i}`).end();
    await until('the first batch came', () => collector.requests >= 1);
    await tracing[Symbol.asyncDispose]();
    expect(collector.spans).toEqual([]);
  });
});
