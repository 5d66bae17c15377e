import type { DeadLetter } from '../flow/ports.ts';
import type { RecordHeader } from '../kernel/record.ts';
import type { Instant } from '../kernel/time.ts';

// A header tells a person or a tool what happened; it is no place for payload.
const valueCharactersMax = 512;
const encoder = new TextEncoder();

/**
 * The story of a dead letter: Kafka Connect's `__connect.errors.*` names (DeadLetterQueueReporter), so that its tools work, and
 * our own `card_sync.*` beside them. Headers that the record had already are kept and not written over.
 */
export function deadLetterHeaders(letter: DeadLetter, connectorName: string): readonly RecordHeader[] {
  const has = new Set(letter.record.headers.map(({ name }) => name));
  const told = Object.entries(storyOf(letter, connectorName)).flatMap(([name, value]) =>
    value === null || has.has(name) ? [] : [{ name, value: encoder.encode(value.slice(0, valueCharactersMax)) }],
  );
  return [...letter.record.headers, ...told];
}

function storyOf(letter: DeadLetter, connectorName: string): Record<string, string | null> {
  const { record, reason, fault, attempts } = letter;
  const answered = attempts?.lastAnswer.kind === 'answered' ? attempts.lastAnswer : null;
  return {
    '__connect.errors.topic': record.topic,
    '__connect.errors.partition': String(record.partition),
    '__connect.errors.offset': record.offset.toString(),
    '__connect.errors.connector.name': connectorName,
    '__connect.errors.stage': attempts === null ? 'VALUE_CONVERTER' : 'TASK_PUT',
    '__connect.errors.exception.class.name': fault.code,
    '__connect.errors.exception.message': fault.detail,
    'card_sync.reason': reason,
    'card_sync.code': fault.code,
    'card_sync.detail': fault.detail,
    'card_sync.remedy': fault.remedy,
    'card_sync.source.timestamp': isoTime(record.timestamp),
    'card_sync.request_id': attempts?.request.requestId ?? null,
    'card_sync.command': attempts?.request.command ?? null,
    'card_sync.template': attempts?.request.change.card.template ?? null,
    'card_sync.result_code': answered?.result?.code ?? null,
    'card_sync.result_status': answered?.result?.status ?? null,
    'card_sync.result_message': answered?.result?.message ?? null,
    'card_sync.http_status': answered === null ? null : String(answered.httpStatus),
    'card_sync.tracer_id': answered?.tracerId ?? null,
    'card_sync.attempts': attempts === null ? null : String(attempts.count),
    'card_sync.first_attempt_at': attempts === null ? null : isoTime(attempts.firstAt),
    'card_sync.last_attempt_at': attempts === null ? null : isoTime(attempts.lastAt),
  };
}

/** A producer may write any 64-bit time (some write microseconds); past the year 275760 it is told as the number it is. */
function isoTime(at: Instant): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}
