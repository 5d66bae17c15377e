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

/** Most characters of a text that others wrote; what follows is cut off before any pattern sees it. */
const scrubbedCharactersMax = 4_096;

/** Names of a person's name, as JSON, forms and texts have them; not those of technical things (`topicName`, `username`). */
const nameKeys =
  '(?:customer|passenger|contact|driver|holder|card[ _-]?holder|first|last|middle|full|real|given|family|receiver|recipient|guest|payer|payee|member|buyer|nick|legal)[ _-]?name|surname|姓名|乘客|聯絡人|联系人';
const phoneKeys = '(?:tele)?phone(?:[ _-]?(?:no|number))?|mobile(?:[ _-]?(?:no|number))?|電話|电话|手機|手机';
const secretKeys =
  'pass(?:word|wd|phrase)?|pwd|secret|token|api[ _-]?key|access[ _-]?key|private[ _-]?key|client[ _-]?secret|authorization|credentials?';

/** What stands between a key and its value, and the value: in quotes, or up to what ends it. None that is masked already. */
const quoted = String.raw`["'\\]{0,4}\s{0,4}[:=：]\s{0,4}(?!\\?["']?\[)`;
const keyed = (keys: string, bare: string) =>
  new RegExp(
    String.raw`(?<![A-Za-z])((?:\w{0,20}_)?(?:${keys})${quoted})(\\?"[^"]{1,200}"?|'[^']{1,200}'?|${bare})`,
    'gi',
  );

const names = keyed(nameKeys, String.raw`[^\s"',;&}\])|][^"',;&}\])|\n]{0,60}`);
const phones = keyed(phoneKeys, String.raw`[+(\d][\d ()+-]{3,24}`);
const secrets = keyed(secretKeys, String.raw`(?!(?:Bearer|Basic)\b)[^\s"',;&}\])]{1,4096}`);

/** Whatever is masked by its form has one of these; most texts of a log have none. */
const suspicious = /[\d@:=：]|-----|bearer|basic/i;

/**
 * A text that others wrote (an answer of the platform, an error of a library) for a log, at most 4,096 characters of it: known ids
 * masked, and whatever looks like an id, a person's name after its key, a phone number, a Hong Kong identity card number, a key, a
 * token, a password, or a mail address. Positions (`topic/0@123456789`), dates and times stay readable. The time that it takes grows
 * with the length of the text and no faster: every repetition in its patterns is bounded.
 */
export function scrub(text: string, knownIds: Iterable<string> = []): string {
  const masked = maskKnown(cut(text), knownIds);
  if (!suspicious.test(masked)) return masked;
  return masked
    .replace(/(-----BEGIN [^-]{1,40}-----)[\s\S]*?(-----END [^-]{1,40}-----|$)/g, '$1[secret]$2')
    .replace(/\b(Bearer|Basic)\s{1,4}[\w\-.~+/=]+/gi, '$1 [secret]')
    .replace(/:\/\/[^\s/@]{1,200}@/g, '://[secret]@')
    .replace(secrets, '$1[secret]')
    .replace(/\beyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*)?/g, '[secret]')
    .replace(/[A-Za-z0-9+/_-]{40,}={0,2}/g, run => (isBase64(run) ? '[secret]' : run))
    .replace(names, '$1[name]')
    .replace(phones, '$1[phone]')
    .replace(/(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[a-z]{2,24}/gi, '[address]')
    .replace(/(?<![A-Za-z0-9])[A-Z]{1,2}\d{6} ?(?:\([0-9A]\)|[0-9A])(?![A-Za-z0-9])/g, '[id card]')
    .replace(/(?<![\w.+-])\+\d{1,3}[ -]?(?:\(\d{1,4}\)[ -]?)?\d{2,5}(?:[ -]\d{2,5}){0,4}(?![\w.:])/g, '[phone]')
    .replace(
      /(?<![\w.:-])(?:\(?(?:852|853|86)\)?[ -])?(?:[2-9]\d{3}|1[3-9]\d[ -]\d{4})[ -]\d{4}(?![\w.:-])/g,
      '[phone]',
    )
    .replace(/(?<!\/\d{1,9}@\d{0,20})\d{8,}/g, mask);
}

/** Cut before the word in which the limit lies: half an id or a key would not be known for one. */
function cut(text: string): string {
  if (text.length <= scrubbedCharactersMax) return text;
  let end = scrubbedCharactersMax;
  while (end > 0 && /[\w+/=.@:-]/.test(text[end] ?? '')) end--;
  return `${text.slice(0, end)}${ellipsis}`;
}

/** A key or a token in base64 has letters of both cases and digits; a path or a digest in hexadecimal has not. */
function isBase64(run: string): boolean {
  return /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run);
}

/** A text with these ids masked wherever they stand in it, and nothing else changed. */
export function maskKnown(text: string, ids: Iterable<string>): string {
  // The longest first: one id may be a part of another.
  const known = [...ids].filter(id => id !== '').sort((a, b) => b.length - a.length);
  return known.reduce((masked, id) => masked.replaceAll(id, () => mask(id)), text);
}
