import { describe, expect, it } from 'vitest';
import { readDemoCommand } from '../../demo/live/command-line.ts';
import { MetricsPage } from '../../demo/live/metrics-page.ts';
import { isSettled, isTakenIn, type Reading, readingOf } from '../../demo/live/reading.ts';
import { Shop } from '../../demo/live/shop.ts';
import { progressLine, type Scene, summaryLines } from '../../demo/live/summary.ts';
import { makeOrders } from '../../demo/seed.ts';

const page = MetricsPage.parse(`# HELP card_sync_deliveries_total Attempts
# TYPE card_sync_deliveries_total counter
card_sync_deliveries_total{result_code="SUCCESS",result_status="S",command="SEND",template="A"} 1200
card_sync_deliveries_total{result_code="SUCCESS",result_status="S",command="UPDATE",template="A"} 300
card_sync_deliveries_total{result_code="ORDER_NOT_FOUND",result_status="F",command="UPDATE",template="A"} 2
card_sync_deliveries_total{result_code="PROCESS_FAIL",result_status="F",command="UPDATE",template="A"} 0
card_sync_changes_skipped_total{reason="unchanged"} 7
card_sync_consumer_lag{topic="shop.public.orders",partition="0"} 3
card_sync_consumer_lag{topic="shop.public.orders",partition="1"} 0
card_sync_frontier_offset{topic="shop.public.orders",partition="0"} 1000
card_sync_frontier_offset{topic="shop.public.orders",partition="1"} 512
card_sync_queued_changes 2
card_sync_in_flight_requests 1
card_sync_retries_total{cause="no_answer"} 4
card_sync_dead_letters_total{reason="rejected"} 1
card_sync_end_to_end_delay_seconds_bucket{le="0.05"} 9
card_sync_end_to_end_delay_seconds_sum 150
card_sync_end_to_end_delay_seconds_count 1500
process_start_time_seconds 1.7e9
`);

const settled: Reading = { ...readingOf(page), lag: 0, queued: 0, inFlight: 0, waiting: 0 };

describe('the metrics page', () => {
  it('is summed over series, and by label without the empty ones', () => {
    expect(page.sum('card_sync_consumer_lag')).toBe(3);
    expect(page.sum('process_start_time_seconds')).toBe(1.7e9);
    expect(page.sum('card_sync_unheard_of')).toBe(0);
    expect(page.sumBy('card_sync_deliveries_total', 'result_code')).toEqual([
      ['SUCCESS', 1500],
      ['ORDER_NOT_FOUND', 2],
    ]);
  });

  it('reads label values with quotes, braces and commas in them', () => {
    const odd = MetricsPage.parse('a{x="say \\"hi\\"",y="{1,2}"} 5\n');
    expect(odd.sumBy('a', 'y')).toEqual([['{1,2}', 5]]);
  });
});

describe('the start of a run', () => {
  it('is when the seed has come in and been tried, though an order may wait to be tried again', () => {
    const taken = { ...settled, consumed: 450, waiting: 3 };
    expect(isTakenIn(taken, 450)).toBe(true);
    expect(isTakenIn(taken, 451)).toBe(false);
    expect(isTakenIn({ ...taken, queued: 1 }, 450)).toBe(false);
    expect(isTakenIn({ ...taken, inFlight: 1 }, 450)).toBe(false);
  });
});

describe('the end of a run', () => {
  it('is when all records are accounted for and nothing is under way', () => {
    expect(isSettled(settled, 1512)).toBe(true);
    expect(isSettled(settled, 1513)).toBe(false);
    for (const name of ['lag', 'queued', 'inFlight', 'waiting'] as const) {
      expect(isSettled({ ...settled, [name]: 1 }, 1512), name).toBe(false);
    }
  });
});

describe('the shop', () => {
  it('keeps the last row of every order, and counts the changes', () => {
    const [one, two, three] = makeOrders(1, 3, new Date());
    if (one === undefined || two === undefined || three === undefined) throw new Error('three orders');
    const shop = new Shop([one, two]);
    const changed = { ...one, amountCents: 1 };
    shop.see([
      { kind: 'update', order: changed },
      { kind: 'insert', order: three },
    ]);
    shop.see([{ kind: 'delete', order: changed }]);
    expect(shop.deleted).toEqual([{ order: changed, deleted: true }]);
    expect([shop.orders, shop.changes]).toEqual([3, 3]);
  });
});

describe('the summary', () => {
  const shop = { orders: 500, changes: 1234, counts: { update: 1100, insert: 120, delete: 14 } };
  const urls = { sandboxUrl: 'http://127.0.0.1:1/', metricsUrl: 'http://127.0.0.1:2/metrics' };
  const scene: Scene = {
    ...urls,
    shop,
    elapsedMs: 83_000,
    rate: 49.7,
    delayMs: 100.2,
    phase: 'the shop changes its orders',
  };

  it('tells rows, cards by result code, lag, retries, dead letters and the two addresses', () => {
    const text = summaryLines(scene, readingOf(page)).join('\n');
    for (const part of [
      '01:23',
      '1,234   (1,100 updates, 120 inserts, 14 deletes)   50/s',
      '1,500   SUCCESS 1,500  ORDER_NOT_FOUND 2',
      '7   unchanged 7',
      '3 records, 2 queued, 1 in flight',
      '100 ms on average',
      ...Object.values(urls),
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/retries +4\n +dead letters +1$/);
  });

  it('fits into one line of a log', () => {
    expect(progressLine(scene, readingOf(page))).toBe(
      '01:23 the shop changes its orders, 1,234 rows changed, 1,500 delivered (SUCCESS 1,500  ORDER_NOT_FOUND 2), lag 3, 4 retries, 1 dead letters',
    );
  });
});

describe('the command line', () => {
  const optionsOf = (...args: string[]) => {
    const command = readDemoCommand(args);
    if (command.kind !== 'run') throw new Error(command.text);
    return command.options;
  };

  it('runs without end by default', () => {
    expect(optionsOf()).toMatchObject({ seeded: 200, inserts: Infinity, changes: Infinity, rate: 20, exit: false });
  });

  it('makes a tenth of the orders on the way when it is to end', () => {
    expect(optionsOf('--orders', '500', '--exit')).toMatchObject({
      seeded: 450,
      inserts: 50,
      changes: 2000,
      rate: 100,
    });
    expect(optionsOf('--exit', '--changes', '30', '--rate', '7', '--seed', '3')).toMatchObject({
      changes: 30,
      rate: 7,
      seed: 3,
    });
  });

  it('names every problem', () => {
    const command = readDemoCommand(['--orders', 'many', '--rate', '0', '--exit', '--changes', '5']);
    expect(command).toMatchObject({ kind: 'wrong' });
    if (command.kind === 'wrong') {
      for (const name of ['--orders', '--rate', '--changes']) expect(command.text).toContain(name);
    }
    expect(readDemoCommand(['--what'])).toMatchObject({ kind: 'wrong' });
    expect(readDemoCommand(['--help'])).toMatchObject({ kind: 'help' });
  });
});
