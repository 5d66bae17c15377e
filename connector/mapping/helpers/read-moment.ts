import { refuse } from '../expressions/refusal.ts';
import { dayMs, daysFromCivil, daysInMonth } from './calendar.ts';
import { momentRange, offsetAt } from './time-zone.ts';

const form =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?(?:(Z)|([+-])(\d{2}):?(\d{2})?)?$/;

/**
 * Reads `2026-11-23`, `2026-11-23 19:30`, `2026-11-23T19:30:00.123` and the like as a moment (ms since the epoch) on a zone's clock.
 * A `Z` or offset at the end of the text goes before the zone. A time that the zone's clocks skip is read as if they had not been
 * put forward yet; of a time that comes twice, the first is meant. Digits past milliseconds are cut.
 */
export function readMoment(text: string, zone: string): number {
  const match = form.exec(text);
  if (match === null) refuse('not a time such as "2026-11-23 19:30:00"');
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', z, sign, aheadHours, aheadMinutes] =
    match;
  const local = localMs(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second));
  const written = local + Number(fraction.slice(0, 3).padEnd(3, '0'));
  if (z !== undefined) return written;
  if (sign === undefined) return fromLocal(written, zone);
  const ahead = (Number(aheadHours) * 60 + Number(aheadMinutes ?? 0)) * 60_000;
  return sign === '-' ? written + ahead : written - ahead;
}

/** The moment at which a zone's clock and calendar show `local`, which is written as if it were UTC. */
export function fromLocal(local: number, zone: string): number {
  if (!(local >= momentRange.min + dayMs && local <= momentRange.max - dayMs)) {
    refuse('the moment is not within the years 1 to 9999');
  }
  // No zone changes its clocks twice within two days, so one of these two offsets is the right one.
  const before = offsetAt(zone, local - dayMs);
  const after = offsetAt(zone, local + dayMs);
  const earlier = local - Math.max(before, after);
  if (before === after || offsetAt(zone, earlier) === local - earlier) return earlier;
  const later = local - Math.min(before, after);
  return offsetAt(zone, later) === local - later ? later : local - before;
}

const spanForm = /^(-?)(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/** Milliseconds of a span such as `90m`, `1h30m` or `-7d`; a day is 24 hours. */
export function readSpan(text: string): number {
  const match = spanForm.exec(text);
  if (match === null) refuse('not a span of time such as "90m", "1h30m" or "7d"');
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(2).map(part => Number(part ?? 0));
  const ms = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
  return match[1] === '-' ? -ms : ms;
}

/** The moment `ms` later; refuses what is past the calendar's end. */
export function laterBy(moment: Date, ms: number): Date {
  const later = new Date(moment.getTime() + ms);
  return Number.isNaN(later.getTime()) ? refuse('the moment is past the end of the calendar') : later;
}

function localMs(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  const dateFits = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  if (!dateFits || hour > 23 || minute > 59 || second > 59) refuse('there is no such day or time of day');
  return daysFromCivil(year, month, day) * dayMs + ((hour * 60 + minute) * 60 + second) * 1000;
}
