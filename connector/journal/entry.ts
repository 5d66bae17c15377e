import { type JournalEntry, type JournalEvent, journalEvents, type Owed } from '../flow/ports.ts';
import { type Position, partitionKey } from '../kernel/position.ts';
import type { RecordHeader, SourceRecord } from '../kernel/record.ts';
import type { Row, RowValue, SourcePosition } from '../kernel/row-change.ts';
import { type Instant, instant } from '../kernel/time.ts';
import { type Command, type MerchantBizNo, merchantBizNo } from '../order/change.ts';
import type { CardRequest } from '../order/decide.ts';
import type { OrderState } from '../order/state.ts';
import { membersIn } from './encode.ts';

/** What was read is valid Avro, but not what an entry is made of. The text holds nothing of the values. */
export class UnexpectedShape extends Error {
  constructor(field: string) {
    super(`its ${field} is not what was expected`);
    this.name = 'UnexpectedShape';
  }
}

/** An entry as it is read: a later version may have written it, of an event that this one does not know. */
export interface ReadEntry extends Omit<JournalEntry, 'event'> {
  readonly event: JournalEvent | 'other';
}

/**
 * An entry from the fields of its record, as the Avro reader gives them. A field that the writer's schema does not have has its
 * default. Throws {@link UnexpectedShape}.
 */
export function entryOf(value: RowValue, order: MerchantBizNo): ReadEntry {
  const row = recordIn({ value }, 'value');
  const home = { topic: text(row, 'topic'), partition: integer(row, 'partition') };
  return {
    partition: partitionKey(home.topic, home.partition),
    order,
    event: eventIn(row),
    position: positionOf(recordIn(row, 'position'), home),
    at: moment(row, 'at'),
    requestId: optional(row, 'requestId', hexOrText),
    command: optional(row, 'command', commandIn),
    attempts: integer(row, 'attempts'),
    detail: optional(row, 'detail', text),
    state: stateOf(recordIn(row, 'state'), home),
    owed: optional(row, 'owed', (from, field) => owedOf(recordIn(from, field), order, home)),
  };
}

interface Home {
  readonly topic: string;
  readonly partition: number;
}

function positionOf(row: Row, home: Home): Position {
  return {
    topic: optional(row, 'topic', text) ?? home.topic,
    partition: optional(row, 'partition', integer) ?? home.partition,
    offset: long(row, 'offset'),
  };
}

function stateOf(row: Row, home: Home): OrderState {
  const through = optional(row, 'through', (from, field) => positionOf(recordIn(from, field), home));
  const source = optional(row, 'source', (from, field) => sourceOf(recordIn(from, field)));
  const bizDate = optional(row, 'bizDate', moment);
  const expires = optional(row, 'expires', moment);
  const kind = text(row, 'kind');
  if (kind === 'unknown') {
    return {
      kind,
      through,
      source,
      bizDate,
      mayBeEnded: optional(row, 'mayBeEnded', truth) ?? false,
      mayExpireAt: expires,
    };
  }
  const hash = optional(row, 'hash', hexOrText);
  if (through === null || source === null || bizDate === null) throw new UnexpectedShape('state');
  if (kind === 'ended') return { kind, through, source, bizDate, hash };
  if (kind !== 'live' || expires === null) throw new UnexpectedShape('state');
  return { kind, through, source, bizDate, hash, expires };
}

function sourceOf(row: Row): SourcePosition {
  const kind = text(row, 'kind');
  const isOfSnapshot = optional(row, 'snapshot', truth) ?? false;
  const read = { committedAt: moment(row, 'committedAt'), ...(isOfSnapshot ? { snapshot: true as const } : {}) };
  switch (kind) {
    case 'lsn': {
      const commitLsn = optional(row, 'commitLsn', long);
      return { kind, lsn: long(row, 'offset'), ...(commitLsn === null ? {} : { commitLsn }), ...read };
    }
    case 'binlog': {
      const server = optional(row, 'server', integer);
      const place = { offset: long(row, 'offset'), row: optional(row, 'row', integer) ?? 0 };
      return { kind, file: text(row, 'file'), ...place, ...(server === null ? {} : { server }), ...read };
    }
    case 'time':
      return { kind, ...read };
    default:
      throw new UnexpectedShape('source');
  }
}

