import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { Row, RowValue } from '../../kernel/row-change.ts';

const column: z.ZodType<RowValue> = z.custom<RowValue>(value => value !== undefined);
const row = z.record(z.string(), column);
const members = z.record(z.string(), z.unknown());

const moment = z
  .union([z.date(), z.iso.datetime({ offset: true })], 'must be a moment, e.g. 2026-11-23T15:30:00+08:00')
  .transform(value => new Date(value).toISOString());

const testCase = z.strictObject({
  name: z.string(),
  op: z.enum(['create', 'update', 'delete', 'read']).default('update'),
  row: row.default({}),
  key: z.string().nullable().default(null),
  card: members.optional(),
  data: members.optional(),
  languages: z.record(z.string(), members).optional(),
  ends: z.boolean().optional(),
  bizDate: moment.optional(),
  endDate: moment.nullable().optional(),
  skipped: z.string().optional(),
  problems: z.array(z.string()).optional(),
});

const testFile = z.strictObject({ row: row.default({}), cases: z.array(testCase).min(1) });

/** A row, and what must become of it. What is not given is not compared. */
export interface MappingCase {
  readonly name: string;
  readonly op: 'create' | 'update' | 'delete' | 'read';
  /** The whole row: the file's own, with the case's columns over it. */
  readonly row: Row;
  /** The record's key. */
  readonly key: string | null;
  /** Members of the request; only those that stand here are compared. */
  readonly card?: Readonly<Record<string, unknown>> | undefined;
  /** The members of `syncDataInfo`, all but the languages. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly languages?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  /** The status hides the card for good. */
  readonly ends?: boolean | undefined;
  /** ISO 8601, UTC. */
  readonly bizDate?: string | undefined;
  readonly endDate?: string | null | undefined;
  /** Why there is no card: `unmapped`. */
  readonly skipped?: string | undefined;
  /** Why the row cannot be mapped, whole texts. */
  readonly problems?: readonly string[] | undefined;
}

/** The cases of a test file, or what is wrong with it. */
export type TestFile =
  | { readonly kind: 'cases'; readonly cases: readonly MappingCase[] }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/** Reads the text of a `*.test.yaml`: whole numbers are 64 bits wide, and unquoted ISO times are moments, as in rows. */
export function readTestFile(text: string): TestFile {
  const document = parseDocument(text, { intAsBigInt: true, customTags: ['timestamp'] });
  if (document.errors.length > 0) return { kind: 'problems', problems: document.errors.map(({ message }) => message) };
  const parsed = testFile.safeParse(document.toJS());
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return { kind: 'problems', problems };
  }
  const { row: common, cases } = parsed.data;
  return { kind: 'cases', cases: cases.map(one => ({ ...one, row: { ...common, ...one.row } })) };
}
