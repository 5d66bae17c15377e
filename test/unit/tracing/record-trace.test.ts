import { describe, expect, it } from 'vitest';
import { instant } from '../../../connector/kernel/time.ts';
import { RecordTrace } from '../../../connector/tracing/record-trace.ts';
import { aRecord } from '../../support/builders.ts';
import { headersOf, tracingInMemory, writer } from './in-memory.ts';

const receivedAt = instant(Date.now() - 3_600_000);

function given(record = aRecord(), attempts = 0) {
  const tracing = tracingInMemory();
  const open = new Set<RecordTrace>();
  const parts = { tracing, groupId: 'cards', open, receivedAt };
  return { tracing, open, trace: new RecordTrace(record, attempts, parts), parts };
}

describe("a record's trace", () => {
  it('has no id before there is anything to tell, then that of its writer', () => {
    const { trace, open } = given({ ...aRecord(), headers: headersOf() });
    expect([trace.traceId, open.size]).toEqual([null, 0]);
    trace.attempt();
    expect([trace.traceId, open.size]).toEqual([writer.traceId, 1]);
    trace.settled('delivered', 'SUCCESS');
    expect([trace.traceId, open.size]).toEqual([writer.traceId, 0]);
  });

  it('is as long as its record was here', () => {
    const { trace, tracing } = given();
    trace.settled('delivered', null);
    expect(tracing.durationMs(0)).toBeGreaterThanOrEqual(3_600_000);
    const resumed = given(aRecord(), 5);
    resumed.trace.settled('delivered', null);
    expect(resumed.tracing.durationMs(0)).toBeLessThan(3_600_000);
  });

  it('tells no words of the platform, which may repeat an id, but the reason of a skip', () => {
    const { trace, tracing } = given();
    trace.settled('delivered', 'NO_MB20260001');
    expect(tracing.text()).not.toContain('MB20260001');
    const skipped = given();
    skipped.trace.settled('skipped', 'unchanged');
    expect(skipped.tracing.spans()[0]?.attributes['card_sync.skip_reason']).toBe('unchanged');
  });

  it('says nothing of the key, and of the value only that there is none', () => {
    const { trace, tracing } = given({ ...aRecord(), key: Buffer.from('MB20260001'), value: null });
    trace.settled('skipped', 'ignored');
    expect(tracing.text()).not.toContain('MB20260001');
    expect(tracing.spans()[0]?.attributes['messaging.kafka.message.tombstone']).toBe(true);
  });

  it('goes on in one trace of its own after a rest', () => {
    const { trace, tracing } = given();
    trace.attempt();
    trace.parked();
    trace.settled('delivered', null);
    const [first, second] = tracing.spans();
    expect(second).toMatchObject({ traceId: first?.traceId, parentId: first?.spanId, links: [] });
  });

  it('is told of once', () => {
    const { trace, tracing } = given();
    trace.handOver();
    trace.settled('delivered', null);
    trace.deadLettered('rejected', 'CARD_REJECTED');
    trace.parked();
    expect(tracing.spans().map(({ attributes }) => attributes['card_sync.outcome'])).toEqual(['handed-over']);
  });
});
