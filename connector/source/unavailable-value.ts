import { createHash } from 'node:crypto';
import { type Row, type RowValue, withUnavailable } from '../kernel/row-change.ts';

// An update does not log a large value (TOAST) that it leaves as it is, unless the table has REPLICA IDENTITY FULL. Debezium
// then writes a placeholder, in the column's own type. It must not be taken for the value: a customer would read it.

/** Debezium's default of `unavailable.value.placeholder`. */
const defaultPlaceholder = '__debezium_unavailable_value';

/**
 * Takes the placeholders out of a row; the same row where it has none. Such a column is taken from `before`, since the change left
 * it as it was. Where `before` does not have it either, reading the column throws `UnavailableColumn`.
 */
export type PlaceholderFilter = (row: Row, before: () => Row | null) => Row;

/** Makes the filter of a connector's placeholder. The forms are those of Debezium's UnchangedToastedPlaceholder. */
export function placeholderFilter(placeholder: string = defaultPlaceholder): PlaceholderFilter {
  const bytes = Buffer.from(placeholder);
  /** What it becomes in a text, by the column's type, `binary.handling.mode` and `hstore.handling.mode`. */
  const texts: ReadonlySet<string> = new Set([
    placeholder,
    bytes.toString('base64'),
    bytes.toString('hex'),
    JSON.stringify({ [placeholder]: placeholder }),
  ]);
  const longestText = Math.max(...[...texts].map(text => text.length));
  /** What it becomes in a `uuid[]`. */
  const uuid = nameUuid(bytes);

  // Its forms for numeric and boolean arrays and for geometries are not told from values: a card has no use for such columns.
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

  function hasPlaceholders(row: Row): boolean {
    for (const column in row) if (isPlaceholder(row[column] ?? null)) return true;
    return false;
  }

  /**
   * A large value is never null or empty. What a table without REPLICA IDENTITY FULL has in `before` may be: Debezium fills
   * columns that it does not know with null, and those that are NOT NULL with 0 or "" (seen with 3.7).
   */
  function isLargeValue(before: Row, column: string): boolean {
    const value = Object.hasOwn(before, column) ? before[column] : null;
    return Boolean(value) && value !== undefined && !isPlaceholder(value);
  }

  return (row, before) => {
    if (!hasPlaceholders(row)) return row;
    const old = before();
    const restored: Record<string, RowValue> = {};
    const unavailable: string[] = [];
    for (const [column, value] of Object.entries(row)) {
      if (!isPlaceholder(value)) restored[column] = value;
      else if (old !== null && isLargeValue(old, column)) restored[column] = old[column] ?? null;
      else unavailable.push(column);
    }
    return withUnavailable(restored, unavailable);
  };
}

function isList(value: object): value is readonly RowValue[] {
  return Array.isArray(value);
}

/** Java's `UUID.nameUUIDFromBytes`: an MD5 digest with version 3 and the variant of RFC 9562. No secret depends on it. */
function nameUuid(name: Uint8Array): string {
  const digest = createHash('md5').update(name).digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x30;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
