import { AvroWriter } from '../avro/writer.ts';
import { type JournalEntry, journalEvents, type Owed } from '../flow/ports.ts';
import { type Position, splitPartitionKey } from '../kernel/position.ts';
import type { SourceRecord } from '../kernel/record.ts';
import type { SourcePosition } from '../kernel/row-change.ts';
import type { Instant } from '../kernel/time.ts';
import type { CardRequest } from '../order/decide.ts';
import type { OrderState } from '../order/state.ts';
import { symbols } from './schema.ts';

/**
 * Entries as records' values: Avro of `schemas/avro/journal-event.avsc` in Confluent's wire format, so that version 0.1 and other
 * readers of Avro get the schema from the registry. We do not need its id: our own records name the schema's fingerprint.
 */
export class EntryEncoder {
  /** The schema's id in the registry; 0 until the registry gives one. */
  schemaId: number;
  readonly #writer = new AvroWriter();

  constructor(schemaId = 0) {
    this.schemaId = schemaId;
  }

  /** The value of an entry's record. */
  encode(entry: JournalEntry): Buffer {
    const writer = this.#writer;
    const home = splitPartitionKey(entry.partition);
    writer.begin(this.schemaId);
    writer.writeIndex(journalEvents.indexOf(entry.event));
    writer.writeLong(entry.at);
    writer.writeText(home.topic);
    writer.writeLong(home.partition);
    writePosition(writer, entry.position, home);
    writeOptional(writer, entry.requestId, id => writeRequestId(writer, id, 1));
    writeOptional(writer, entry.command, command => {
      writer.writeIndex(1);
      writer.writeIndex(symbols.command.indexOf(command));
    });
    writer.writeLong(entry.attempts);
    writeOptionalText(writer, entry.detail);
    writeState(writer, entry.state, home);
    writeOptional(writer, entry.owed, owed => {
      writer.writeIndex(1);
      writeOwed(writer, owed, entry, home);
    });
    return writer.end();
  }
}

/** The partition that an entry belongs to: positions in it need not name it. */
interface Home {
  readonly topic: string;
  readonly partition: number;
}

/** The first branch of a union is null; `write` writes the other branch and its index. */
function writeOptional<T>(writer: AvroWriter, value: T | null, write: (value: T) => void): void {
  if (value === null) writer.writeIndex(0);
  else write(value);
}

function writeOptionalText(writer: AvroWriter, text: string | null): void {
  writer.writeIndex(text === null ? 0 : 1);
  if (text !== null) writer.writeText(text);
}

function writeOptionalInstant(writer: AvroWriter, at: Instant | null): void {
  writer.writeIndex(at === null ? 0 : 1);
  if (at !== null) writer.writeLong(at);
}

function writeOptionalLong(writer: AvroWriter, value: bigint | number | undefined): void {
  writer.writeIndex(value === undefined ? 0 : 1);
  if (value !== undefined) writer.writeLong(value);
}

function writeOptionalBytes(writer: AvroWriter, bytes: Uint8Array | null): void {
  writer.writeIndex(bytes === null ? 0 : 1);
  if (bytes !== null) writer.writeBytes(bytes);
}

