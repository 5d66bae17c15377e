import fc from 'fast-check';
import { type JournalEntry, journalEvents, type Owed } from '../../../connector/flow/ports.ts';
import { provenanceHeader } from '../../../connector/journal/provenance.ts';
import { fingerprintOf, journalSchema, typeOfSchema } from '../../../connector/journal/schema.ts';
import { type Position, partitionKey } from '../../../connector/kernel/position.ts';
import type { SourceRecord } from '../../../connector/kernel/record.ts';
import type { SourcePosition } from '../../../connector/kernel/row-change.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { merchantBizNo } from '../../../connector/order/change.ts';
import { type CardRequest, decide, healedRequest } from '../../../connector/order/decide.ts';
import { initialState, type OrderState } from '../../../connector/order/state.ts';
import type { SchemaLookup } from '../../../connector/registry/registry.ts';
import { aCard, aChange, aPolicy, dawn, sourceTopic } from '../../support/builders.ts';

/** A registry that has the schema of the journal under this id, and no other. */
export const journalSchemaId = 7;

const type = typeOfSchema(journalSchema());

/** Knows the journal's schema. */
export const journalSchemas: SchemaLookup = {
  typeOf: id => (id === journalSchemaId ? { kind: 'type', type } : undefined),
  resolve: async () => ({ kind: 'type', type }),
};

/** An entry as most are: a card was sent. */
export function anEntry(parts: Partial<JournalEntry> & { readonly n?: number } = {}): JournalEntry {
  const { n = 1, ...rest } = parts;
  const change = aChange({ n });
  const decision = decide(initialState, change, aPolicy());
  if (decision.kind !== 'deliver') throw new Error('a first change is delivered');
  const { requestId, command, bizDate } = decision.request;
  return {
    partition: partitionKey(sourceTopic, 0),
    order: change.merchantBizNo,
    event: 'sent',
    position: change.position,
    at: instant(dawn + n),
    requestId,
    command,
    attempts: 1,
    detail: 'SUCCESS',
    state: {
      kind: 'live',
      through: change.position,
      source: change.source,
      bizDate,
      hash: change.card.hash,
      expires: instant(dawn + 86_400_000),
    },
    owed: null,
    ...rest,
  };
}

/** What this version writes into the headers of the connector with the group `card-sync`. */
export const ownHeaders = [provenanceHeader({ fingerprint: fingerprintOf(journalSchema()), groupId: 'card-sync' })];

/** A record of the journal, as it is read. */
export function aJournalRecord(parts: Partial<SourceRecord> = {}): SourceRecord {
  return {
    topic: 'journal',
    partition: 0,
    offset: 0n,
    key: Buffer.from('A-1'),
    value: null,
    timestamp: dawn,
    headers: ownHeaders,
    ...parts,
  };
}

const instants = fc.integer({ min: -1, max: 2 ** 43 }).map(instant);
const longs = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const texts = fc.string({ unit: 'grapheme', maxLength: 40 });
const bytes = fc.uint8Array({ maxLength: 40 });
const hashes = fc.oneof(fc.constant('00ff'.repeat(8)), fc.string({ unit: 'grapheme', maxLength: 33 }));
const topics = fc.constantFrom('shop.public.orders', 'shop.public.bills');
const partitions = fc.nat({ max: 5 });
const positions: fc.Arbitrary<Position> = fc.record({ topic: topics, partition: partitions, offset: longs });
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const ofSnapshot = { committedAt: instants, snapshot: fc.constant(true as const) };
const sources: fc.Arbitrary<SourcePosition> = fc.oneof(
  fc.record(
    { kind: fc.constant('lsn' as const), lsn: longs, commitLsn: longs, ...ofSnapshot },
    { requiredKeys: ['kind', 'lsn', 'committedAt'] },
  ),
  fc.record(
    {
      kind: fc.constant('binlog' as const),
      file: texts,
      offset: longs,
      row: fc.nat(),
      server: fc.nat({ max: 4_294_967_295 }),
      ...ofSnapshot,
    },
    { requiredKeys: ['kind', 'file', 'offset', 'row', 'committedAt'] },
  ),
  fc.record({ kind: fc.constant('time' as const), ...ofSnapshot }, { requiredKeys: ['kind', 'committedAt'] }),
);

const shown = {
  through: positions,
  source: sources,
  bizDate: instants,
  hash: nullable(hashes),
};

const states: fc.Arbitrary<OrderState> = fc.oneof(
  fc.record({ kind: fc.constant('live' as const), ...shown, expires: instants }),
  fc.record({ kind: fc.constant('ended' as const), ...shown }),
  fc.record({
    kind: fc.constant('unknown' as const),
    through: nullable(positions),
    source: nullable(sources),
    bizDate: nullable(instants),
    mayBeEnded: fc.boolean(),
    mayExpireAt: nullable(instants),
  }),
);

/** Requests as the order's rules make them, also the healed ones, in both forms of the id. */
const requests: fc.Arbitrary<CardRequest> = fc
  .record({
    order: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    text: texts,
    offset: longs,
    source: sources,
    requestIdForm: fc.constantFrom('uuid' as const, 'hex' as const),
    snapshot: fc.boolean(),
    creates: fc.boolean(),
    heals: fc.boolean(),
    hash: hashes,
    endDate: nullable(fc.constant(instant(dawn + 1e9))),
  })
  .map(({ order, text, offset, source, requestIdForm, snapshot, creates, heals, hash, endDate }) => {
    const position = { topic: 'shop.public.orders', partition: 0, offset };
    const card = { ...aCard({ order, text, endDate }), hash };
    const change = { ...aChange({ order }), position, source, snapshot, creates, card };
    const policy = aPolicy({ requestIdForm });
    const decision = decide(initialState, change, policy);
    if (decision.kind !== 'deliver') throw new Error('a first change is delivered');
    return heals ? healedRequest(decision.request, 'SEND', policy) : decision.request;
  });

const owed: fc.Arbitrary<Owed> = fc.record({
  record: fc.record({
    topic: topics,
    partition: partitions,
    offset: longs,
    key: nullable(bytes),
    value: nullable(bytes),
    timestamp: fc.oneof(instants, fc.constant(instant(1_700_000_000_000_000)), fc.constant(instant(9e18))),
    headers: fc.array(fc.record({ name: texts, value: bytes }), { maxLength: 3 }),
  }),
  request: fc.oneof(
    requests,
    fc.tuple(requests, texts).map(([request, body]) => ({ ...request, body })),
  ),
  heals: fc.nat(),
  attempts: fc.nat(),
  failures: fc.nat(),
  waitedMs: fc.nat(),
  firstAttemptAt: instants,
  lastAttemptAt: instants,
  dueAt: instants,
});

/** Any entry. */
export const anyEntry: fc.Arbitrary<JournalEntry> = fc.record({
  partition: fc.tuple(topics, partitions).map(([topic, partition]) => partitionKey(topic, partition)),
  order: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map(merchantBizNo),
  event: fc.constantFrom(...journalEvents),
  position: positions,
  at: instants,
  requestId: nullable(fc.oneof(fc.uuid(), fc.constant('0a'.repeat(16)), texts)),
  command: nullable(fc.constantFrom('SEND' as const, 'UPDATE' as const)),
  attempts: fc.nat(),
  detail: nullable(texts),
  state: states,
  owed: nullable(owed),
});
