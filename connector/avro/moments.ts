// Dates, times of day and moments as databases count them, in the forms of `kernel/row-change`. What those forms cannot
// hold comes back as it was: a number as bigint, a text as text. A column that the mapping may not even use must not make
// its row undecodable; where it is used, the mapping sees that it is of another type.

const msOfDay = 86_400_000;

/**
 * A date by its days since 1970-01-01: `"2026-11-23"`, or with six digits and a sign outside the years 0 to 9999. Beyond
 * JavaScript's dates (±100,000,000 days; PostgreSQL's infinity is): the days.
 */
export function dateOfDays(days: number): string | bigint {
  const date = new Date(days * msOfDay);
  return Number.isNaN(date.getTime()) ? BigInt(days) : date.toISOString().slice(0, -'T00:00:00.000Z'.length);
}

/**
 * A moment by the `units` since the epoch, `perMs` of them in a millisecond. Parts of a millisecond are cut off, towards the
 * past. Beyond JavaScript's dates (±8.64e15 ms; PostgreSQL's infinity is): the units.
 */
export function momentOf(units: bigint, perMs: bigint): Date | bigint {
  const ms = units % perMs < 0n ? units / perMs - 1n : units / perMs;
  const moment = new Date(Number(ms));
  return Number.isNaN(moment.getTime()) ? units : moment;
}

const isoMoment = /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::\d\d){0,2})$/;

/** A moment by its ISO 8601 text with a zone. Any other text, such as PostgreSQL's `infinity`, stays text. */
export function momentOfText(text: string): Date | string {
  if (!isoMoment.test(text)) return text;
  // Java writes years past 9999 as +10000, JavaScript reads them as +010000 only.
  const moment = new Date(text.replace(/^[+-]\d+/, year => `${year[0]}${year.slice(1).padStart(6, '0')}`));
  return Number.isNaN(moment.getTime()) ? text : moment;
}

/**
 * A time of day by its `units` since midnight, of which a second has 10^`digits`: `"19:30:00"`, `"19:30:00.25"`. MySQL's
 * TIME is a span, which may be negative or longer than a day: `"-838:59:59"`.
 */
export function timeOfDay(units: bigint, digits: number): string {
  const perSecond = 10n ** BigInt(digits);
  const magnitude = units < 0n ? -units : units;
  const seconds = Number(magnitude / perSecond);
  const fraction = (magnitude % perSecond).toString().padStart(digits, '0').replace(/0+$/, '');
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = clock.map(part => String(part).padStart(2, '0')).join(':');
  return `${units < 0n ? '-' : ''}${text}${fraction && `.${fraction}`}`;
}

/** A date or time of day whose ISO 8601 text ends in UTC's mark, without it: the column has no zone. */
export function withoutZone(text: string): string {
  return text.endsWith('Z') ? text.slice(0, -1) : text;
}
