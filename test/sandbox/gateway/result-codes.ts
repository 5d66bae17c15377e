/** `resultStatus` of an answer: success, failed, unknown. */
export type ResultStatus = 'S' | 'F' | 'U';

/** One known result code: its status, who gives it, and its words. */
interface CodeEntry {
  readonly status: ResultStatus;
  /** `api`: the order's own answer, kept for its requestId. `gateway`: given before the API saw the request. */
  readonly by: 'api' | 'gateway';
  readonly text: string;
}

// API document, "Result codes"; the gateway's codes are those common to the platform's open APIs.
const codes = {
  SUCCESS: { status: 'S', by: 'api', text: 'success' },
  ORDER_NOT_FOUND: { status: 'F', by: 'api', text: 'no notification of this merchantBizNo' },
  ORDER_STATUS_INVALID: { status: 'F', by: 'api', text: 'order status not allowed' },
  PARAM_ILLEGAL: { status: 'F', by: 'api', text: 'request invalid' },
  UN_SUPPORT_BUSINESS: { status: 'F', by: 'api', text: 'service not available' },
  // F in the API's own table, U on its siblings and at the gateway.
  UNKNOWN_EXCEPTION: { status: 'U', by: 'api', text: 'unknown failure' },
  INVALID_SIGNATURE: { status: 'F', by: 'gateway', text: 'signature invalid' },
  KEY_NOT_FOUND: { status: 'F', by: 'gateway', text: 'no key of this version' },
  INVALID_CLIENT: { status: 'F', by: 'gateway', text: 'client id unknown' },
  INVALID_API: { status: 'F', by: 'gateway', text: 'no API at this path' },
  ACCESS_DENIED: { status: 'F', by: 'gateway', text: 'access denied' },
  METHOD_NOT_SUPPORTED: { status: 'F', by: 'gateway', text: 'method not supported' },
  MEDIA_TYPE_NOT_ACCEPTABLE: { status: 'F', by: 'gateway', text: 'content type not acceptable' },
  PROCESS_FAIL: { status: 'F', by: 'gateway', text: 'processing failed' },
  REQUEST_TRAFFIC_EXCEED_LIMIT: { status: 'U', by: 'gateway', text: 'too many requests' },
  SYSTEM_ERROR: { status: 'U', by: 'gateway', text: 'system error' },
} as const satisfies Record<string, CodeEntry>;

/** A result code that the API or the gateway is documented to give. */
export type ResultCode = keyof typeof codes;

/** All of them, in the order of the document. */
export const resultCodes: readonly ResultCode[] = Object.keys(codes) as ResultCode[];

/** The `result` of an answer. */
export interface Result {
  readonly status: ResultStatus;
  readonly code: ResultCode;
  readonly text: string;
}

const plain = Object.fromEntries(
  Object.entries(codes).map(([code, entry]) => [code, { status: entry.status, code, text: entry.text }]),
) as Readonly<Record<ResultCode, Result>>;

/** The answer of a code; `why` is added to its words, `status` replaces the usual one. Without either always the same object. */
export function resultOf(code: ResultCode, why?: string, status?: ResultStatus): Result {
  const usual = plain[code];
  if (why === undefined && status === undefined) return usual;
  return { status: status ?? usual.status, code, text: why === undefined ? usual.text : `${usual.text}: ${why}` };
}

/** True for an answer that a repetition of the request gets again: the API's own S and F. */
export function isFinal(result: Result): boolean {
  return result.status !== 'U' && codes[result.code].by === 'api';
}

/** True for the name of a documented result code. */
export function isResultCode(text: string): text is ResultCode {
  return Object.hasOwn(codes, text);
}
