import { describe, expect, it } from 'vitest';
import { Fault } from '../../../connector/kernel/fault.ts';
import { withLog } from '../../../connector/observe/event-log.ts';
import { openMetrics } from '../../../connector/observe/exposition.ts';
import { createLogger, type LogLevel } from '../../../connector/observe/log.ts';
import { aClock, aDeadLetter, anAnswer, anAttempt, aRequest, openId, orderId, userId } from './given.ts';

function logging(level: LogLevel = 'info') {
  const written: string[] = [];
  const clock = aClock();
  const metrics = openMetrics({ templates: ['FILM'], topics: ['orders'], resultCodes: [] }, '1');
  const meter = withLog(metrics.meter, createLogger({ level, write: line => written.push(line) }), clock);
  return { meter, clock, metrics, written, lines: () => written.map(line => JSON.parse(line)) };
}

const refused = () =>
  anAttempt(
    anAnswer('PARAM_ILLEGAL', 'F', {
      result: {
        code: 'PARAM_ILLEGAL',
        status: 'F',
        message: `order ${orderId} of ${openId} (${userId}) lacks seat_num`,
      },
    }),
    { kind: 'reject', reason: 'PARAM_ILLEGAL' },
  );

describe('the log of the flow', () => {
  it('tells of an attempt that failed: what, where, the answer and its Tracer-Id, without ids', () => {
    const { meter, lines } = logging();
    meter.attempted(refused());
    expect(lines()).toEqual([
      {
        level: 'warn',
        time: expect.any(String),
        order: 'MB…01',
        command: 'SEND',
        requestId: 'a3bb189e-8bf9-3888-9912-ace4e6543002',
        at: 'shop.public.orders/2@123456789',
        verdict: 'reject',
        durationMs: 40,
        httpStatus: 200,
        resultCode: 'PARAM_ILLEGAL',
        resultStatus: 'F',
        resultMessage: 'order MB…01 of op…77 (21…34) lacks seat_num',
        signature: 'verified',
        tracerId: '0b1c2d3e17630000001234567',
        msg: 'attempt failed',
      },
    ]);
  });

  it('names the trace of what it tells of, where there is one', () => {
    const { meter, lines } = logging();
    const traceId = '01234567890123456789012345678901';
    const trace = { traceId, settled: () => undefined, parked: () => undefined, tookPlaceOf: () => undefined };
    meter.attempted({ ...refused(), trace });
    meter.attempted({ ...refused(), trace: { ...trace, traceId: null } });
    const letter = aDeadLetter();
    meter.deadLettered({ ...letter, record: { ...letter.record, trace } });
    expect(lines().map(({ trace_id }) => trace_id)).toEqual([traceId, undefined, traceId]);
  });

  it('tells of accepted cards at debug only', () => {
    const quiet = logging('info');
    quiet.meter.attempted(anAttempt());
    expect(quiet.lines()).toEqual([]);
    const loud = logging('debug');
    loud.meter.attempted(anAttempt());
    expect(loud.lines()).toMatchObject([{ level: 'debug', msg: 'card accepted', verdict: 'accepted', order: 'MB…01' }]);
  });

  it('takes a heal for no failure', () => {
    const { meter, lines } = logging('debug');
    meter.attempted(anAttempt(anAnswer('ORDER_NOT_FOUND', 'F'), { kind: 'heal', command: 'SEND' }));
    expect(lines()).toMatchObject([{ level: 'debug', msg: 'card healed' }]);
  });

  it('tells of dead letters, stray orders, failed commits, outages and rebalances', () => {
    const { meter, lines } = logging();
    meter.deadLettered(aDeadLetter());
    meter.strayed(aRequest().change);
    meter.committed(true);
    meter.committed(false);
    meter.degraded(null);
    meter.degraded(new Fault('PLATFORM_UNREACHABLE', { detail: '18 of 20 failed' }));
    meter.degraded(null);
    meter.rebalanced();
    expect(lines().map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      'warn record became a dead letter',
      'warn changes of one order come from two partitions: key the source by merchantBizNo',
      'warn offsets could not be committed; tried again',
      'error intake stopped',
      'info intake goes on',
      'info partitions were given out anew',
    ]);
    expect(lines()[0]).toMatchObject({
      reason: 'rejected',
      code: 'CARD_REJECTED',
      at: 'shop.public.orders/2@123456789',
      detail: 'PARAM_ILLEGAL: no order MB…01 of op…77',
      order: 'MB…01',
      attempts: 1,
    });
    expect(lines()[3].fault).toMatchObject({ code: 'PLATFORM_UNREACHABLE', detail: '18 of 20 failed' });
  });

  it('says nothing of commits that succeed', () => {
    const { meter, lines } = logging('trace');
    meter.committed(true);
    expect(lines()).toEqual([]);
  });

  it('bounds each kind of line by itself', () => {
    const { meter, lines } = logging();
    for (let i = 0; i < 30; i++) {
      meter.attempted(refused());
      meter.deadLettered(aDeadLetter());
      meter.strayed(aRequest().change);
      meter.committed(false);
    }
    expect(lines()).toHaveLength(4 * 20);
  });

  it('never shows an id', () => {
    const { meter, written } = logging('trace');
    meter.attempted(refused());
    meter.attempted(anAttempt());
    meter.attempted(
      anAttempt(
        { kind: 'unanswered', cause: 'timeout', text: `POST ${orderId}` },
        { kind: 'retry', cause: 'timeout', afterMs: null },
      ),
    );
    meter.attempted(
      anAttempt(anAnswer('X', 'F', { result: null, unreadable: `<p>${openId}</p>`, tracerId: orderId }), {
        kind: 'halt',
        reason: 'x',
      }),
    );
    meter.deadLettered(aDeadLetter());
    meter.strayed(aRequest().change);
    expect(written).toHaveLength(6);
    expect(written.join('')).not.toMatch(new RegExp(`${orderId}|${userId}|${openId}`));
  });

  it('stays bounded: 20 lines of a kind in a minute, then how many were left out', () => {
    const { meter, clock, lines } = logging();
    for (let i = 0; i < 500; i++) meter.attempted(refused());
    meter.strayed(aRequest().change);
    expect(lines()).toHaveLength(21);
    clock.set(59_999);
    meter.attempted(refused());
    expect(lines()).toHaveLength(21);
    clock.set(60_000);
    meter.attempted(refused());
    expect(lines()).toHaveLength(22);
    expect(lines()[21].leftOut).toBe(481);
    meter.attempted(refused());
    expect(lines()[22]).not.toHaveProperty('leftOut');
    clock.set(120_000);
    meter.attempted(refused());
    expect(lines()[23]).not.toHaveProperty('leftOut');
  });

  it.each([-86_400_000, -3_600_000, -1_000, 1_000, 3_600_000, 86_400_000])(
    'stays bounded by the minute where the wall clock is set by %d ms',
    step => {
      const { meter, clock, lines } = logging();
      for (let i = 0; i < 500; i++) meter.attempted(refused());
      clock.setWallClock(step);
      meter.attempted(refused());
      expect(lines()).toHaveLength(20);
      clock.set(60_000);
      meter.attempted(refused());
      expect(lines()).toHaveLength(21);
    },
  );

  it('counts whatever it logs, and what it does not', async () => {
    const { meter, metrics } = logging();
    for (let i = 0; i < 30; i++) meter.attempted(refused());
    meter.settled('delivered');
    meter.deadLettered(aDeadLetter());
    meter.strayed(aRequest().change);
    meter.committed(false);
    meter.rebalanced();
    meter.degraded(new Fault('CREDENTIALS_REFUSED', { detail: 'x' }));
    const text = await metrics.expose();
    for (const sample of [
      'card_sync_deliveries_total{result_code="PARAM_ILLEGAL",result_status="F",command="SEND",template="FILM"} 30',
      'card_sync_changes_settled_total{outcome="delivered"} 1',
      'card_sync_dead_letters_total{reason="rejected"} 1',
      'card_sync_orders_from_two_partitions_total 1',
      'card_sync_commits_total{outcome="failed"} 1',
      'card_sync_rebalances_total 1',
      'card_sync_degradations_total{reason="CREDENTIALS_REFUSED"} 1',
    ]) {
      expect(text).toContain(`\n${sample}\n`);
    }
  });
});
