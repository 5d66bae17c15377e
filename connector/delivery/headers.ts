import type { Instant } from '../kernel/time.ts';

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

// A longer wait than this is not believed.
const retryAfterMsMax = 3_600_000;

/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3); null where it is absent or makes no sense. */
export function retryAfterMs(header: string | undefined, now: Instant): number | null {
  if (header === undefined) return null;
  const wait = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) && wait > 0 ? Math.min(wait, retryAfterMsMax) : null;
}
