const ellipsis = '…';

/** Ids shorter than this show nothing: two letters at each end would be too much of them. */
const shortestShown = 8;

/**
 * An order or user id for a log: enough to find it by, not enough to know it. `MB20260001` → `MB…01`.
 * At most four of its characters are shown, of a short id none.
 */
export function mask(id: string): string {
  const letters = Array.from(id);
  if (letters.length < shortestShown) return ellipsis;
  return letters.slice(0, 2).join('') + ellipsis + letters.slice(-2).join('');
}

/**
 * A text that others wrote (an answer of the platform, an error of a library) for a log: known ids masked, and whatever looks
 * like an id, a key, a token, a password in a URL or a mail address. Positions (`topic/0@123456789`) stay readable.
 */
export function scrub(text: string, knownIds: Iterable<string> = []): string {
  return maskKnown(text, knownIds)
    .replace(/(-----BEGIN [^-]+-----)[\s\S]*?(-----END [^-]+-----|$)/g, '$1[secret]$2')
    .replace(/\b(Bearer|Basic)\s+[\w\-.~+/=]+/gi, '$1 [secret]')
    .replace(/:\/\/[^\s/@]+@/g, '://[secret]@')
    .replace(/[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/gi, '[address]')
    .replace(/(?<!\/\d{1,9}@\d*)\d{8,}/g, mask);
}

/** A text with these ids masked wherever they stand in it, and nothing else changed. */
export function maskKnown(text: string, ids: Iterable<string>): string {
  // The longest first: one id may be a part of another.
  const known = [...ids].filter(id => id !== '').sort((a, b) => b.length - a.length);
  return known.reduce((masked, id) => masked.replaceAll(id, () => mask(id)), text);
}
