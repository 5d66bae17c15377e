import type { Row, RowValue } from '../kernel/row-change.ts';

// An update does not log a large value (TOAST) that it leaves as it is, unless the table has REPLICA IDENTITY FULL. Debezium
// then writes a placeholder, in the column's own type. It must not be taken for the value: a customer would read it.

/** Debezium's default of `unavailable.value.placeholder`. */
const placeholder = '__debezium_unavailable_value';
const bytes = Buffer.from(placeholder);

/** What it becomes in a text, by the column's type, `binary.handling.mode` and `hstore.handling.mode`. */
const texts: ReadonlySet<string> = new Set([
  placeholder,
  bytes.toString('base64'),
  bytes.toString('hex'),
  JSON.stringify({ [placeholder]: placeholder }),
]);
const longestText = Math.max(...[...texts].map(text => text.length));

/** What it becomes in a `uuid[]`: Java's `UUID.nameUUIDFromBytes`. */
const uuid = 'b68a35a7-17ad-35b3-af2a-ae46edb4545a';

/** Whether a row has any. */
export function hasPlaceholders(row: Row): boolean {
  for (const column in row) if (isPlaceholder(row[column] ?? null)) return true;
  return false;
}

/**
 * A row without placeholders. Such a column is taken from `before`, since the change left it as it was; where `before` does
 * not have it either, it is left out, and a mapping that needs it says that it is missing. The same row where it has none.
 */
export function withoutPlaceholders(row: Row, before: Row | null): Row {
  if (!hasPlaceholders(row)) return row;
  const restored: Record<string, RowValue> = {};
  for (const [column, value] of Object.entries(row)) {
    if (!isPlaceholder(value)) restored[column] = value;
    else if (before !== null && isLargeValue(before, column)) restored[column] = before[column] ?? null;
  }
  return restored;
}

/**
 * A large value is never null or empty. What a table without REPLICA IDENTITY FULL has in `before` may be: Debezium fills
 * columns that it does not know with null, and those that are NOT NULL with 0 or "" (seen with 3.7).
 */
function isLargeValue(before: Row, column: string): boolean {
  const value = Object.hasOwn(before, column) ? before[column] : null;
  return Boolean(value) && value !== undefined && !isPlaceholder(value);
}

/**
 * The forms are those of Debezium's UnchangedToastedPlaceholder. Its forms for numeric and boolean arrays and for geometries
 * are not told from values: a card has no use for such columns.
 */
function isPlaceholder(value: RowValue): boolean {
  if (typeof value === 'string') {
    return value.length >= placeholder.length && value.length <= longestText && texts.has(value);
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return false;
  if (value instanceof Uint8Array) return bytes.equals(value);
  return isList(value) ? isPlaceholderList(value) : value[placeholder] === placeholder;
}

/** One text, one run of bytes, or its bytes as numbers. */
function isPlaceholderList(list: readonly RowValue[]): boolean {
  const [first = null] = list;
  if (list.length === 1) return first === uuid || isPlaceholder(first);
  return list.length === bytes.length && list.every((one, at) => Number(one) === bytes[at]);
}

function isList(value: object): value is readonly RowValue[] {
  return Array.isArray(value);
}
