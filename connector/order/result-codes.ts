import type { Unanswered } from './answer.ts';
import type { Command } from './change.ts';

/**
 * What an answer can mean for a delivery: a closed set. For a result code, before HTTP status and signature are looked at.
 *
 * - `accepted`: delivered.
 * - `retry`: ask again, the same request.
 * - `heal-to-send`: the order has no card: UPDATE becomes SEND, once.
 * - `heal-to-update`: the order has a card already: SEND becomes UPDATE, once.
 * - `reject`: refused for good: the change becomes a dead letter.
 * - `halt`: our own client id, key or rights: intake stops, nothing becomes a dead letter.
 */
export const verdictNames = ['accepted', 'retry', 'heal-to-send', 'heal-to-update', 'reject', 'halt'] as const;

/** One of {@link verdictNames}. */
export type CodeVerdict = (typeof verdictNames)[number];

/** One known result code. */
export interface ResultCodeEntry {
  readonly verdict: CodeVerdict;
  /** Where the verdict differs for one command. `by-status`: the code follows its `resultStatus`, as one that nobody knows. */
  readonly byCommand?: Partial<Record<Command, CodeVerdict | 'by-status'>>;
  readonly meaning: string;
}

/**
 * Every result code that AlipayHK documents for contractCardSync and for the gateway before it, and what its gateways are known to answer besides.
 * The closed label set of the metrics is these names, those of the settings, some that came undocumented, `none` (no answer) and `other`.
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
  // Not documented for this API: what gateways of the vendor answer, with HTTP 200, before any API is reached.
  ILLEGAL_CLIENT_IP: { verdict: 'halt', meaning: 'our IP address is not on the list of the client' },
  OAUTH_FAIL: { verdict: 'halt', meaning: 'the client has no permission' },
  INVALID_AGENT_TOKEN: { verdict: 'halt', meaning: 'the agent token is wrong or expired' },
  HAS_NO_PRIVILEGE: { verdict: 'halt', meaning: 'the client has no right to this API' },
  NO_INTERFACE_DEF: { verdict: 'halt', meaning: 'the gateway does not know the API' },
} as const satisfies Record<string, ResultCodeEntry>;

/** A documented result code. */
export type ResultCode = keyof typeof resultCodes;

/** What answers with an HTTP status in this range mean where they bring no readable result. */
export interface HttpEntry {
  readonly from: number;
  readonly to: number;
  readonly verdict: Extract<CodeVerdict, 'retry' | 'reject' | 'halt'>;
  readonly cause?: RetryCause;
  readonly meaning: string;
}

/** An answer without a readable result comes from something before the API: a proxy, a load balancer, the wrong host. The first range that holds the status counts. */
export const httpStatuses: readonly HttpEntry[] = [
  { from: 429, to: 429, verdict: 'retry', cause: 'traffic-limit', meaning: 'too many requests' },
  { from: 408, to: 408, verdict: 'retry', cause: 'http-status', meaning: 'the request took too long to arrive' },
  { from: 500, to: Infinity, verdict: 'retry', cause: 'http-status', meaning: 'a failure of the server' },
  { from: 200, to: 299, verdict: 'retry', cause: 'unreadable', meaning: 'an answer that cannot be read' },
  { from: 400, to: 400, verdict: 'reject', meaning: 'the request is not understood' },
  { from: 413, to: 413, verdict: 'reject', meaning: 'the request is too large' },
  { from: 422, to: 422, verdict: 'reject', meaning: 'the request makes no sense' },
  // Not about this order, but about where and as whom we knock.
  { from: 0, to: 499, verdict: 'halt', meaning: 'any other: the wrong place, or not allowed in' },
];

/** Why a delivery is tried again: a closed label set. */
export const retryCauses = [
  'unknown-outcome',
  'traffic-limit',
  'http-status',
  'network',
  'timeout',
  'unreadable',
  'signature',
  'unexplained-refusal',
] as const;

/** One of {@link retryCauses}. */
export type RetryCause = (typeof retryCauses)[number];

/** Silence tells nothing, not even whether the request took effect: it is always asked again, and only the cause differs. */
export const silenceCauses = {
  timeout: 'timeout',
  'too-large': 'unreadable',
  connection: 'network',
  aborted: 'network',
  unsent: 'network',
} as const satisfies Record<Unanswered['cause'], RetryCause>;

/** What answers mean: the documented table, with what the settings say over it. */
export interface Verdicts {
  readonly codes: ReadonlyMap<string, ResultCodeEntry>;
  readonly http: readonly HttpEntry[];
}

// `HTTP_404`: an answer with this status and without a readable result. No code of the platform begins so.
const httpName = /^HTTP_(\d{3})$/;

/** The HTTP status that a name of the overrides means, or null where it is a result code. */
export function httpStatusOf(name: string): number | null {
  const status = httpName.exec(name)?.[1];
  return status === undefined ? null : Number(status);
}

/**
 * The table with other verdicts for some codes, documented or not, and for HTTP statuses (`HTTP_404`). A heal counts for
 * the command that it leads away from; under the other one the code means what it would have meant.
 */
export function verdictsWith(overrides: Readonly<Record<string, CodeVerdict>>): Verdicts {
  const codes = new Map<string, ResultCodeEntry>(Object.entries(resultCodes));
  const http: HttpEntry[] = [];
  for (const [name, verdict] of Object.entries(overrides)) {
    const status = httpStatusOf(name);
    if (status === null) codes.set(name, overridden(codes.get(name), verdict));
    else if (verdict === 'retry' || verdict === 'reject' || verdict === 'halt') {
      http.push({ from: status, to: status, verdict, meaning: fromSettings });
    }
  }
  return { codes, http: [...http, ...httpStatuses] };
}

const fromSettings = 'as the settings say';

function overridden(before: ResultCodeEntry | undefined, verdict: CodeVerdict): ResultCodeEntry {
  const meaning = before?.meaning ?? fromSettings;
  if (verdict !== 'heal-to-send' && verdict !== 'heal-to-update') return { verdict, meaning };
  // It is the other command already: healed into itself it would be the same request for ever.
  const healed: Command = verdict === 'heal-to-send' ? 'SEND' : 'UPDATE';
  const own = before === undefined ? 'by-status' : (before.byCommand?.[healed] ?? before.verdict);
  return { verdict, byCommand: { [healed]: own }, meaning };
}
