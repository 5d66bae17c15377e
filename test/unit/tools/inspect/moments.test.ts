import { describe, expect, it } from 'vitest';
import { sourceHeaders } from '../../../../connector/dead-letter/names.ts';
import type { SourceRecord } from '../../../../connector/kernel/record.ts';
import type { Row } from '../../../../connector/kernel/row-change.ts';
import { createDecoder } from '../../../../connector/source/decode.ts';
import { LetterSearch } from '../../../../connector/tools/inspect/letter-moments.ts';
import { searchFor } from '../../../../connector/tools/inspect/source-moments.ts';
import { readableType } from '../../../support/avro-types.ts';
import { debeziumWriter, orderRow, ordersEnvelope } from '../../../support/debezium-records.ts';
import { aRecord } from '../../dead-letter/letters.ts';
import { exampleMappings, mappingOf } from '../../mapping/mappings.ts';

const writer = debeziumWriter();
const type = { kind: 'type', type: readableType(ordersEnvelope) } as const;
const decoder = createDecoder({ typeOf: () => type, resolve: async () => type });
const { signal } = new AbortController();

function search(id: string, deep = false) {
  const found = searchFor(id, decoder, mappingOf(exampleMappings), deep);
  return (record: SourceRecord) => found.look(record, signal);
}

function record(row: Row, key: string | null, offset = 0n): SourceRecord {
  return writer.record({ after: orderRow(row) }, { key, offset });
}

const id = 'MB-2026-000001';

describe("a search for an order's changes", () => {
  it('tells what each became, and which columns changed', async () => {
    const look = search(id);
    expect(await look(record({}, id))).toMatchObject({
      op: 'create',
      card: { template: 'PAYMENT_ORDER_DEFAULT', status: 'WAIT_PAY', ends: false },
      without: null,
      users: ['2160000000000001'],
      changed: null,
      redriven: 0,
    });
    expect(await look(record({ status: 'paid', pay_amount: '1.00' }, id))).toMatchObject({
      card: { status: 'CLOSED', ends: true },
      changed: ['status', 'pay_amount'],
    });
    const lost = await look(record({ status: 'never-heard-of' }, id));
    expect(lost).toMatchObject({ card: null, without: { reason: 'CHANGE_UNMAPPABLE' } });
    expect(lost?.without?.problems).toEqual([expect.stringContaining('orderStatus')]);
    expect(await look({ ...record({}, id), value: null })).toMatchObject({ op: null, without: { reason: 'ignored' } });
    expect(await look({ ...record({}, id), value: Buffer.from('?') })).toMatchObject({
      without: { reason: 'RECORD_UNDECODABLE' },
    });
  });

  it('finds those with another key by the card that they map to, and no others that only name the id', async () => {
    const look = search(id);
    expect(await look(record({}, 'another key'))).toMatchObject({ card: { status: 'WAIT_PAY' } });
    const naming = record({ merchant_biz_no: 'MB-2', details: `{"biller": {}, "note": "${id}"}` }, 'MB-2');
    expect(await look(naming)).toBeNull();
    expect(await look(record({ merchant_biz_no: 'MB-2' }, 'MB-2'))).toBeNull();
  });

  it('finds an id that the mapping makes of something else only where every record is mapped', async () => {
    const made = mappingOf({
      'bill.yaml': (exampleMappings['payment-order.yaml'] ?? '').replace(
        'row.merchant_biz_no',
        `'"SHOP-" + row.merchant_biz_no'`,
      ),
    });
    const looking = (deep: boolean) => searchFor(`SHOP-${id}`, decoder, made, deep).look(record({}, id), signal);
    expect(await looking(false)).toBeNull();
    expect(await looking(true)).toMatchObject({ card: { status: 'WAIT_PAY' } });
  });
});

describe("a search for an order's dead letters", () => {
  const text = (name: string, value: string) => ({ name, value: Buffer.from(value) });
  const letter = (key: string | null, source: bigint, offset: bigint) =>
    aRecord({
      topic: 'dead',
      partition: 0,
      offset,
      key: key === null ? null : Buffer.from(key),
      headers: [
        text(sourceHeaders.topic, 'shop.public.orders'),
        text(sourceHeaders.partition, '3'),
        text(sourceHeaders.offset, String(source)),
        text('card_sync.reason', 'rejected'),
        text('card_sync.code', 'CARD_REJECTED'),
      ],
    });
  const marker = (offset: bigint, disposal: string) =>
    aRecord({
      topic: 'dead',
      partition: 0,
      offset: offset + 100n,
      headers: [text('card_sync.marker', disposal), text('card_sync.marked.offset', String(offset))],
    });

  it('finds them by their key or by their record, each with what was done about it', () => {
    const found = new LetterSearch(id);
    for (const one of [
      letter(id, 5n, 0n),
      letter('other', 7n, 1n),
      letter('other', 8n, 2n),
      marker(1n, 'redriven'),
      marker(2n, 'discarded'),
    ]) {
      found.look(one);
    }
    const places = [{ topic: 'shop.public.orders', partition: 3, offset: 7n }];
    expect(found.moments(places)).toMatchObject([
      { kind: 'dead-letter', place: { offset: 0n }, source: { offset: 5n }, disposal: null },
      { kind: 'dead-letter', place: { offset: 1n }, source: { offset: 7n }, disposal: 'redriven' },
      { kind: 'disposal', letter: { offset: 1n }, disposal: 'redriven' },
    ]);
  });
});
