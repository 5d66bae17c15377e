import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { keysAt, mappingJsonSchema, mappingSchema } from '../../../connector/mapping/document.ts';
import { exampleMappings, leastMapping } from './mappings.ts';

/** As Biome formats JSON: lists of short values on one line. */
function schemaFile(): string {
  const text = JSON.stringify(mappingJsonSchema(), null, 2);
  return `${text.replace(/\[\s+((?:[^[\]{}])*?)\s+\]/g, (_, values: string) => `[${values.replace(/\s*\n\s*/g, ' ')}]`)}\n`;
}

describe('schemas/json/mapping.schema.json', () => {
  const accepts = new Ajv().compile(mappingJsonSchema() as object);

  it('is what the mapping room reads (vitest -u writes it)', async () => {
    await expect(schemaFile()).toMatchFileSnapshot('../../../schemas/json/mapping.schema.json');
  });

  it('accepts the examples and the least mapping', () => {
    expect(Object.keys(exampleMappings)).toHaveLength(5);
    for (const [name, text] of Object.entries(exampleMappings))
      expect([name, accepts(parse(text))]).toEqual([name, true]);
    expect(accepts(leastMapping)).toBe(true);
  });

  it.each([
    { merchantBizNo: undefined },
    { unknown: 1 },
    { data: { ammount: 'row.a' } },
    { orderStatus: { of: 'row.a' } },
    { table: 'orders' },
    { languages: { fr_FR: {} } },
  ])('does not accept %j', change =>
    expect(accepts(JSON.parse(JSON.stringify({ ...leastMapping, ...change })))).toBe(false),
  );
});

describe('a mapping file', () => {
  it('may hold lists, maps, numbers, true, false and null for a member', () => {
    const each = { a: ['row.a', 1, true], b: { c: 'row.c', d: ['row.d'] }, e: 1.5, f: null };
    const languages = { each, zh_HK: null, en_US: { a: null } };
    expect(mappingSchema.parse({ ...leastMapping, languages }).languages).toEqual(languages);
  });

  it('may be for several tables', () => {
    expect(mappingSchema.parse({ ...leastMapping, table: ['shop.orders_1', 'shop.orders_2'] }).table).toHaveLength(2);
  });

  it('has its keys listed for hints', () => {
    expect(keysAt['']).toContain('merchantBizNo');
    expect(keysAt.orderStatus).toEqual(['of', 'map', 'other']);
    expect(keysAt.languages).toEqual(['each', 'zh_HK', 'en_US']);
  });
});
