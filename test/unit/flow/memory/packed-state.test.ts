import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatePacker } from '../../../../connector/flow/memory/packed-state.ts';
import { BrokenInvariant } from '../../../../connector/kernel/assert.ts';
import type { Position } from '../../../../connector/kernel/position.ts';
import type { SourcePosition } from '../../../../connector/kernel/row-change.ts';
import { type Instant, instant } from '../../../../connector/kernel/time.ts';
import { evolve, initialState, type OrderState } from '../../../../connector/order/state.ts';
import { aChange, lsnAt, sourceTopic } from '../../../support/builders.ts';
import { sent } from '../../order/given.ts';

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const offset = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const int = fc.integer({ min: 0, max: 2 ** 31 - 1 });
// Any moment a Date can hold.
const moment: fc.Arbitrary<Instant> = fc.integer({ min: -8.64e15, max: 8.64e15 }).map(instant);
const momentOrNone = fc.option(moment);
const hash = fc.stringMatching(/^[0-9a-f]{32}$/);
const through: fc.Arbitrary<Position> = fc.record({
  topic: fc.constantFrom(sourceTopic, 'shop.public.returns', 'été/?'),
  partition: int,
  offset,
});
const taken = { snapshot: fc.constant(true as const) };
const lsn = fc
  .record(
    {
      kind: fc.constant('lsn' as const),
      lsn: long,
      distance: fc.oneof(long, fc.bigInt({ min: 0n, max: 99n })),
      committedAt: moment,
      ...taken,
    },
    { requiredKeys: ['kind', 'lsn', 'committedAt'] },
  )
  .map(({ distance, ...position }) => {
    const commitLsn = distance === undefined ? undefined : BigInt.asIntN(64, position.lsn - distance);
    return { ...position, ...(commitLsn !== undefined && { commitLsn }) };
  });
const source: fc.Arbitrary<SourcePosition> = fc.oneof(
  lsn,
  fc.record(
    { kind: fc.constant('time' as const), committedAt: moment, ...taken },
    { requiredKeys: ['kind', 'committedAt'] },
  ),
  fc.record(
    {
      kind: fc.constant('binlog' as const),
      file: fc.stringMatching(/^[ -~]{0,255}$/),
      offset: long,
      row: int,
      committedAt: moment,
      server: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      ...taken,
    },
    { requiredKeys: ['kind', 'file', 'offset', 'row', 'committedAt'] },
  ),
);
const handled = { through, source };
const states: fc.Arbitrary<OrderState> = fc.oneof(
  fc.record({
    kind: fc.constant('unknown' as const),
    ...handled,
    bizDate: momentOrNone,
    mayBeEnded: fc.boolean(),
    mayExpireAt: momentOrNone,
  }),
  fc.record({
    kind: fc.constant('live' as const),
    ...handled,
    bizDate: moment,
    hash: fc.option(hash),
    expires: moment,
  }),
  fc.record({ kind: fc.constant('ended' as const), ...handled, bizDate: moment, hash: fc.option(hash) }),
);

describe('StatePacker', () => {
  it('gives back every state as it was, of several topics side by side', () => {
    fc.assert(
      fc.property(fc.array(states, { minLength: 1, maxLength: 5 }), list => {
        const packer = new StatePacker();
        const packed = list.map(state => packer.pack(state, instant(7)));
        expect(packed.map(one => packer.unpack(one))).toEqual(list);
      }),
      { numRuns: 1000 },
    );
  });

  it('tells the topic and partition without the rest', () => {
    fc.assert(
      fc.property(fc.array(states, { minLength: 1, maxLength: 5 }), list => {
        const packer = new StatePacker();
        const packed = list.map(state => packer.pack(state, instant(7)));
        const places = list.map(({ through }) => ({ topic: through?.topic, partition: through?.partition, at: 7 }));
        expect(packed.map(one => packer.headOf(one))).toEqual(places);
      }),
    );
  });

  const live = evolve(initialState, sent(aChange({ n: 1 })));

  it.each<[string, SourcePosition]>([
    ['PostgreSQL', lsnAt(1)],
    ['MySQL', { kind: 'binlog', file: 'mysql-bin.000042', offset: 4n, row: 0, committedAt: instant(0) }],
  ])('takes fewer than 100 bytes for an order, one for each character: %s', (_, position) => {
    const packed = new StatePacker().pack({ ...live, source: position } as OrderState, instant(7));
    expect(packed.length).toBeLessThan(100);
    expect([...packed].every(character => character.charCodeAt(0) < 256)).toBe(true);
  });

  it('refuses a state that has gone through nothing: it is not worth keeping', () => {
    expect(() => new StatePacker().pack(initialState, instant(7))).toThrow(BrokenInvariant);
  });

  it('refuses what another has packed', () => {
    const packed = new StatePacker().pack(live, instant(7));
    expect(() => new StatePacker().unpack(packed)).toThrow(BrokenInvariant);
  });

  it('knows 256 topics, and refuses one more', () => {
    const packer = new StatePacker();
    const of = (n: number) => ({ ...live, through: { topic: `t-${n}`, partition: 0, offset: 1n } }) as OrderState;
    const packed = Array.from({ length: 256 }, (_, n) => packer.pack(of(n), instant(7)));
    expect(packed.map(one => packer.headOf(one).topic)).toEqual(packed.map((_, n) => `t-${n}`));
    expect(() => packer.pack(of(256), instant(7))).toThrow(BrokenInvariant);
  });
});
