import { beforeEach, describe, expect, it } from 'vitest';
import type { Interpreted } from '../../../../connector/flow/ports.ts';
import { Fault } from '../../../../connector/kernel/fault.ts';
import { formatPosition } from '../../../../connector/kernel/position.ts';
import type { SourceRecord } from '../../../../connector/kernel/record.ts';
import { instant } from '../../../../connector/kernel/time.ts';
import { replayHeaders } from '../../../../connector/source/replay-mark.ts';
import { findOrders, type OrderQuery, TooManyOrders } from '../../../../connector/tools/replay/find-orders.ts';
import { aChange, aRecord, type ChangeParts, dawn, sourceTopic } from '../../../support/builders.ts';

const at = (ms: number) => instant(dawn + ms);
let log: SourceRecord[];
let meanings: Map<string, Interpreted | Promise<Interpreted>>;
let asked: unknown[];
let told: string[];

function put(parts: ChangeParts & { means?: Interpreted; late?: true }, headers: SourceRecord['headers'] = []): void {
  const { means, late, ...given } = parts;
  const change = aChange(given);
  const record = { ...aRecord(change.position), headers };
  const interpreted = means ?? { kind: 'change', change };
  log.push(record);
  meanings.set(formatPosition(record), late ? Promise.resolve(interpreted) : interpreted);
}

const unusable: Interpreted = { kind: 'unusable', fault: new Fault('RECORD_UNDECODABLE', { detail: 'magic byte' }) };

async function found(query: Partial<OrderQuery> = {}) {
  const parts = {
    topics: [sourceTopic],
    signal: new AbortController().signal,
    interpreter: { interpret: (record: SourceRecord) => meanings.get(formatPosition(record)) ?? unusable },
    reader: {
      rangesOf: async (topic: string, since?: number) => {
        asked.push([topic, since]);
        return new Map([[0, { from: 0n, end: BigInt(log.length) }]]);
      },
      range: async (_topic: string, _ranges: unknown, visit: (record: SourceRecord) => Promise<void> | void) => {
        for (const record of log) await visit(record);
      },
    },
  };
  const onRecord = (looked: number, all: number) => void told.push(`${looked}/${all}`);
  const orders = await findOrders(parts, {
    ...{ run: 'r1', from: at(3), to: at(6), order: null, ordersMax: 100, onRecord },
    ...query,
  });
  const { places, ...counts } = orders;
  return { ...counts, orders: [...places.entries()].map(([order, { offset }]) => `${order}@${offset}`) };
}

beforeEach(() => {
  [log, meanings, asked, told] = [[], new Map(), [], []];
});

describe('finding orders', () => {
  it('takes those that changed from the one time on and before the other, at their last change', async () => {
    put({ n: 2, order: 'early' });
    put({ n: 3, order: 'A' });
    put({ n: 5, order: 'B', late: true });
    put({ n: 6, order: 'late' });
    put({ n: 8, order: 'A' });
    expect(await found()).toEqual({ looked: 5, unusable: 0, orders: ['A@8', 'B@5'] });
    expect(told).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5']);
  });

  it('reads from an hour before: the clocks of database and broker may differ', async () => {
    await found({ from: at(7_200_000), to: at(9_000_000) });
    expect(asked).toEqual([[sourceTopic, at(3_600_000)]]);
  });

  it('passes over what makes no change, and counts what cannot be read since', async () => {
    put({ n: 1, means: unusable });
    put({ n: 4, means: { kind: 'skipped', reason: 'unmapped' } });
    put({ n: 5, means: unusable });
    expect(await found()).toEqual({ looked: 3, unusable: 1, orders: [] });
  });

  it('takes one order alone where that is meant', async () => {
    put({ n: 4, order: 'A' });
    put({ n: 5, order: 'B' });
    expect(await found({ order: 'B', ordersMax: 1 })).toMatchObject({ orders: ['B@5'] });
  });

  it('knows what a run put back', async () => {
    put({ n: 4, order: 'A' }, replayHeaders({ run: 'r1', count: 1, origin: null }));
    const parts = { from: at(3), to: at(6) };
    expect(await found(parts)).toMatchObject({ orders: ['A@4'] });
  });

  it('ends where there are more orders than may be kept', async () => {
    put({ n: 4, order: 'A' });
    put({ n: 5, order: 'B' });
    await expect(found({ ordersMax: 1 })).rejects.toThrow(TooManyOrders);
  });
});
