import { kindOf, refuse } from '../expressions/refusal.ts';
import type { Param } from './helper.ts';
import { checkPattern } from './moment-format.ts';
import { readSpan } from './read-moment.ts';
import type { TextMap } from './texts.ts';
import { isZone } from './time-zone.ts';

// The forms of the helpers' arguments. Each says which static types may stand there, and reads a value or answers undefined.

/** CEL's name of a timestamp, which is a `Date` here. */
export const timestamp = 'google.protobuf.Timestamp';

/** Text; `verify` checks a literal at start. */
export function textParam(name: string, verify?: (literal: string) => void): Param<string> {
  const read = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return { name, accepts: ['string'], expects: 'text', read, ...(verify === undefined ? {} : { verify }) };
}

/** A whole number. */
export function intParam(name: string): Param<bigint> {
  const read = (value: unknown) => (typeof value === 'bigint' ? value : undefined);
  return { name, accepts: ['int'], expects: 'a whole number', read };
}

/** Text or a whole number; `expects` says which text. */
export function textOrIntParam(name: string, expects: string): Param<string | bigint> {
  const read = (value: unknown) => (typeof value === 'string' || typeof value === 'bigint' ? value : undefined);
  return { name, accepts: ['string', 'int'], expects, read };
}

/** Text, a whole number, true or false. */
export function scalarParam(name: string): Param<string | bigint | boolean> {
  const read = (value: unknown) =>
    typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean' ? value : undefined;
  return { name, accepts: ['string', 'int', 'bool'], expects: 'text, a whole number, or true or false', read };
}

/** A timestamp. */
export function timeParam(name: string): Param<Date> {
  return { name, accepts: [timestamp], expects: 'a timestamp', read: value => (isTime(value) ? value : undefined) };
}

/** A timestamp, or text that can be read as one. */
export const timeOrText: Param<Date | string> = {
  name: 'moment',
  accepts: [timestamp, 'string'],
  expects: 'a timestamp, or text such as "2026-11-23 19:30:00"',
  read: value => (typeof value === 'string' || isTime(value) ? value : undefined),
};

/** Any value. */
export function anyParam(name: string): Param<unknown> {
  return { name, accepts: ['dyn'], expects: 'anything', read: value => value };
}

/** Texts by language. */
export const texts: Param<TextMap | string> = {
  name: 'texts',
  accepts: ['map', 'string'],
  expects: 'a map of texts by language',
  read: value => (typeof value === 'string' || isMap(value) ? value : undefined),
};

/** A time zone's name; a literal one is looked up at start. */
export const zone = textParam('zone', name => {
  if (!isZone(name)) refuse('not a time zone of the IANA list, such as "Asia/Hong_Kong"');
});

/** The zone of the first moment of two. */
export const fromZone: Param<string> = { ...zone, name: 'fromZone' };

/** The zone of the second moment of two. */
export const toZone: Param<string> = { ...zone, name: 'toZone' };

/** A pattern of `format`; a literal one is read at start. */
export const pattern: Param<string> = textParam('pattern', checkPattern);

/** A span of time such as `90m`; a literal one is read at start. */
export const span: Param<string> = textParam('span', text => {
  readSpan(text);
});

/** A language such as `zh_HK`. */
export const language: Param<string> = textParam('language');

/** The same argument, which a call may leave out at its end. */
export function optional<T>(param: Param<T>): Param<T | undefined> {
  return { ...param, optional: true };
}

function isTime(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

function isMap(value: unknown): value is TextMap {
  return kindOf(value) === 'a map';
}
