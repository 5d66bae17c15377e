import { kindOf, refuse } from '../expressions/refusal.ts';
import { dayMs } from './calendar.ts';
import { offsetAt } from './time-zone.ts';

/** A map out of CEL or a row: a plain record or a Map. */
export type TextMap = Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>;

/** Languages that stand in when the asked one is missing, in this order. */
const standIns = ['en_US', 'zh_HK'] as const;

/**
 * The text of a language out of `{"zh_HK": "…", "en_US": "…"}`. Of each language `zh_HK`, `zh-HK` and `zh` are looked for; after the asked one
 * comes the fallback, then English, then Chinese. Empty texts and nulls count as missing. Plain text is every language's. Null where there is none.
 */
export function pickText(texts: TextMap | string, language: string, fallback?: string): string | null {
  if (typeof texts === 'string') return texts;
  const asked = textIn(texts, language) ?? (fallback === undefined ? null : textIn(texts, fallback));
  if (asked !== null) return asked;
  for (const standIn of standIns) {
    const text = textIn(texts, standIn);
    if (text !== null) return text;
  }
  return null;
}

function textIn(texts: TextMap, language: string): string | null {
  return (
    textAt(texts, language) ??
    (language.includes('_')
      ? (textAt(texts, language.replace('_', '-')) ?? textAt(texts, language.slice(0, language.indexOf('_'))))
      : null)
  );
}

function textAt(texts: TextMap, key: string): string | null {
  const value = texts instanceof Map ? texts.get(key) : Object.hasOwn(texts, key) ? Reflect.get(texts, key) : null;
  if (value === null || value === undefined || value === '') return null;
  return typeof value === 'string' ? value : refuse(`the text of a language is ${kindOf(value)}`);
}

/** Whole days by the local calendars from one moment in its zone to another in its own: 1 where the second lies on the next date. */
export function daysBetween(from: number, fromZone: string, to: number, toZone: string): number {
  const day = (at: number, zone: string) => Math.floor((at + offsetAt(zone, at)) / dayMs);
  return day(to, toZone) - day(from, fromZone);
}

/** AIR_TICKET_DEFAULT's `cross_day`: `+1天`, `+1Day`, or `''` on the same day. */
export function dayShift(days: number, language: string): string {
  if (days === 0) return '';
  return `${days > 0 ? '+' : ''}${days}${language.startsWith('zh') ? '天' : 'Day'}`;
}

/** Texts of a list's members, or of one value alone; nulls are left out. */
export function strings(values: unknown): readonly string[] {
  const texts: string[] = [];
  for (const value of Array.isArray(values) ? values : [values]) {
    if (value === null) continue;
    if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'bigint' || typeof value === 'boolean') texts.push(String(value));
    else refuse(`a member of the list is ${kindOf(value)}`);
  }
  return texts;
}

/** Percent-encodes a text for one part of a URL. */
export function urlEncode(text: string): string {
  if (!text.isWellFormed()) refuse('the text has half of a surrogate pair');
  return encodeURIComponent(text);
}

/** The first `length` code points; where something is cut, the last of them give way to `ending`. */
export function truncate(text: string, length: number, ending: string): string {
  if (length < 0) refuse('the length is negative');
  if (text.length <= length) return text;
  // A code point takes two units at most: what comes behind need not be taken apart.
  const points = Array.from(text.slice(0, 2 * length + 2));
  if (points.length <= length) return text;
  const room = length - Array.from(ending).length;
  return room <= 0 ? points.slice(0, length).join('') : points.slice(0, room).join('') + ending;
}
