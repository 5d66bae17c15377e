import type { Result, ResultStatus } from '../order/answer.ts';

/** The result of an answer's body, or why there is none. The text names no content: a body may hold anything. */
export type ReadResult =
  | { readonly result: Result; readonly unreadable: null }
  | { readonly result: null; readonly unreadable: string };

// Result codes become metric labels and header values: what is longer or odder than this is not one.
const codePattern = /^[A-Z][A-Z0-9_]{0,63}$/;
const messageCharactersMax = 256;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads `{"result":{"resultStatus","resultCode","resultMessage"}}` (API document, "Response"). Never throws. */
export function readResult(body: Uint8Array): ReadResult {
  if (body.length === 0) return unreadable('an empty body');
  const parsed = parse(body);
  if (parsed === undefined) return unreadable('a body that is no JSON');
  const result = memberOf(parsed, 'result');
  const code = memberOf(result, 'resultCode');
  const status = memberOf(result, 'resultStatus');
  const message = memberOf(result, 'resultMessage');
  if (typeof code !== 'string' || !codePattern.test(code)) return unreadable('JSON without a resultCode');
  if (!isStatus(status)) return unreadable('JSON without a resultStatus of S, F or U');
  const text = typeof message === 'string' ? message.slice(0, messageCharactersMax) : '';
  return { result: { code, status, message: text }, unreadable: null };
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    return undefined;
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function isStatus(value: unknown): value is ResultStatus {
  return value === 'S' || value === 'F' || value === 'U';
}

function unreadable(text: string): ReadResult {
  return { result: null, unreadable: text };
}
