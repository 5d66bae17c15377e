import type { DeadLetter } from '../flow/ports.ts';
import { maskKnown, scrub } from '../kernel/mask.ts';
import type { RecordHeader } from '../kernel/record.ts';
import type { Instant } from '../kernel/time.ts';
import { customerIdsOf } from '../order/customer-ids.ts';
import { redriveCountHeader, sourceHeaders } from './names.ts';

// A header tells a person or a tool what happened; it is no place for payload.
const valueCharactersMax = 512;

/** All that is told, names and values together; what comes last is cut or left out. */
const storyBytesMax = 8_192;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The story of a dead letter: Kafka Connect's `__connect.errors.*` names (DeadLetterQueueReporter), so that its tools work, and
 * our own `card_sync.*` beside them; at most 8 KB, ids of customers masked as in the log. Headers that the record had already are
 * kept and not written over, but for where it lies.
 */
export function deadLetterHeaders(letter: DeadLetter, connectorName: string): readonly RecordHeader[] {
  const where = new Set<string>(Object.values(sourceHeaders));
  const own = letter.record.headers.filter(({ name }) => !where.has(name));
  const has = new Set(own.map(({ name }) => name));
  const told = Object.entries(storyOf(letter, connectorName)).filter(([name]) => !has.has(name));
  return [...own, ...bounded(told)];
}

function bounded(told: readonly (readonly [name: string, value: string | null])[]): readonly RecordHeader[] {
  let left = storyBytesMax;
  return told.flatMap(([name, value]): RecordHeader[] => {
    const room = left - name.length;
    if (value === null || room <= 0) return [];
    const bytes = cutTo(encoder.encode(value.slice(0, valueCharactersMax)), room);
    left = room - bytes.length;
    return [{ name, value: bytes }];
  });
}

/** At most so many bytes, without half a character at the end. */
function cutTo(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.length <= bytesMax) return bytes;
  return encoder.encode(decoder.decode(bytes.subarray(0, bytesMax)).replace(/\uFFFD+$/, ''));
}

/** Long texts come last: where there is no room for all, it is they that are cut. */
function storyOf(letter: DeadLetter, connectorName: string): Record<string, string | null> {
  const { record, reason, fault, attempts } = letter;
  const answered = attempts?.lastAnswer.kind === 'answered' ? attempts.lastAnswer : null;
  const tracerId = answered?.tracerId ?? null;
  const ids = [...(attempts === null ? [] : customerIdsOf(attempts.request.change)), ...keyTexts(record.key)];
  const masked = (text: string) => scrub(text, ids);
  const { code, status, message } = answered?.result ?? {};
  return {
    [sourceHeaders.topic]: record.topic,
    [sourceHeaders.partition]: String(record.partition),
    [sourceHeaders.offset]: record.offset.toString(),
    '__connect.errors.topic': record.topic,
    '__connect.errors.partition': String(record.partition),
    '__connect.errors.offset': record.offset.toString(),
    '__connect.errors.connector.name': connectorName,
    '__connect.errors.stage': attempts === null ? 'VALUE_CONVERTER' : 'TASK_PUT',
    '__connect.errors.exception.class.name': fault.code,
    'card_sync.reason': reason,
    'card_sync.code': fault.code,
    'card_sync.source.timestamp': isoTime(record.timestamp),
    [redriveCountHeader]: '0',
    'card_sync.request_id': attempts?.request.requestId ?? null,
    'card_sync.command': attempts?.request.command ?? null,
    'card_sync.template': attempts?.request.change.card.template ?? null,
    'card_sync.result_code': code === undefined ? null : masked(code),
    'card_sync.result_status': status ?? null,
    'card_sync.http_status': answered === null ? null : String(answered.httpStatus),
    // Made by machines, of long numbers: AlipayHK's support asks for it as it is.
    'card_sync.tracer_id': tracerId === null ? null : maskKnown(tracerId, ids),
    'card_sync.attempts': attempts === null ? null : String(attempts.count),
    'card_sync.first_attempt_at': attempts === null ? null : isoTime(attempts.firstAt),
    'card_sync.last_attempt_at': attempts === null ? null : isoTime(attempts.lastAt),
    'card_sync.result_message': message === undefined ? null : masked(message),
    'card_sync.detail': masked(fault.detail),
    '__connect.errors.exception.message': masked(fault.detail),
    'card_sync.remedy': fault.remedy,
  };
}

/** The record's key, where it is text: with Debezium as we recommend it, the order's id. */
function keyTexts(key: Uint8Array | null): readonly string[] {
  const text = key === null ? '' : decoder.decode(key);
  // A shorter one would mask half of any text; one with control characters is no plain key.
  return text.length >= 4 && /^[^\p{Cc}\uFFFD]+$/u.test(text) ? [text] : [];
}

/** A producer may write any 64-bit time (some write microseconds); past the year 275760 it is told as the number it is. */
function isoTime(at: Instant): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}
