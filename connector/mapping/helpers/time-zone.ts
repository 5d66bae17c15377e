import { refuse } from '../expressions/refusal.ts';
import { dayMs, daysFromCivil } from './calendar.ts';

// A zone's offset is asked of Intl once for each day that occurs, and then comes from a map: Intl takes microseconds, the map nanoseconds.

/** One UTC day of a zone: the offset before and from its clock change on; `changesAt` is infinite where there is none. */
interface ZoneDay {
  readonly changesAt: number;
  readonly before: number;
  readonly after: number;
}

interface Zone {
  readonly clock: Intl.DateTimeFormat;
  readonly days: Map<number, ZoneDay>;
}

const zonesMax = 1000;
const daysMax = 5000;
const zones = new Map<string, Zone | null>();

/** First and last moment (ms since the epoch) that have a four-digit year in every zone. */
export const momentRange = { min: -62_135_596_800_000 + dayMs, max: 253_402_300_799_999 - dayMs } as const;

/** Whether the name is a time zone of the IANA list. */
export function isZone(name: string): boolean {
  return zoneOf(name) !== null;
}

/** Milliseconds that a zone's clocks are ahead of UTC at a moment (ms since the epoch). Refuses unknown zones and years outside 1 to 9999. */
export function offsetAt(name: string, at: number): number {
  if (!(at >= momentRange.min && at <= momentRange.max)) refuse('the moment is not within the years 1 to 9999');
  if (name === 'UTC') return 0;
  const zone = zoneOf(name);
  if (zone === null) refuse('not a time zone of the IANA list, such as "Asia/Hong_Kong"');
  const day = Math.floor(at / dayMs);
  let known = zone.days.get(day);
  if (known === undefined) {
    if (zone.days.size >= daysMax) zone.days.clear();
    known = zoneDay(zone.clock, day);
    zone.days.set(day, known);
  }
  return at < known.changesAt ? known.before : known.after;
}

function zoneOf(name: string): Zone | null {
  let zone = zones.get(name);
  if (zone === undefined) {
    if (zones.size >= zonesMax) zones.clear();
    zone = openZone(name);
    zones.set(name, zone);
  }
  return zone;
}

function openZone(timeZone: string): Zone | null {
  try {
    const numeric = 'numeric';
    const date = { year: numeric, month: numeric, day: numeric } as const;
    const time = { hour: numeric, minute: numeric, second: numeric, hourCycle: 'h23' } as const;
    return { clock: new Intl.DateTimeFormat('en-US', { timeZone, ...date, ...time }), days: new Map() };
  } catch {
    return null;
  }
}

function zoneDay(clock: Intl.DateTimeFormat, day: number): ZoneDay {
  let low = day * dayMs;
  let high = low + dayMs;
  const before = askOffset(clock, low);
  const after = askOffset(clock, high);
  if (before === after) return { changesAt: Number.POSITIVE_INFINITY, before, after };
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (askOffset(clock, middle) === before) low = middle;
    else high = middle;
  }
  return { changesAt: high, before, after };
}

function askOffset(clock: Intl.DateTimeFormat, wholeSecond: number): number {
  const found = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const part of clock.formatToParts(wholeSecond)) {
    if (part.type in found) found[part.type as keyof typeof found] = Number(part.value);
  }
  const seconds = (found.hour * 60 + found.minute) * 60 + found.second;
  return daysFromCivil(found.year, found.month, found.day) * dayMs + seconds * 1000 - wholeSecond;
}