function owedOf(row: Row, order: MerchantBizNo, home: Home): Owed {
  return {
    record: sourceRecordOf(recordIn(row, 'record')),
    request: requestOf(recordIn(row, 'request'), order, home),
    heals: integer(row, 'heals'),
    attempts: integer(row, 'attempts'),
    failures: integer(row, 'failures'),
    firstAttemptAt: moment(row, 'firstAttemptAt'),
    lastAttemptAt: moment(row, 'lastAttemptAt'),
    dueAt: moment(row, 'dueAt'),
    waitedMs: optional(row, 'waitedMs', integer) ?? 0,
  };
}

function sourceRecordOf(row: Row): SourceRecord {
  return {
    topic: text(row, 'topic'),
    partition: integer(row, 'partition'),
    offset: long(row, 'offset'),
    key: optional(row, 'key', bytes),
    value: optional(row, 'value', bytes),
    timestamp: moment(row, 'timestamp'),
    headers: headersOf(row.headers),
    ...(optional(row, 'valueOmitted', truth) && { valueOmitted: true as const }),
  };
}

function headersOf(value: RowValue | undefined): RecordHeader[] {
  if (!Array.isArray(value)) throw new UnexpectedShape('headers');
  return value.map((header: RowValue) => {
    const row = recordIn({ header }, 'header');
    return { name: text(row, 'name'), value: bytes(row, 'value') };
  });
}

function requestOf(row: Row, order: MerchantBizNo, home: Home): CardRequest {
  const request = {
    requestId: hexOrText(row, 'requestId'),
    command: commandIn(row, 'command'),
    bizDate: moment(row, 'bizDate'),
    body: text(row, 'body'),
  };
  const own = optional(row, 'merchantBizNo', text);
  return {
    ...request,
    change: {
      merchantBizNo: own === null ? order : merchantBizNo(own),
      card: {
        template: text(row, 'template'),
        status: text(row, 'status'),
        ends: truth(row, 'ends'),
        endDate: optional(row, 'endDate', moment),
        members: optional(row, 'members', text) ?? membersIn(request),
        hash: hexOrText(row, 'hash'),
      },
      bizDate: moment(row, 'changedAt'),
      position: positionOf(recordIn(row, 'position'), home),
      source: sourceOf(recordIn(row, 'source')),
      snapshot: truth(row, 'snapshot'),
      creates: truth(row, 'creates'),
    },
  };
}

const eventsBySymbol: ReadonlyMap<string, JournalEvent> = new Map(
  journalEvents.map(event => [event.replaceAll('-', '_'), event]),
);

function eventIn(row: Row): ReadEntry['event'] {
  return eventsBySymbol.get(text(row, 'event')) ?? 'other';
}

function commandIn(row: Row, field: string): Command {
  const command = row[field];
  if (command !== 'SEND' && command !== 'UPDATE') throw new UnexpectedShape(field);
  return command;
}

/** A UUID comes as its text; 32 digits and digests as their bytes. */
function hexOrText(row: Row, field: string): string {
  const value = row[field];
  return value instanceof Uint8Array ? hexOf(value) : text(row, field);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function optional<T>(row: Row, field: string, read: (row: Row, field: string) => T): T | null {
  const value = row[field];
  // A field that the writer's schema did not have yet.
  return value === null || value === undefined ? null : read(row, field);
}

function text(row: Row, field: string): string {
  const value = row[field];
  if (typeof value !== 'string') throw new UnexpectedShape(field);
  return value;
}

function long(row: Row, field: string): bigint {
  const value = row[field];
  if (typeof value !== 'bigint') throw new UnexpectedShape(field);
  return value;
}

function integer(row: Row, field: string): number {
  return Number(long(row, field));
}

/** Beyond JavaScript's dates the reader gives the number itself. */
function moment(row: Row, field: string): Instant {
  const value = row[field];
  return value instanceof Date ? instant(value.getTime()) : instant(integer(row, field));
}

function truth(row: Row, field: string): boolean {
  const value = row[field];
  if (typeof value !== 'boolean') throw new UnexpectedShape(field);
  return value;
}

function bytes(row: Row, field: string): Uint8Array {
  const value = row[field];
  if (!(value instanceof Uint8Array)) throw new UnexpectedShape(field);
  // A copy: a view would keep the whole answer of a fetch in memory.
  return Uint8Array.from(value);
}

function recordIn(row: Row, field: string): Row {
  const value = row[field];
  const isRecord =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date || value instanceof Uint8Array);
  if (!isRecord) throw new UnexpectedShape(field);
  return value as Row;
}
