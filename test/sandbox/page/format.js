/** @import { Locale } from './i18n.js' */

const zone = 'Asia/Hong_Kong';
/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * @param {Locale} locale
 * @param {Intl.DateTimeFormatOptions} options
 */
function formatOf(locale, options) {
  const key = locale + JSON.stringify(options);
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(locale === 'en' ? 'en-HK' : locale, { hourCycle: 'h23', ...options });
    formats.set(key, format);
  }
  return format;
}

/**
 * Cents as money; what is no whole number of cents, as it came.
 * @param {unknown} cents a number, or its digits as text
 * @param {unknown} currency
 * @param {Locale} locale
 */
export function money(cents, currency, locale) {
  const amount = typeof cents === 'string' && /^\d{1,15}$/.test(cents) ? Number(cents) : cents;
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount)) return plain(cents);
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) return (amount / 100).toFixed(2);
  const sign = { HKD: 'HK$', CNY: 'CN¥' }[currency] ?? `${currency} `;
  const digits = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return sign + digits.format(amount / 100);
}

/**
 * A moment as Hong Kong's clocks show it: `10:31`, with seconds where asked for.
 * @param {number} ms epoch ms
 * @param {Locale} locale
 */
export function clock(ms, locale, seconds = false) {
  if (!isTime(ms)) return String(ms);
  return formatOf(locale, {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds && { second: '2-digit' }),
  }).format(ms);
}

/**
 * A moment with its day: `24 Nov, 10:31`.
 * @param {number} ms epoch ms
 * @param {Locale} locale
 */
export function moment(ms, locale) {
  if (!isTime(ms)) return String(ms);
  return `${formatOf(locale, { timeZone: zone, day: 'numeric', month: 'short' }).format(ms)}${locale === 'en' ? ', ' : ' '}${clock(ms, locale)}`;
}

/**
 * The day of a text that begins with yyyy-MM-dd or yyyy/MM/dd, by the calendar it was written by; any other text as it is.
 * @param {string} text
 * @param {Locale} locale
 */
export function day(text, locale, weekday = true) {
  const [, year, month, date] = /^(\d{4})[-/](\d{2})[-/](\d{2})/.exec(text) ?? [];
  const at = Date.UTC(Number(year), Number(month) - 1, Number(date));
  if (!isTime(at)) return text;
  return formatOf(locale, {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'short',
    ...(weekday && { weekday: 'short' }),
  }).format(at);
}

/**
 * Hour and minute of `yyyy-MM-dd HH:mm:ss`; any other text as it is.
 * @param {string} text
 */
export function hour(text) {
  return /^\d{4}-\d{2}-\d{2} (\d{2}:\d{2})/.exec(text)?.[1] ?? text;
}

/**
 * Whole days from one moment's day in Hong Kong to another day (yyyy-MM-dd); null where that is none.
 * @param {number} ms epoch ms
 * @param {string} text
 */
export function daysUntil(ms, text) {
  const today = new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);
  const days = (Date.parse(text.slice(0, 10)) - Date.parse(today)) / 86_400_000;
  return Number.isInteger(days) ? days : null;
}

/**
 * Anything as text.
 * @param {unknown} value
 * @returns {string}
 */
export function plain(value) {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(plain).join(', ');
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** @param {number} ms */
function isTime(ms) {
  return Math.abs(ms) <= 8.64e15;
}
