import type { Answer, Answered, Result, Unanswered } from './answer.ts';
import type { Command } from './change.ts';
import { resultCodeEntry } from './result-codes.ts';

/** Why a delivery is tried again: a closed label set. */
export const retryCauses = [
  'unknown-outcome',
  'traffic-limit',
  'http-status',
  'network',
  'timeout',
  'unreadable',
  'signature',
] as const;

/** One of {@link retryCauses}. */
export type RetryCause = (typeof retryCauses)[number];

/** What follows from one attempt. */
export type Verdict =
  | { readonly kind: 'accepted' }
  /** The same request again, not before `afterMs` where the platform asks for that. */
  | { readonly kind: 'retry'; readonly cause: RetryCause; readonly afterMs: number | null }
  /** The same change under the other command; how often is the caller's to bound. */
  | { readonly kind: 'heal'; readonly command: Command }
  | { readonly kind: 'reject'; readonly reason: string }
  | { readonly kind: 'halt'; readonly reason: string };

/** Judges one attempt. */
export function judge(answer: Answer, command: Command): Verdict {
  if (answer.kind === 'unanswered') return judgeSilence(answer);
  const verdict = answer.result === null ? judgeHttpStatus(answer) : judgeResult(answer, answer.result, command);
  // An answer whose signature does not hold says nothing of the order. That we are refused is believed all the same: a
  // gateway that does not know us cannot sign for us, and to halt loses nothing. Nor does asking again: a proxy's 503 stays one.
  const distrusted = answer.signature === 'bad' || answer.signature === 'missing';
  const needsTrust = verdict.kind !== 'halt' && verdict.kind !== 'retry';
  return distrusted && needsTrust ? retry(answer, 'signature') : verdict;
}

function judgeSilence(answer: Unanswered): Verdict {
  const causes = {
    timeout: 'timeout',
    'too-large': 'unreadable',
    connection: 'network',
    aborted: 'network',
    unsent: 'network',
  } as const;
  return { kind: 'retry', cause: causes[answer.cause], afterMs: null };
}

function judgeResult(answer: Answered, result: Result, command: Command): Verdict {
  const { code } = result;
  const entry = resultCodeEntry(code);
  if (entry === undefined) return judgeUndocumented(answer, result);
  const verdict = entry.byCommand?.[command] ?? entry.verdict;
  switch (verdict) {
    case 'accepted':
      return accepted(answer);
    case 'retry':
      return retry(answer, code === 'REQUEST_TRAFFIC_EXCEED_LIMIT' ? 'traffic-limit' : 'unknown-outcome');
    case 'heal-to-send':
      return { kind: 'heal', command: 'SEND' };
    case 'heal-to-update':
      return { kind: 'heal', command: 'UPDATE' };
    case 'halt':
      return { kind: 'halt', reason: code };
    case 'reject':
      return { kind: 'reject', reason: code };
  }
}

/** A code that is not documented follows its `resultStatus` (API document, "Response"). */
function judgeUndocumented(answer: Answered, { code, status }: Result): Verdict {
  switch (status) {
    case 'S':
      return accepted(answer);
    case 'U':
      return retry(answer, 'unknown-outcome');
    case 'F':
      // With an HTTP error the code may be a gateway's word for "not you" or "not now": neither is the order's fault.
      return isSuccess(answer.httpStatus) ? { kind: 'reject', reason: code } : judgeHttpStatus(answer);
  }
}

/** Delivered means HTTP 2xx and a success code, both (design, "Delivered"). */
function accepted(answer: Answered): Verdict {
  return isSuccess(answer.httpStatus) ? { kind: 'accepted' } : retry(answer, 'http-status');
}

/** An answer without a readable result comes from something before the API: a proxy, a load balancer, the wrong host. */
function judgeHttpStatus(answer: Answered): Verdict {
  const { httpStatus } = answer;
  if (httpStatus === 429) return retry(answer, 'traffic-limit');
  if (httpStatus >= 500 || httpStatus === 408) return retry(answer, 'http-status');
  if (isSuccess(httpStatus)) return retry(answer, 'unreadable');
  // 3xx, 401, 403, 404, 405, 407 … : not about this order, but about where and as whom we knock.
  return httpStatus === 400 || httpStatus === 413 || httpStatus === 422
    ? { kind: 'reject', reason: `HTTP ${httpStatus}` }
    : { kind: 'halt', reason: `HTTP ${httpStatus}` };
}

function isSuccess(httpStatus: number): boolean {
  return httpStatus >= 200 && httpStatus < 300;
}

function retry(answer: Answered, cause: RetryCause): Verdict {
  return { kind: 'retry', cause, afterMs: answer.retryAfterMs };
}
