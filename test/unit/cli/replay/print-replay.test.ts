import { describe, expect, it } from 'vitest';
import { howToGoOn, jsonOf, textOf } from '../../../../connector/cli/replay/print-replay.ts';
import { Fault } from '../../../../connector/kernel/fault.ts';
import { instant } from '../../../../connector/kernel/time.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import type { Replayed, ReplayRequest } from '../../../../connector/tools/replay/replay.ts';
import { dawn, lsnAt, sourceTopic } from '../../../support/builders.ts';

const request = (parts: Partial<ReplayRequest> = {}): ReplayRequest => ({
  ...{ run: '7f3a91c2', from: dawn, to: instant(dawn + 3_600_000), order: null, template: 'PAYMENT_ORDER_DEFAULT' },
  ...{ ratePerSecond: 50, ordersMax: 1_000, dryRun: false, ...parts },
});
const place = { topic: sourceTopic, partition: 2, offset: 41n, source: lsnAt(7), template: 'PAYMENT_ORDER_DEFAULT' };
const replayed = (parts: Partial<Replayed> = {}): Replayed => ({
  ...{ looked: 812, unusable: 0, orders: 40, already: 0, putBack: 40, gone: 0, brokenOff: null },
  samples: [[merchantBizNo('BL20260001'), { ...place, replays: 0, done: false }]],
  ...parts,
});
const span = 'from 2026-11-23T00:00:00.000Z to 2026-11-23T01:00:00.000Z';

describe('what a replay came to', () => {
  it('is told in a few lines', () => {
    expect(textOf(request(), replayed())).toBe(
      `40 orders changed ${span} (812 records read)\n40 orders put back by run 7f3a91c2\n`,
    );
  });

  it('says what was left out, and why', () => {
    const text = textOf(request(), replayed({ unusable: 1, already: 12, gone: 3, putBack: 1 }));
    expect(text.split('\n')).toEqual([
      `40 orders changed ${span} (812 records read)`,
      '  1 record cannot be decoded or mapped: their orders may be missing',
      '  12 were put back by run 7f3a91c2 before',
      '  3 lie no more where they were found: their topic is compacted, or keeps nothing for long',
      '1 order put back by run 7f3a91c2',
      '',
    ]);
  });

  it('of a dry run shows the first orders, their ids masked', () => {
    const text = textOf(request({ dryRun: true }), replayed({ putBack: 0 }));
    expect(text).toContain('nothing was put back (--dry-run); the first of them:\n');
    expect(text).toContain('  BL…01  PAYMENT_ORDER_DEFAULT  2026-11-23T00:00:00.007Z  shop.public.orders/2@41\n');
    expect(text + jsonOf(request({ dryRun: true }), replayed())).not.toContain('BL20260001');
  });

  it('is one JSON object', () => {
    expect(JSON.parse(jsonOf(request(), replayed({ brokenOff: 'interrupted' })))).toEqual({
      ...{
        run: '7f3a91c2',
        from: '2026-11-23T00:00:00.000Z',
        to: '2026-11-23T01:00:00.000Z',
        looked: 812,
        unusable: 0,
      },
      ...{ orders: 40, already: 0, putBack: 40, gone: 0, dryRun: false, ended: 'interrupted' },
      samples: [
        {
          ...{ order: 'BL…01', template: 'PAYMENT_ORDER_DEFAULT', committedAt: '2026-11-23T00:00:00.007Z', replays: 0 },
          position: 'shop.public.orders/2@41',
        },
      ],
    });
    const fault = new Fault('KAFKA_UNREACHABLE', { detail: 'no leader' });
    const ended = [null, fault].map(brokenOff => JSON.parse(jsonOf(request(), replayed({ brokenOff }))).ended);
    expect(ended).toEqual(['done', 'KAFKA_UNREACHABLE']);
  });

  it('broken off, is gone on with in the same span, which "2h ago" would not be by then', () => {
    const { text, hint } = {
      text: textOf(request(), replayed({ putBack: 12, brokenOff: 'interrupted' })),
      hint: howToGoOn(request(), replayed({ putBack: 12 })),
    };
    expect(text).toContain('12 orders put back by run 7f3a91c2 until it was broken off\n');
    expect(hint).toBe(
      'to go on: card-sync replay --run 7f3a91c2 --from 2026-11-23T00:00:00.000Z --to 2026-11-23T01:00:00.000Z ' +
        '--template PAYMENT_ORDER_DEFAULT --rate 50\n',
    );
    expect(howToGoOn(request({ order: 'BL20260001', template: null }), replayed())).toContain(' --order <the same> ');
    expect(howToGoOn(request(), replayed({ putBack: 0 }))).toBe('nothing was put back\n');
  });
});
