/** Did the answer's signature hold? `unchecked`: verification is off. */
export type SignatureCheck = 'verified' | 'missing' | 'bad' | 'unchecked';

/** `resultStatus` of the API: success, failed, unknown (retry with the same requestId to learn the outcome). */
export type ResultStatus = 'S' | 'F' | 'U';

/** The `result` object of an answer. */
export interface Result {
  readonly code: string;
  readonly status: ResultStatus;
  readonly message: string;
}

/** A longer wait than this is not believed of `Retry-After`, in milliseconds. */
export const retryAfterMsMax = 3_600_000;

/** The platform, or something before it, sent an answer. */
export interface Answered {
  readonly kind: 'answered';
  readonly httpStatus: number;
  /** Null when the body is not what the API documents; `unreadable` then says why. */
  readonly result: Result | null;
  readonly unreadable: string | null;
  readonly signature: SignatureCheck;
  /** The `Tracer-Id` header: AlipayHK's support asks for it. */
  readonly tracerId: string | null;
  /** From `Retry-After`, in milliseconds; at most {@link retryAfterMsMax}. */
  readonly retryAfterMs: number | null;
}

/** No answer came, or not all of it: whether the request took effect is unknown. `unsent`: it did not, for not a byte of it went out. */
export interface Unanswered {
  readonly kind: 'unanswered';
  readonly cause: 'timeout' | 'connection' | 'aborted' | 'too-large' | 'unsent';
  /** What the network said, without payload. */
  readonly text: string;
}

/** What came of one attempt. Never thrown: an answer is data. */
export type Answer = Answered | Unanswered;

/** An answer in a few words, for errors and dead letters: code and message, or what went wrong. Holds no payload of ours. */
export function describeAnswer(answer: Answer): string {
  if (answer.kind === 'unanswered') return `no answer (${answer.cause}: ${answer.text})`;
  const { result, httpStatus, signature } = answer;
  const doubt = signature === 'bad' || signature === 'missing' ? `, signature ${signature}` : '';
  if (result === null) return `HTTP ${httpStatus}, ${answer.unreadable ?? 'no result'}${doubt}`;
  return `${result.status} ${result.code} "${result.message}", HTTP ${httpStatus}${doubt}`;
}
