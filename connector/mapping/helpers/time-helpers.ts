import { type Helper, helper } from './helper.ts';
import { formatMoment, patternLetters } from './moment-format.ts';
import {
  fromZone,
  language,
  optional,
  pattern,
  span,
  textParam,
  timeOrText,
  timeParam,
  timestamp,
  toZone,
  zone,
} from './params.ts';
import { fromLocal, laterBy, readMoment, readSpan } from './read-moment.ts';
import { dayShift, daysBetween } from './texts.ts';

const clock = `patterns hold ${Object.keys(patternLetters).join(' ')}; other letters go in 'quotes'`;

// The offset of a zone that is not remembered is asked of Intl, which takes microseconds.
const stepsOfZones = 250;

const withoutSteps: readonly Helper[] = [
  helper(
    {
      name: 'format',
      does: `Writes a moment on the clock of a time zone, with names of days and months in a language (English if none is given); ${clock}.`,
      example: {
        expression: 'format(row.starts_at, "yyyy/MM/dd (EEEE)", "Asia/Hong_Kong", "zh_HK")',
        row: '{ starts_at: 2026-11-23T19:30:00Z }',
        gives: '"2026/11/24 (星期二)"',
      },
    },
    [timeOrText, pattern, zone, optional(language)],
    'string',
    (at, written, inZone, names = 'en_US') =>
      formatMoment(typeof at === 'string' ? readMoment(at, inZone) : at.getTime(), written, inZone, names),
  ),
  helper(
    {
      name: 'moment',
      does: 'Reads a date, or a date and time, as a timestamp on the clock of a time zone; an offset in the text goes first.',
      example: {
        expression: 'moment(row.due_on + " 23:59:59", "Asia/Hong_Kong")',
        row: '{ due_on: "2026-11-23" }',
        gives: '2026-11-23T15:59:59Z',
      },
    },
    [textParam('text'), zone],
    timestamp,
    (text, inZone) => new Date(readMoment(text, inZone)),
  ),
  helper(
    {
      name: 'inZone',
      does: 'The moment of a column without a zone (MySQL datetime, PostgreSQL timestamp), whose digits are the clock of a time zone.',
      example: {
        expression: 'inZone(row.starts_at, "Asia/Hong_Kong")',
        row: '{ starts_at: 2026-11-23T19:30:00Z }',
        gives: '2026-11-23T11:30:00Z',
      },
    },
    [timeParam('moment'), zone],
    timestamp,
    (at, inZone) => new Date(fromLocal(at.getTime(), inZone)),
  ),
  helper(
    {
      name: 'later',
      does: 'A moment so much later, or earlier with a minus; a day is 24 hours.',
      example: {
        expression: 'later(row.starts_at, "1h30m")',
        row: '{ starts_at: 2026-11-23T19:30:00Z }',
        gives: '2026-11-23T21:00:00Z',
      },
    },
    [timeParam('moment'), span],
    timestamp,
    (at, much) => laterBy(at, readSpan(much)),
  ),
  helper(
    {
      name: 'millis',
      does: 'Milliseconds of a timestamp since 1970-01-01 UTC.',
      example: {
        expression: 'millis(row.starts_at)',
        row: '{ starts_at: 2026-11-23T19:30:00Z }',
        gives: '1795462200000',
      },
    },
    [timeParam('moment')],
    'int',
    at => BigInt(at.getTime()),
  ),
  helper(
    {
      name: 'minutesBetween',
      does: 'Whole minutes from one timestamp to another.',
      example: {
        expression: 'minutesBetween(row.starts_at, row.ends_at)',
        row: '{ starts_at: 2026-11-23T19:30:00Z, ends_at: 2026-11-23T21:15:30Z }',
        gives: '105',
      },
    },
    [timeParam('from'), timeParam('to')],
    'int',
    (from, to) => BigInt(Math.trunc((to.getTime() - from.getTime()) / 60_000)),
  ),
  helper(
    {
      name: 'daysBetween',
      does: 'Days by the calendar from one timestamp in its zone to another in its own.',
      example: {
        expression: 'daysBetween(row.starts_at, "Asia/Hong_Kong", row.ends_at, "Asia/Tokyo")',
        row: '{ starts_at: 2026-11-23T14:30:00Z, ends_at: 2026-11-23T18:30:00Z }',
        gives: '1',
      },
    },
    [timeParam('from'), fromZone, timeParam('to'), toZone],
    'int',
    (from, itsZone, to, otherZone) => BigInt(daysBetween(from.getTime(), itsZone, to.getTime(), otherZone)),
  ),
  helper(
    {
      name: 'crossDay',
      does: 'The days between as AIR_TICKET_DEFAULT shows them: "+1天" in Chinese, "+1Day" in English, "" on the same day.',
      example: {
        expression: 'crossDay(row.starts_at, "Asia/Hong_Kong", row.ends_at, "Asia/Tokyo", "zh_HK")',
        row: '{ starts_at: 2026-11-23T14:30:00Z, ends_at: 2026-11-23T18:30:00Z }',
        gives: '"+1天"',
      },
    },
    [timeParam('from'), fromZone, timeParam('to'), toZone, language],
    'string',
    (from, itsZone, to, otherZone, tongue) =>
      dayShift(daysBetween(from.getTime(), itsZone, to.getTime(), otherZone), tongue),
  ),
];

/** The helpers about time; a part of the table of all. */
export const timeHelpers: readonly Helper[] = withoutSteps.map(one => ({ ...one, steps: stepsOfZones }));
