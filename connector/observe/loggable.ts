import { Fault, messageOf } from '../kernel/fault.ts';
import { mask, scrub } from '../kernel/mask.ts';
import { formatPosition } from '../kernel/position.ts';
import { Secret } from '../kernel/secret.ts';

const secretText = '[secret]';
const depthMax = 6;
const entriesMax = 50;
const textMax = 2000;

// By the names under which this code base, the API and kafkajs carry them.
const idNames =
  /^(?:merchantBizNo|merchant_?biz_?no|order|order_?(?:id|no)|user_?id|open_?id|buyer_?id|trade_?no|key)$/i;
const secretNames = /(?:password|passphrase|secret|token|private_?key|authorization|cookie)$/i;
// Made by machines, for machines; AlipayHK's support asks for the Tracer-Id as it is.
const plainNames = /^(?:tracerId|requestId|trace_id)$/;
const contentNames = /^(?:body|members|payload|value|before|after|row|card|record|headers|businessInfo|syncDataInfo)$/i;

/**
 * A value as a log may show it. Whatever is handed in, no secret, no customer id and no order's content comes out: by type
 * ({@link Secret}, bytes), by name (`merchantBizNo`, `password`, `body`), and in texts by form (see {@link scrub}).
 */
export function loggable(value: unknown, name = '', depth = 0): unknown {
  if (value === undefined || value === null || typeof value === 'boolean') return value;
  if (value instanceof Secret || secretNames.test(name) || value === secretText) return secretText;
  if (value instanceof Fault) return loggableFault(value);
  if (contentNames.test(name)) return '[content]';
  if (idNames.test(name) && typeof value !== 'object') return maskedOnce(String(value));
  if (typeof value === 'string') return shortened(plainNames.test(name) ? value : scrub(value));
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Error) return loggableError(value);
  if (typeof value !== 'object') return `[${typeof value}]`;
  return loggableObject(value, name, depth);
}

/** A fault without its stack: it is no defect, and its code says where to look. */
function loggableFault(fault: Fault): object {
  const { code, detail, at, order, remedy, cause } = fault;
  return {
    code,
    detail: shortened(scrub(detail)),
    ...(at && { at: formatPosition(at) }),
    ...(order !== undefined && { order: maskedOnce(order) }),
    remedy,
    ...(cause !== undefined && { cause: shortened(scrub(messageOf(cause))) }),
  };
}

function loggableError(error: Error): object {
  return {
    name: error.name,
    text: shortened(scrub(error.message)),
    ...(error.stack !== undefined && { stack: shortened(scrub(error.stack)) }),
  };
}

function loggableObject(value: object, name: string, depth: number): unknown {
  if (depth >= depthMax) return '[deeper]';
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Set || value instanceof Map) return `[${value.size} entries]`;
  if (Array.isArray(value)) {
    const shown = value.slice(0, entriesMax).map(element => loggable(element, name, depth + 1));
    return value.length > entriesMax ? [...shown, `[${value.length - entriesMax} more]`] : shown;
  }
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, entriesMax)
      .map(([key, inner]) => [scrub(key), loggable(inner, key, depth + 1)]),
  );
}

function maskedOnce(id: string): string {
  return id.includes('…') && id.length <= 5 ? id : mask(id);
}

function shortened(text: string): string {
  return text.length > textMax ? `${text.slice(0, textMax)}… (${text.length} characters)` : text;
}
