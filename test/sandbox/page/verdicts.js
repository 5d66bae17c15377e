/** @import { RequestEntry } from '../journal/request-entry.ts' */
/** @import { Tone } from './cards/layout.js' */

/** @typedef {'accepted' | 'ignored' | 'refused' | 'failed'} Verdict */

/** In the order the page offers them. @type {readonly Verdict[]} */
export const verdicts = ['accepted', 'ignored', 'refused', 'failed'];

/** @type {Readonly<Record<Verdict, Tone>>} */
export const toneOf = { accepted: 'good', ignored: 'calm', refused: 'bad', failed: 'warn' };

/**
 * What the sandbox did with a request: it took effect, had none, was refused, or a fault kept it from any.
 * @param {Pick<RequestEntry, 'outcome'>} entry
 * @returns {Verdict}
 */
export function verdictOf({ outcome }) {
  if (outcome === 'created' || outcome === 'updated' || outcome === 'ended') return 'accepted';
  if (outcome === 'outdated' || outcome === 'ignored' || outcome === 'repeat') return 'ignored';
  return outcome.startsWith('fault:') ? 'failed' : 'refused';
}

/**
 * How a request follows on the earlier ones of its order: `healed` where it carries the same change by the other command after a refusal
 * that says so, `again` where the same request came before.
 * @param {RequestEntry} entry
 * @param {readonly RequestEntry[]} earlier oldest first
 * @returns {'healed' | 'again' | null}
 */
export function followsAs(entry, earlier) {
  if (entry.requestId !== null && earlier.some(({ requestId }) => requestId === entry.requestId)) return 'again';
  if (verdictOf(entry) !== 'accepted') return null;
  const refused = earlier.findLast(({ outcome }) => outcome === 'refused');
  if (refused === undefined || refused.bizDate !== entry.bizDate) return null;
  const asks =
    refused.command === 'UPDATE'
      ? refused.resultCode === 'ORDER_NOT_FOUND'
      : refused.resultCode === 'UN_SUPPORT_BUSINESS';
  return asks && refused.command !== entry.command ? 'healed' : null;
}
