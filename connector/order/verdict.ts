import type { Answer, Answered, Result } from './answer.ts';
import type { Command } from './change.ts';
import { type RetryCause, silenceCauses, type Verdicts } from './result-codes.ts';

/** What follows from one attempt. */
export type Verdict =
  | { readonly kind: 'accepted' }
  /** The same request again, not before `afterMs` where the platform asks for that. */
  | { readonly kind: 'retry'; readonly cause: RetryCause; readonly afterMs: number | null }
  /** The same change under the other command; how often is the caller's to bound. */
  | {
      readonly kind: 'heal';
      readonly command: Command;
      /** The answer has no signature: it may lead to the SEND of a card, and to nothing else. */
      readonly unsigned?: true;
    }
  | {
      readonly kind: 'reject';
      readonly reason: string;
      /** By a result code that the table does not have: whether it is about the order is not known. */
      readonly unexplained?: true;
    }
  | { readonly kind: 'halt'; readonly reason: string };

/** Judges one attempt by the table of verdicts. */
export function judge(answer: Answer, command: Command, table: Verdicts): Verdict {
  if (answer.kind === 'unanswered') return { kind: 'retry', cause: silenceCauses[answer.cause], afterMs: null };
  const { result } = answer;
  const verdict = result === null ? judgeHttpStatus(answer, table) : judgeResult({ ...answer, result }, command, table);
  // An answer whose signature does not hold says nothing of the order. That we are refused is believed all the same: a
  // gateway that does not know us cannot sign for us, and to halt loses nothing. Nor does asking again: a proxy's 503 stays one.
  const distrusted = answer.signature === 'bad' || answer.signature === 'missing';
  if (!distrusted || verdict.kind === 'halt' || verdict.kind === 'retry') return verdict;
  // Some gateways sign only success. Without a signature "no such card" is followed all the same: the card is sent, and the platform
  // refuses that where there is one. The other way is not: an UPDATE of a card that is over is accepted and ignored.
  const isUnsignedHeal = answer.signature === 'missing' && verdict.kind === 'heal' && verdict.command === 'SEND';
  return isUnsignedHeal ? { ...verdict, unsigned: true } : retry(answer, 'signature');
}

/** Why an answer that says something was not believed. */
export type Distrust = 'unverified' | 'unsigned';

/** `unsigned`: a refusal without a signature, as some gateways send it. `unverified`: any other answer that AlipayHK's key does not verify. */
export function distrustOf(answer: Answer): Distrust {
  const isUnsigned = answer.kind === 'answered' && answer.signature === 'missing' && answer.result?.status !== 'S';
  return isUnsigned ? 'unsigned' : 'unverified';
}

/** Does the answer say that there are too many requests of ours? Known by the code, whatever verdict the settings give it. */
export function isTrafficLimit(answer: Answer): boolean {
  if (answer.kind === 'unanswered') return false;
  return answer.httpStatus === 429 || answer.result?.code === 'REQUEST_TRAFFIC_EXCEED_LIMIT';
}

type WithResult = Answered & { readonly result: Result };

function judgeResult(answer: WithResult, command: Command, table: Verdicts): Verdict {
  const { code } = answer.result;
  const entry = table.codes.get(code);
  const verdict = entry?.byCommand?.[command] ?? entry?.verdict ?? 'by-status';
  switch (verdict) {
    case 'accepted':
      return accepted(answer);
    case 'retry':
      return retry(answer, isTrafficLimit(answer) ? 'traffic-limit' : 'unknown-outcome');
    case 'heal-to-send':
      return { kind: 'heal', command: 'SEND' };
    case 'heal-to-update':
      return { kind: 'heal', command: 'UPDATE' };
    case 'halt':
      return { kind: 'halt', reason: code };
    case 'reject':
      return { kind: 'reject', reason: code };
    case 'by-status':
      return judgeStatus(answer, table);
  }
}

/** A code that the table does not have follows its `resultStatus` (API document, "Response"). */
function judgeStatus(answer: WithResult, table: Verdicts): Verdict {
  switch (answer.result.status) {
    case 'S':
      return accepted(answer);
    case 'U':
      return retry(answer, 'unknown-outcome');
    case 'F':
      // With an HTTP error the code may be a gateway's word for "not you" or "not now": neither is the order's fault.
      return isSuccess(answer.httpStatus)
        ? { kind: 'reject', reason: answer.result.code, unexplained: true }
        : judgeHttpStatus(answer, table);
  }
}

/** Delivered means HTTP 2xx and a success code, both (design, "Delivered"). */
function accepted(answer: Answered): Verdict {
  return isSuccess(answer.httpStatus) ? { kind: 'accepted' } : retry(answer, 'http-status');
}

function judgeHttpStatus(answer: Answered, { http }: Verdicts): Verdict {
  const { httpStatus } = answer;
  const entry = http.find(({ from, to }) => from <= httpStatus && httpStatus <= to);
  const verdict = entry?.verdict ?? 'halt';
  return verdict === 'retry'
    ? retry(answer, entry?.cause ?? 'http-status')
    : { kind: verdict, reason: `HTTP ${httpStatus}` };
}

function isSuccess(httpStatus: number): boolean {
  return httpStatus >= 200 && httpStatus < 300;
}

function retry(answer: Answered, cause: RetryCause): Verdict {
  return { kind: 'retry', cause, afterMs: answer.retryAfterMs };
}