function writePosition(writer: AvroWriter, { topic, partition, offset }: Position, home: Home): void {
  writeOptionalText(writer, topic === home.topic ? null : topic);
  writer.writeIndex(partition === home.partition ? 0 : 1);
  if (partition !== home.partition) writer.writeLong(partition);
  writer.writeLong(offset);
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const hexForm = /^[0-9a-f]{32}$/;

/** `first`: the index of the union's branch for a UUID; those for 32 digits and for any text follow. */
function writeRequestId(writer: AvroWriter, id: string, first: number): void {
  if (uuidForm.test(id)) {
    writer.writeIndex(first);
    writer.writeHex(id.replaceAll('-', ''));
  } else if (hexForm.test(id)) {
    writer.writeIndex(first + 1);
    writer.writeLong(16);
    writer.writeHex(id);
  } else {
    writer.writeIndex(first + 2);
    writer.writeText(id);
  }
}

/** `first`: the index of the union's branch for a digest; that for any text follows. */
function writeHash(writer: AvroWriter, hash: string, first: number): void {
  if (hexForm.test(hash)) {
    writer.writeIndex(first);
    writer.writeHex(hash);
  } else {
    writer.writeIndex(first + 1);
    writer.writeText(hash);
  }
}

function writeSource(writer: AvroWriter, source: SourcePosition): void {
  writer.writeIndex(symbols.source.indexOf(source.kind));
  writer.writeLong(source.committedAt);
  writer.writeLong(source.kind === 'lsn' ? source.lsn : source.kind === 'binlog' ? source.offset : 0);
  writeOptionalText(writer, source.kind === 'binlog' ? source.file : null);
  writer.writeLong(source.kind === 'binlog' ? source.row : 0);
  writeOptionalLong(writer, source.kind === 'lsn' ? source.commitLsn : undefined);
  writeOptionalLong(writer, source.kind === 'binlog' ? source.server : undefined);
  writer.writeBoolean(source.snapshot === true);
}

function writeState(writer: AvroWriter, state: OrderState, home: Home): void {
  const { kind, through, source, bizDate } = state;
  writer.writeIndex(symbols.state.indexOf(kind));
  writer.writeIndex(through === null ? 0 : 1);
  if (through !== null) writePosition(writer, through, home);
  writer.writeIndex(source === null ? 0 : 1);
  if (source !== null) writeSource(writer, source);
  writeOptionalInstant(writer, bizDate);
  writeOptional(writer, kind === 'unknown' ? null : state.hash, hash => writeHash(writer, hash, 1));
  writeOptionalInstant(writer, kind === 'unknown' ? state.mayExpireAt : kind === 'live' ? state.expires : null);
  writer.writeBoolean(kind === 'unknown' && state.mayBeEnded);
}

function writeOwed(writer: AvroWriter, owed: Owed, { order }: JournalEntry, home: Home): void {
  writeRecord(writer, owed.record);
  writeRequest(writer, owed.request, order, home);
  writer.writeLong(owed.heals);
  writer.writeLong(owed.attempts);
  writer.writeLong(owed.failures);
  writer.writeLong(owed.firstAttemptAt);
  writer.writeLong(owed.lastAttemptAt);
  writer.writeLong(owed.dueAt);
  writer.writeLong(owed.waitedMs);
}

function writeRecord(writer: AvroWriter, record: SourceRecord): void {
  writer.writeText(record.topic);
  writer.writeLong(record.partition);
  writer.writeLong(record.offset);
  writeOptionalBytes(writer, record.key);
  writeOptionalBytes(writer, record.value);
  writer.writeLong(record.timestamp);
  if (record.headers.length > 0) writer.writeLong(record.headers.length);
  for (const { name, value } of record.headers) {
    writer.writeText(name);
    writer.writeBytes(value);
  }
  // An array ends with a block of no items.
  writer.writeLong(0);
  writer.writeBoolean(record.valueOmitted === true);
}

function writeRequest(writer: AvroWriter, request: CardRequest, order: string, home: Home): void {
  const { body, change } = request;
  const { card } = change;
  writeRequestId(writer, request.requestId, 0);
  writer.writeIndex(symbols.command.indexOf(request.command));
  writer.writeLong(request.bizDate);
  writer.writeText(body);
  writeOptionalText(writer, membersIn(request) === card.members ? null : card.members);
  writeOptionalText(writer, change.merchantBizNo === order ? null : change.merchantBizNo);
  writer.writeText(card.template);
  writer.writeText(card.status);
  writer.writeBoolean(card.ends);
  writeOptionalInstant(writer, card.endDate);
  writeHash(writer, card.hash, 0);
  writer.writeLong(change.bizDate);
  writePosition(writer, change.position, home);
  writeSource(writer, change.source);
  writer.writeBoolean(change.snapshot);
  writer.writeBoolean(change.creates);
}

/**
 * What stands in a request's body behind its bizDate: the card's members. The body itself is kept, so that it is repeated byte
 * for byte even by a version that would write it in another way.
 */
export function membersIn(request: Pick<CardRequest, 'requestId' | 'command' | 'bizDate' | 'body'>): string {
  const { requestId, command, bizDate, body } = request;
  const head = `{"requestId":"${requestId}","command":"${command}","bizDate":${bizDate},`;
  return body.slice(head.length, -1);
}
