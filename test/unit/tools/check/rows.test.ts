import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { GroupFacts } from '../../../../connector/kafka/inspection/requests.ts';
import { Fault } from '../../../../connector/kernel/fault.ts';
import type { SourceRecord } from '../../../../connector/kernel/record.ts';
import { instant } from '../../../../connector/kernel/time.ts';
import type { TableFit } from '../../../../connector/mapping/check-table.ts';
import { lookAtClocks } from '../../../../connector/tools/check/looks/clocks.ts';
import { lookAtBefore, lookAtMapped } from '../../../../connector/tools/check/looks/row-checks.ts';
import { lookAtRows, type SeenTopic } from '../../../../connector/tools/check/looks/rows.ts';
import { impatientLookup } from '../../../../connector/tools/schema-lookup.ts';
import { readableType } from '../../../support/avro-types.ts';
import { debeziumWriter, orderRow, ordersEnvelope } from '../../../support/debezium-records.ts';
import { exampleMappings, mappingOf } from '../../mapping/mappings.ts';
import { linesOf } from './looks.ts';

const writer = debeziumWriter();
const topic = writer.topic;
const { signal } = new AbortController();
const bill = orderRow();
const committed = Date.UTC(2026, 10, 23, 8);

const schemas = () =>
  impatientLookup({
    find: async id =>
      id === 1
        ? { kind: 'found', type: readableType(ordersEnvelope) }
        : { kind: 'unknown', problem: 'error_code 40403' },
  });

function partsWith(records: readonly SourceRecord[], rights: GroupFacts['rights'] = new Set(['read'])) {
  return {
    inspector: { describeGroup: async () => ({ state: 'Dead', assigner: '', members: [], rights }) },
    reader: {
      tail: async (_: string, _count: number, visit: (record: SourceRecord) => Promise<void> | void) => {
        for (const record of records) await visit(record);
      },
    },
    schemas: schemas(),
    groupId: 'g',
    count: 20,
  };
}

async function seen(...records: readonly SourceRecord[]): Promise<SeenTopic> {
  const { value } = await lookAtRows(topic, partsWith(records), signal);
  if (value === null) throw new Error('nothing was seen');
  return value;
}

describe('the newest records', () => {
  it('can be decoded; tombstones are records too', async () => {
    const tombstone: SourceRecord = { ...writer.record({ after: bill }), value: null };
    const looked = await lookAtRows(topic, partsWith([writer.record({ after: bill }), tombstone]), signal);
    expect(linesOf(looked)).toEqual([`well rows.decode: ${topic}: 1 changes among the last 2 records`]);
    expect(looked.value).toMatchObject({ schemaId: 1, changes: [{ writer: 'postgresql', before: null }] });
  });

  it('cannot: JSON, an unknown schema; each reason is told once', async () => {
    const json: SourceRecord = { ...writer.record({ after: bill }), value: Buffer.from('{"after":{}}') };
    const unknown = debeziumWriter({ schemaId: 9 }).record({ after: bill });
    expect(linesOf(await lookAtRows(topic, partsWith([json, json, unknown]), signal))).toEqual([
      expect.stringMatching(/^failed rows\.decode: .*the value is JSON: set .*; .*error_code 40403 → /),
    ]);
  });

  it('are none, or not ours to read', async () => {
    expect(linesOf(await lookAtRows(topic, partsWith([]), signal))[0]).toMatch(
      /^skipped rows\.decode: .*holds no record/,
    );
    const refused = await lookAtRows(topic, partsWith([writer.record({ after: bill })], new Set()), signal);
    expect(linesOf(refused)[0]).toMatch(
      /^warning rows\.decode: .*may not use groups of the name g\.reader-… → .*prefixed$/,
    );
    expect(refused.value).toBeNull();
    const hidden = {
      ...partsWith([]),
      inspector: { describeGroup: () => Promise.reject(new Fault('KAFKA_REFUSED', { detail: 'no' })) },
    };
    expect((await lookAtRows(topic, hidden, signal)).value).toBeNull();
  });

  it('are not waited for while the registry is silent', async () => {
    const silent = impatientLookup({ find: async () => ({ kind: 'silent', problem: 'HTTP 503' }) });
    const parts = { ...partsWith([writer.record({ after: bill })]), schemas: silent };
    await expect(lookAtRows(topic, parts, signal)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });
});

describe('rows and their mapping', () => {
  const mapping = mappingOf({ 'bill.yaml': parse(exampleMappings['payment-order.yaml'] ?? '') });
  const look = async (...records: readonly SourceRecord[]) => linesOf(lookAtMapped(await seen(...records), mapping));

  it('become cards under the order’s id', async () => {
    expect(await look(writer.record({ after: bill }), writer.record({ after: orderRow({ kind: 'ride' }) }))).toEqual([
      `well rows.cards: ${topic}: of 2 changes 1 become cards, 1 are skipped`,
      `well rows.key: ${topic}: plain text, equal to merchantBizNo in 1 of 1`,
    ]);
  });

  it('do not, without a value of the row in the reason', async () => {
    const [cards] = await look(writer.record({ after: orderRow({ status: 'secret status', amount: '1.50' }) }));
    expect(cards).toMatch(/^failed rows\.cards: .*0 are skipped, 1 cannot: bill\.yaml: orderStatus/);
    expect(cards).not.toContain('secret status');
    const [skipped] = await look(writer.record({ after: orderRow({ kind: 'ride' }) }));
    expect(skipped).toMatch(/^warning rows\.cards: .*0 become cards, 1 are skipped → is a mapping missing/);
  });

  it('are not there', async () => {
    expect(await look()).toEqual([
      expect.stringMatching(/^skipped rows\.cards/),
      expect.stringMatching(/^skipped rows\.key/),
    ]);
  });

  it('have keys that are missing, in Avro, in JSON, or another value', async () => {
    const keyOf = async (key: Uint8Array | string | null) =>
      (await look(writer.record({ after: bill }, { key })))[1] ?? '';
    expect(await keyOf(null)).toMatch(/^failed rows\.key: .*records have no key.* → .*StringConverter/);
    expect(await keyOf('4711')).toMatch(/^failed rows\.key: .*keys as text are not merchantBizNo/);
    expect(await keyOf('{"merchant_biz_no":"MB-2026-000001"}')).toMatch(/^warning rows\.key: .*keys are JSON/);
    expect(await keyOf('{"id":17}')).toMatch(/^failed rows\.key: .*keys in JSON are not/);
    expect(await keyOf('Struct{merchant_biz_no=MB-2026-000001}')).toMatch(/^failed rows\.key: .*keys as text are not/);
    const avro = Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), Buffer.from('x')]);
    expect(await keyOf(avro)).toMatch(/^failed rows\.key: .*keys in Avro are not/);
    expect(await keyOf('4711')).not.toContain('MB-2026');
  });

  it('have keys in Avro that hold the order’s id', async () => {
    const topicSeen = await seen(writer.record({ after: bill }));
    const [change] = topicSeen.changes;
    if (change === undefined) throw new Error('no change');
    const record = { ...change.record, key: Buffer.from([0, 0, 0, 0, 7, 2, 65]) };
    const looked = lookAtMapped({ ...topicSeen, changes: [{ ...change, record }] }, mapping);
    expect(linesOf(looked)[1]).toMatch(/^warning rows\.key: .*keys are in Avro/);
  });
});

