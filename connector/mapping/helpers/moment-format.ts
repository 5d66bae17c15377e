import { refuse } from '../expressions/refusal.ts';
import { civilFromDays, dayMs } from './calendar.ts';
import { offsetAt } from './time-zone.ts';

/** A moment's fields on a zone's clock and calendar. */
interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** Milliseconds since midnight by the clock. */
  readonly clockMs: number;
  readonly names: Names;
}

/** Names of weekdays (from Sunday) and months (from January) in a language. */
interface Names {
  readonly weekdayLong: readonly string[];
  readonly weekdayShort: readonly string[];
  readonly monthLong: readonly string[];
  readonly monthShort: readonly string[];
}

type Part = (fields: Fields) => string;

const two = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'));
const twoDigits = (value: number) => two[value] ?? String(value);
const hours = (fields: Fields) => Math.floor(fields.clockMs / 3_600_000);

/** What a pattern may hold, besides text that is not letters A–Z and text in single quotes. */
export const patternLetters: Readonly<Record<string, Part>> = {
  yyyy: fields => String(fields.year).padStart(4, '0'),
  MM: fields => twoDigits(fields.month),
  M: fields => String(fields.month),
  MMM: fields => fields.names.monthShort[fields.month - 1] ?? '',
  MMMM: fields => fields.names.monthLong[fields.month - 1] ?? '',
  dd: fields => twoDigits(fields.day),
  d: fields => String(fields.day),
  EEE: fields => fields.names.weekdayShort[fields.weekday] ?? '',
  EEEE: fields => fields.names.weekdayLong[fields.weekday] ?? '',
  HH: fields => twoDigits(hours(fields)),
  H: fields => String(hours(fields)),
  mm: fields => twoDigits(Math.floor(fields.clockMs / 60_000) % 60),
  ss: fields => twoDigits(Math.floor(fields.clockMs / 1000) % 60),
  SSS: fields => String(fields.clockMs % 1000).padStart(3, '0'),
};

const cacheMax = 500;
const patterns = new Map<string, readonly Part[]>();
const languages = new Map<string, Names>();

/** Writes a moment (ms since the epoch) by a pattern, on a zone's clock, with names in a language (`zh_HK`, `en_US`). */
export function formatMoment(at: number, pattern: string, zone: string, language: string): string {
  const local = at + offsetAt(zone, at);
  const days = Math.floor(local / dayMs);
  const { year, month, day } = civilFromDays(days);
  const weekday = (((days + 4) % 7) + 7) % 7;
  const fields = { year, month, day, weekday, clockMs: local - days * dayMs, names: namesOf(language) };
  let text = '';
  for (const part of partsOf(pattern)) text += part(fields);
  return text;
}

/** Refuses a pattern with letters that mean nothing, naming them. */
export function checkPattern(pattern: string): void {
  partsOf(pattern);
}

function partsOf(pattern: string): readonly Part[] {
  let parts = patterns.get(pattern);
  if (parts === undefined) {
    if (patterns.size >= cacheMax) patterns.clear();
    parts = readPattern(pattern);
    patterns.set(pattern, parts);
  }
  return parts;
}

function readPattern(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  for (const [token] of pattern.matchAll(/([A-Za-z])\1*|'[^']*'?|[^A-Za-z']+/g)) {
    const known = patternLetters[token];
    if (known !== undefined) parts.push(known);
    else parts.push(literal(token));
  }
  return parts;
}

function literal(token: string): Part {
  if (/^[A-Za-z]/.test(token)) refuse(`the pattern may hold ${Object.keys(patternLetters).join(' ')}, and 'text'`);
  const quoted = token.startsWith("'");
  if (quoted && (token.length < 2 || !token.endsWith("'"))) refuse('a quote of the pattern is not closed');
  const text = quoted ? token.slice(1, -1) || "'" : token;
  return () => text;
}

function namesOf(language: string): Names {
  let names = languages.get(language);
  if (names === undefined) {
    if (languages.size >= cacheMax) languages.clear();
    names = readNames(language.replace('_', '-'));
    languages.set(language, names);
  }
  return names;
}

function readNames(tag: string): Names {
  const written = (count: number, moment: (index: number) => number, options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(tag, { timeZone: 'UTC', ...options });
    return Array.from({ length: count }, (_, index) => format.format(moment(index)));
  };
  // 1970-01-04 was a Sunday.
  const weekdays = (weekday: 'long' | 'short') => written(7, index => (3 + index) * dayMs, { weekday });
  const months = (month: 'long' | 'short') => written(12, index => Date.UTC(1970, index, 1), { month });
  try {
    return {
      weekdayLong: weekdays('long'),
      weekdayShort: weekdays('short'),
      monthLong: months('long'),
      monthShort: months('short'),
    };
  } catch {
    return refuse('the language is not one such as "zh_HK"');
  }
}
