import type { Instant } from '../kernel/time.ts';
import type { StoredLetter } from './stored-letter.ts';

/** Which letters are meant; all that is given must hold. */
export interface LetterFilter {
  /** Of the fault, or AlipayHK's result code. */
  readonly code?: string;
  readonly template?: string;
  /** The order's whole id. */
  readonly order?: string;
  readonly reason?: string;
  /** When the letter was written: from, and before. */
  readonly since?: Instant;
  readonly until?: Instant;
  /** The letter's own place. */
  readonly place?: { readonly partition: number; readonly offset: bigint };
}

/** Is the letter meant? */
export function matches(letter: StoredLetter, filter: LetterFilter): boolean {
  const { code, template, order, reason, since, until, place } = filter;
  const { record } = letter;
  return (
    (code === undefined || letter.code === code || letter.resultCode === code) &&
    (template === undefined || letter.template === template) &&
    (order === undefined || letter.order === order) &&
    (reason === undefined || letter.reason === reason) &&
    (since === undefined || record.timestamp >= since) &&
    (until === undefined || record.timestamp < until) &&
    (place === undefined || (record.partition === place.partition && record.offset === place.offset))
  );
}
