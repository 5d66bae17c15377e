import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Row, type RowValue, UnavailableColumn, unavailableIn } from '../../../connector/kernel/row-change.ts';
import { placeholderFilter } from '../../../connector/source/unavailable-value.ts';

const placeholder = '__debezium_unavailable_value';
const bytes = Uint8Array.from(Buffer.from(placeholder));

/** Java's UUID.nameUUIDFromBytes: an MD5 digest with version 3 and variant 2 (RFC 9562) set in it. */
function nameUuid(name: string): string {
  const digest = createHash('md5').update(name).digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x30;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const forms: [string, RowValue][] = [
  ['text, json, xml', placeholder],
  ['bytea', bytes],
  ['bytea as base64', Buffer.from(bytes).toString('base64')],
  ['bytea as hex', Buffer.from(bytes).toString('hex')],
  ['hstore', { [placeholder]: placeholder }],
  ['hstore as json', `{"${placeholder}":"${placeholder}"}`],
  ['text[]', [placeholder]],
  ['bytea[]', [bytes]],
  ['uuid[]', [nameUuid(placeholder)]],
  ['int[], bigint[]', [...bytes].map(BigInt)],
  ['real[]', [...bytes]],
];

const withoutPlaceholders = placeholderFilter();
const filtered = (row: Row, before: Row | null) => withoutPlaceholders(row, () => before);

describe('a placeholder', () => {
  it.each(forms)('in %s is taken from before', (_, value) => {
    const before = { id: 1n, details: 'as it was' };
    expect(filtered({ id: 1n, details: value }, before)).toEqual({ id: 1n, details: 'as it was' });
  });

  it.each(forms)('in %s makes its column unavailable where there is no before', (_, value) => {
    const row = filtered({ id: 1n, details: value, remark: null }, null);
    expect(unavailableIn(row)).toEqual(['details']);
    expect(() => row.details).toThrow(new UnavailableColumn('details'));
    expect([row.id, row.remark]).toEqual([1n, null]);
  });

  it.each([
    ['null, which a large value never is', { details: null }],
    ['nothing in it, which Debezium makes up for NOT NULL', { details: '' }],
    ['0, which it makes up for numbers', { details: 0n }],
    ['the placeholder too', { details: placeholder }],
    ['no such column', {}],
  ])('makes its column unavailable where before has %s', (_, before) => {
    expect(unavailableIn(filtered({ id: 1n, details: placeholder }, before))).toEqual(['details']);
  });

  it('is not taken from what every object has', () => {
    expect(unavailableIn(filtered({ id: 1n, constructor: placeholder }, { id: 1n }))).toEqual(['constructor']);
  });

  it('may be another one: unavailable.value.placeholder of the connector', () => {
    const own = placeholderFilter('(unchanged)');
    expect(unavailableIn(own({ details: '(unchanged)' }, () => null))).toEqual(['details']);
    expect(own({ details: placeholder }, () => null)).toEqual({ details: placeholder });
  });
});

describe('a row without placeholders', () => {
  it.each<[string, RowValue]>([
    ['a text that begins like it', `${placeholder}s`],
    ['a text that ends before it', placeholder.slice(0, -1)],
    ['a long text', placeholder.repeat(10)],
    ['other bytes', Uint8Array.of(1, 2)],
    ['two of it', [placeholder, placeholder]],
    ['no items', []],
    ['other numbers', [...bytes].map(byte => BigInt(byte) + 1n)],
    ['nulls', [...bytes].map(() => null)],
    ['a moment', new Date(0)],
    ['a struct', { a: placeholder }],
    ['null', null],
    ['a number', 5n],
  ])('is the same row: %s', (_, value) => {
    const row = { id: 1n, details: value };
    expect(filtered(row, { id: 0n, details: 'earlier' })).toBe(row);
  });
});
