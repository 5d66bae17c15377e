import type { Instant } from '../kernel/time.ts';
import { retryAfterMsMax } from '../order/answer.ts';

/**
 * Makes the function that writes a moment as `Request-Time` wants it: ISO-8601 with an offset, to the millisecond (API
 * document, "Headers"). Several requests share a millisecond: it is written once.
 */
export function requestTimes(): (now: Instant) => string {
  let last: { readonly at: Instant; readonly text: string } | null = null;
  return now => {
    if (last?.at !== now) last = { at: now, text: `${new Date(now).toISOString().slice(0, -1)}+00:00` };
    return last.text;
  };
}

/** A header's value, the first where it is repeated. */
export function headerOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  name: string,
): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3); null where it is absent or makes no sense. A date is
 * compared with the answer's own `Date`, and with our wall clock only where the answer has none.
 */
export function retryAfterMs(header: string | undefined, date: string | undefined, now: Instant): number | null {
  if (header === undefined) return null;
  const sentAt = date === undefined ? Number.NaN : Date.parse(date);
  const wait = /^\d{1,9}$/.test(header)
    ? Number(header) * 1000
    : Date.parse(header) - (Number.isNaN(sentAt) ? now : sentAt);
  return Number.isFinite(wait) && wait > 0 ? Math.min(wait, retryAfterMsMax) : null;
}