describe('old rows', () => {
  const tableOf = (endsOnDelete: boolean): TableFit => ({
    mappings: [{ file: 'a.yaml', template: 'OPEN', endsOnDelete }],
    columns: new Set(),
    problems: [],
  });
  const look = async (endsOnDelete: boolean, ...records: readonly SourceRecord[]) =>
    linesOf(lookAtBefore(await seen(...records), tableOf(endsOnDelete)))[0] ?? '';
  const madeUp = orderRow({
    ...{ merchant_biz_no: '', kind: '', status: '', user_id: '', amount: '0.00', currency: 'HKD', due_on: null },
    ...{ starts_at: null, details: '{}', created_at: new Date(0), updated_at: new Date(0) },
  });
  const update = (before: typeof bill | null, committedMs = committed) =>
    writer.record({ op: 'u', before, after: bill, committedMs });
  const remove = (before: typeof bill) => writer.record({ before }, { key: 'MB-2026-000001' });

  it('are whole', async () => {
    expect(await look(true, update(bill), remove(bill))).toBe(
      `well rows.before: ${topic}: in the newest of 2 updates and deletes`,
    );
  });

  it('are missing in updates, or made up in deletes', async () => {
    const remedy = 'ALTER TABLE public.orders REPLICA IDENTITY FULL';
    expect(await look(true, update(null))).toBe(
      `failed rows.before: ${topic}: updates come without the row before: a deleted row's card may not be ended → ${remedy}`,
    );
    expect(await look(true, remove(madeUp))).toMatch(/^failed rows\.before: .*a delete's old values are made up/);
    expect(await look(false, update(null))).toMatch(/^warning rows\.before: .*a large value that stays as it is/);
  });

  it('are made up though the key, or a default, is there', async () => {
    // The key is the primary key, which the database always logs.
    const byPrimaryKey = writer.record({ before: madeUp }, { key: '1' });
    expect(await look(true, byPrimaryKey)).toMatch(/^failed/);
    const defaults = orderRow({ merchant_biz_no: '', user_id: '' });
    expect(await look(true, writer.record({ before: defaults }, { key: 'MB-2026-000001' }))).toMatch(/^failed/);
    expect(await look(true, writer.record({ before: bill }, { key: null }))).toMatch(/^well/);
  });

  it('were, but are not any more', async () => {
    expect(await look(true, update(null, committed - 60_000), update(bill))).toMatch(/^well .*; older ones were not$/);
  });

  it('cannot be seen by creations', async () => {
    expect(await look(true, writer.record({ after: bill }))).toMatch(
      /^skipped rows\.before: .*no update and no delete/,
    );
  });
});

describe('the clocks', () => {
  const look = async (appendedMs: number, nowMs: number, op: 'c' | 'r' = 'c') =>
    linesOf(lookAtClocks([await seen(writer.record({ op, after: bill }, { appendedMs }))], instant(nowMs)))[0];

  it('agree', async () => {
    expect(await look(committed + 80, committed + 100)).toBe(
      'well rows.clocks: the quickest of 1 changes took 80 ms from commit to Kafka',
    );
  });

  it('do not: the database’s is ahead, or behind; ours is', async () => {
    expect(await look(committed - 90_000, committed)).toMatch(/^warning .*database's clock is 90 s ahead of Kafka's/);
    expect(await look(committed + 300_000, committed + 300_000)).toMatch(/^warning .*no record came within 5 min/);
    expect(await look(committed + 80, committed - 30_000)).toMatch(/^warning .*our clock is 30 s behind Kafka's/);
  });

  it('cannot be told by a snapshot', async () => {
    expect(await look(committed + 300_000, committed + 300_000, 'r')).toMatch(/^skipped/);
  });
});
