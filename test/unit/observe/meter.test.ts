import { describe, expect, it } from 'vitest';
import { deadLetterReasons, outcomes } from '../../../connector/flow/ports.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import { type Metrics, openMetrics } from '../../../connector/observe/exposition.ts';
import { strangeCodesMax } from '../../../connector/observe/meter.ts';
import { skipReasons } from '../../../connector/order/event.ts';
import { retryCauses } from '../../../connector/order/result-codes.ts';
import { aDeadLetter, anAnswer, anAttempt, aRequest, orderId, userId } from './given.ts';

const open = () => openMetrics({ templates: ['FILM', 'TRAIN'], topics: ['orders'], resultCodes: [] }, '1.2.3');

/** The samples of our metrics: `name{labels}` → value, without the prefix. */
async function samplesOf(metrics: Metrics): Promise<ReadonlyMap<string, number>> {
  const lines = (await metrics.expose()).split('\n').filter(line => line.startsWith('card_sync_'));
  return new Map(
    lines.map(line => {
      const space = line.lastIndexOf(' ');
      return [line.slice('card_sync_'.length, space), Number(line.slice(space + 1))];
    }),
  );
}

describe('the meter', () => {
  it('shows every series at 0 before anything happened', async () => {
    const samples = await samplesOf(open());
    expect(
      samples.get('deliveries_total{result_code="SUCCESS",result_status="S",command="SEND",template="FILM"}'),
    ).toBe(0);
    expect(
      samples.get(
        'deliveries_total{result_code="INVALID_SIGNATURE",result_status="F",command="UPDATE",template="TRAIN"}',
      ),
    ).toBe(0);
    for (const reason of skipReasons) expect(samples.get(`changes_skipped_total{reason="${reason}"}`)).toBe(0);
    for (const outcome of outcomes) expect(samples.get(`changes_settled_total{outcome="${outcome}"}`)).toBe(0);
    for (const cause of retryCauses) expect(samples.get(`retries_total{cause="${cause}"}`)).toBe(0);
    for (const reason of deadLetterReasons) expect(samples.get(`dead_letters_total{reason="${reason}"}`)).toBe(0);
    expect(samples.get('records_consumed_total{topic="orders"}')).toBe(0);
    expect(samples.get('delivery_duration_seconds_count{outcome="halt"}')).toBe(0);
    expect(samples.get('rebalances_total')).toBe(0);
  });

  it('counts attempts by code, status, command and template', async () => {
    const metrics = open();
    const { meter } = metrics;
    meter.attempted(anAttempt());
    meter.attempted(anAttempt());
    meter.attempted(
      anAttempt(anAnswer('UNKNOWN_EXCEPTION', 'U'), { kind: 'retry', cause: 'unknown-outcome', afterMs: null }),
    );
    meter.attempted(anAttempt(undefined, undefined, aRequest({ command: 'UPDATE', template: 'TRAIN' })));
    const samples = await samplesOf(metrics);
    const of = (code: string, status: string, command: string, template: string) =>
      samples.get(
        `deliveries_total{result_code="${code}",result_status="${status}",command="${command}",template="${template}"}`,
      );
    expect(of('SUCCESS', 'S', 'SEND', 'FILM')).toBe(2);
    expect(of('UNKNOWN_EXCEPTION', 'U', 'SEND', 'FILM')).toBe(1);
    expect(of('SUCCESS', 'S', 'UPDATE', 'TRAIN')).toBe(1);
    expect(samples.get('delivery_duration_seconds_count{outcome="accepted"}')).toBe(3);
    expect(samples.get('delivery_duration_seconds_sum{outcome="retry"}')).toBe(0.04);
  });

  it('counts what brought no result as none, and strangers as other past the first, however many there are', async () => {
    const metrics = open();
    const retry = { kind: 'retry', cause: 'network', afterMs: null } as const;
    metrics.meter.attempted(anAttempt({ kind: 'unanswered', cause: 'connection', text: 'reset' }, retry));
    metrics.meter.attempted(anAttempt(anAnswer('x', 'U', { result: null, unreadable: 'no JSON' }), retry));
    const before = (await samplesOf(metrics)).size;
    const reject = { kind: 'reject', reason: 'x' } as const;
    for (let i = 0; i < 100; i++) {
      metrics.meter.attempted(anAttempt(anAnswer(`NEW_${i}`, 'F'), reject, aRequest({ template: `T${i}` })));
    }
    metrics.meter.attempted(anAttempt(anAnswer('NEW_1', 'F'), reject));
    const samples = await samplesOf(metrics);
    const of = (code: string, status: string, template: string) =>
      samples.get(
        `deliveries_total{result_code="${code}",result_status="${status}",command="SEND",template="${template}"}`,
      );
    expect(of('none', 'none', 'FILM')).toBe(2);
    expect(of('NEW_0', 'F', 'other')).toBe(1);
    expect(of('NEW_1', 'F', 'FILM')).toBe(1);
    expect(of('NEW_19', 'F', 'other')).toBe(1);
    expect(of('NEW_20', 'F', 'other')).toBeUndefined();
    expect(of('other', 'F', 'other')).toBe(100 - strangeCodesMax);
    // The 20, one of them of another template too, and one for all the others.
    expect(samples.size).toBe(before + strangeCodesMax + 2);
  });

  it('counts no code under its own name that may be a customer, or is no code', async () => {
    const metrics = open();
    const reject = { kind: 'reject', reason: 'x' } as const;
    const strangers = [orderId, `ORDER_${orderId}`, userId, 'odd code', `LONG_${'X'.repeat(64)}`, 'x"} 1'];
    for (const code of strangers) metrics.meter.attempted(anAttempt(anAnswer(code, 'F'), reject));
    const text = await metrics.expose();
    for (const code of strangers) expect(text).not.toContain(code);
    const other = 'deliveries_total{result_code="other",result_status="F",command="SEND",template="FILM"}';
    expect((await samplesOf(metrics)).get(other)).toBe(strangers.length);
  });

  it('shows a code that the settings name from the start, under any status, and it is no stranger', async () => {
    const metrics = openMetrics({ templates: ['FILM'], topics: [], resultCodes: ['SOME_NEW_CODE'] }, '1');
    const of = (status: string, code = 'SOME_NEW_CODE') =>
      `deliveries_total{result_code="${code}",result_status="${status}",command="SEND",template="FILM"}`;
    const reject = { kind: 'reject', reason: 'x' } as const;
    for (let i = 0; i < 30; i++) metrics.meter.attempted(anAttempt(anAnswer(`NEW_${i}`, 'F'), reject));
    metrics.meter.attempted(anAttempt(anAnswer('SOME_NEW_CODE', 'U'), reject));
    const samples = await samplesOf(metrics);
    expect([samples.get(of('S')), samples.get(of('F')), samples.get(of('U'))]).toEqual([0, 0, 1]);
    expect(samples.get(of('F', 'other'))).toBe(30 - strangeCodesMax);
  });

  it('counts everything else under its own name', async () => {
    const metrics = open();
    const { meter } = metrics;
    meter.received('orders', 7);
    for (const outcome of outcomes) meter.settled(outcome);
    for (const reason of skipReasons) meter.skipped(reason);
    for (const cause of retryCauses) meter.retried(cause);
    meter.healed(aRequest({ command: 'UPDATE' }));
    meter.deadLettered(aDeadLetter());
    meter.committed(true);
    meter.committed(false);
    meter.rebalanced();
    meter.strayed(aRequest().change);
    meter.degraded(new Fault('PLATFORM_UNREACHABLE', { detail: 'x' }));
    meter.degraded(null);
    meter.degraded(new Fault('TOPIC_MISSING', { detail: 'x' }));
    meter.topicHeld(new Fault('MAPPING_FITS_NOTHING', { detail: 'x' }));
    meter.topicHeld(null);
    meter.signatureChecked('bad');
    meter.registryAvailable(false);
    const samples = await samplesOf(metrics);
    expect(samples.get('records_consumed_total{topic="orders"}')).toBe(7);
    for (const outcome of outcomes) expect(samples.get(`changes_settled_total{outcome="${outcome}"}`)).toBe(1);
    for (const reason of skipReasons) expect(samples.get(`changes_skipped_total{reason="${reason}"}`)).toBe(1);
    for (const cause of retryCauses) expect(samples.get(`retries_total{cause="${cause}"}`)).toBe(1);
    expect(samples.get('heals_total{command="UPDATE"}')).toBe(1);
    expect(samples.get('heals_total{command="SEND"}')).toBe(0);
    expect(samples.get('dead_letters_total{reason="rejected"}')).toBe(1);
    expect(samples.get('degradations_total{reason="MAPPING_FITS_NOTHING"}')).toBe(1);
    expect(samples.get('commits_total{outcome="ok"}')).toBe(1);
    expect(samples.get('commits_total{outcome="failed"}')).toBe(1);
    expect(samples.get('rebalances_total')).toBe(1);
    expect(samples.get('orders_from_two_partitions_total')).toBe(1);
    expect(samples.get('degradations_total{reason="PLATFORM_UNREACHABLE"}')).toBe(1);
    expect(samples.get('degradations_total{reason="other"}')).toBe(1);
    expect(samples.get('answer_signatures_total{result="bad"}')).toBe(1);
    expect(samples.get('registry_unavailable')).toBe(1);
    meter.registryAvailable(true);
    expect((await samplesOf(metrics)).get('registry_unavailable')).toBe(0);
  });

  it('shows that the key files hold what was refused, until they hold what can be used', async () => {
    const metrics = open();
    const refused = async () => (await samplesOf(metrics)).get('key_files_refused');
    expect(await refused()).toBe(0);
    metrics.meter.keysReloaded(false);
    expect(await refused()).toBe(1);
    metrics.meter.keysReloaded(true);
    expect(await refused()).toBe(0);
    expect((await samplesOf(metrics)).get('key_reloads_total{outcome="refused"}')).toBe(1);
  });

  it('measures delays in seconds, and takes one that clocks made negative for none', async () => {
    const metrics = open();
    metrics.meter.accepted(90_000, 1_500);
    metrics.meter.accepted(-5, Number.NaN);
    const samples = await samplesOf(metrics);
    expect(samples.get('end_to_end_delay_seconds_sum')).toBe(90);
    expect(samples.get('end_to_end_delay_seconds_count')).toBe(2);
    expect(samples.get('end_to_end_delay_seconds_bucket{le="60"}')).toBe(1);
    expect(samples.get('end_to_end_delay_seconds_bucket{le="120"}')).toBe(2);
    expect(samples.get('append_to_accepted_seconds_sum')).toBe(1.5);
  });

  it('has a registry of its own: two connectors in one process do not mix', async () => {
    const [one, two] = [open(), open()];
    one.meter.rebalanced();
    expect((await samplesOf(two)).get('rebalances_total')).toBe(0);
    expect((await samplesOf(one)).get(`build_info{version="1.2.3",node="${process.versions.node}"}`)).toBe(1);
    expect(await one.expose()).toContain('process_cpu_seconds_total');
  });
});
