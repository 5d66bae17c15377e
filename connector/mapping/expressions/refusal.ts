import { EvaluationError } from '@marcbachmann/cel-js';
import { nearest } from '../../kernel/did-you-mean.ts';
import { type Row, UnavailableColumn } from '../../kernel/row-change.ts';

/** A row's value that does not fit. Its text names columns, members and expressions, never a value: rows hold personal data. */
export class Refusal extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'Refusal';
  }
}

/** Refuses a value; `text` must not hold it. */
export function refuse(text: string): never {
  throw new Refusal(text);
}

/** What a value is, in words, without the value. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid timestamp' : 'a timestamp';
  if (value instanceof Uint8Array) return 'bytes';
  return kinds[typeof value] ?? 'a map';
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  bigint: 'a whole number',
  number: 'a floating-point number',
  boolean: 'true or false',
};

// Codes of the CEL library whose text holds only types, names of functions, or nothing of the row.
// The others may quote a value ("invalid string value "…""), so their text is not used.
const harmlessCodes = new Set([
  'no_matching_overload',
  'no_such_overload',
  'unknown_variable',
  'variable_type_mismatch',
  'invalid_condition_type',
  'invalid_logical_operand',
  'invalid_comprehension_range',
  'invalid_list_element_type',
  'int_conversion_error',
  'uint_conversion_error',
  'double_conversion_error',
  'invalid_timestamp',
  'index_out_of_range',
]);

/** Says why an expression gave nothing for a row, without any value of the row. Never throws. */
export function explain(thrown: unknown, row: Row): string {
  if (thrown instanceof Refusal) return thrown.message;
  if (thrown instanceof UnavailableColumn) {
    return `${thrown.message}: the update left it as it was; the table needs REPLICA IDENTITY FULL`;
  }
  if (!(thrown instanceof EvaluationError)) return 'cannot be evaluated for this row';
  const where = nodeText(thrown.node);
  if (thrown.code === 'no_such_key') return missingMember(thrown.node, row);
  const why = harmlessCodes.has(thrown.code) ? thrown.summary : thrown.code.replaceAll('_', ' ');
  return where === '' ? why : `${where}: ${why}`;
}

/** Whether an expression failed because a column or member is missing. */
export function isMissingMember(thrown: unknown): boolean {
  return thrown instanceof EvaluationError && thrown.code === 'no_such_key';
}

interface SourceNode {
  readonly op?: unknown;
  readonly args?: unknown;
  readonly input?: string | undefined;
  readonly start: number;
  readonly end: number;
}

/** The part of an expression's source that a node stands for; `''` where it is not known. */
export function nodeText(node: SourceNode | undefined): string {
  return node?.input === undefined ? '' : node.input.slice(node.start, node.end);
}

function missingMember(node: SourceNode | undefined, row: Row): string {
  const [owner, member] = Array.isArray(node?.args) ? (node.args as readonly unknown[]) : [];
  const name = memberName(member);
  const ownerText = isNode(owner) ? nodeText(owner) : '';
  if (ownerText === 'row' && name !== null) {
    const close = nearest(name, Object.keys(row));
    return `the row has no column "${name}"${close === null ? '' : `; did you mean ${close}?`}`;
  }
  if (name === null) return `${nodeText(node)}: there is no such member`;
  return `${ownerText} has no member "${name}"`;
}

function memberName(member: unknown): string | null {
  if (typeof member === 'string') return member;
  return isNode(member) && member.op === 'value' && typeof member.args === 'string' ? member.args : null;
}

function isNode(value: unknown): value is SourceNode {
  return typeof value === 'object' && value !== null && 'start' in value && 'end' in value;
}
