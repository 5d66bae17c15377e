import type { Command } from './change.ts';

/** What a result code means for a delivery, before HTTP status and signature are looked at. */
export type CodeVerdict =
  | 'accepted'
  /** Ask again, the same request. */
  | 'retry'
  /** Refused for good: the change becomes a dead letter. */
  | 'reject'
  /** Our own client id, key or rights: intake stops, nothing becomes a dead letter. */
  | 'halt'
  /** The order has a card already: SEND becomes UPDATE, once. */
  | 'heal-to-update'
  /** The order has no card: UPDATE becomes SEND, once. */
  | 'heal-to-send';

/** One known result code. */
export interface ResultCodeEntry {
  readonly verdict: CodeVerdict;
  /** Where the verdict differs for one command. */
  readonly byCommand?: Partial<Record<Command, CodeVerdict>>;
  readonly meaning: string;
}

/**
 * Every result code that AlipayHK documents for contractCardSync and for the gateway before it.
 * The closed label set of the metrics is these names, `none` (no answer) and `other`.
 */
export const resultCodes = {
  SUCCESS: { verdict: 'accepted', meaning: 'accepted' },
  ORDER_NOT_FOUND: {
    verdict: 'reject',
    byCommand: { UPDATE: 'heal-to-send' },
    meaning: 'no notification of this merchantBizNo',
  },
  UN_SUPPORT_BUSINESS: {
    verdict: 'retry',
    byCommand: { SEND: 'heal-to-update' },
    meaning: 'a notification exists already; or the service is not available',
  },
  ORDER_STATUS_INVALID: { verdict: 'reject', meaning: 'status not allowed in this scenario' },
  PARAM_ILLEGAL: { verdict: 'reject', meaning: 'request invalid, usually missing parameters' },
  UNKNOWN_EXCEPTION: { verdict: 'retry', meaning: 'unknown failure' },
  SYSTEM_ERROR: { verdict: 'retry', meaning: 'failure inside the platform' },
  REQUEST_TRAFFIC_EXCEED_LIMIT: { verdict: 'retry', meaning: 'too many requests' },
  PROCESS_FAIL: { verdict: 'reject', meaning: 'processing failed; do not retry unchanged' },
  INVALID_SIGNATURE: { verdict: 'halt', meaning: 'the signature does not verify' },
  KEY_NOT_FOUND: { verdict: 'halt', meaning: 'the platform has no key of this version' },
  INVALID_CLIENT: { verdict: 'halt', meaning: 'the client id is not known' },
  INVALID_API: { verdict: 'halt', meaning: 'the API is not known at this address' },
  ACCESS_DENIED: { verdict: 'halt', meaning: 'the client may not use this API' },
  METHOD_NOT_SUPPORTED: { verdict: 'halt', meaning: 'the API does not take this HTTP method' },
  MEDIA_TYPE_NOT_ACCEPTABLE: { verdict: 'halt', meaning: 'the API does not take this content type' },
} as const satisfies Record<string, ResultCodeEntry>;

/** A documented result code. */
export type ResultCode = keyof typeof resultCodes;

const table: ReadonlyMap<string, ResultCodeEntry> = new Map(Object.entries(resultCodes));

/** The entry of a code, or undefined for one that is not documented. */
export function resultCodeEntry(code: string): ResultCodeEntry | undefined {
  return table.get(code);
}
