import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../connector/mapping/read-document.ts';
import { leastMapping } from './mappings.ts';

function problems(change: Readonly<Record<string, unknown>>) {
  const read = readDocument({ file: 'a.yaml', content: { ...leastMapping, ...change } });
  return read.kind === 'read' ? [] : read.problems.map(({ path, problem, hint }) => [path, problem, hint ?? '']);
}

describe('readDocument', () => {
  it('reads a mapping', () => expect(readDocument({ file: 'a.yaml', content: leastMapping }).kind).toBe('read'));

  it.each([null, undefined, 'text', 5, []])('asks for a mapping where the file is %j', content => {
    expect(readDocument({ file: 'a.yaml', content })).toMatchObject({
      kind: 'problems',
      problems: [{ file: 'a.yaml', path: '' }],
    });
  });

  it('tells unknown keys, with what may be meant', () => {
    expect(problems({ merchantBizno: 'row.no' })).toEqual([
      ['merchantBizno', 'unknown key', 'did you mean merchantBizNo?'],
    ]);
    expect(problems({ data: { amout: 'row.a' } })).toEqual([['data.amout', 'unknown key', 'did you mean amount?']]);
    expect(problems({ languages: { en_us: {} } })).toEqual([['languages.en_us', 'unknown key', 'did you mean en_US?']]);
    expect(problems({ languages: { fr_FR: {} } })).toEqual([
      ['languages.fr_FR', 'unknown key', 'known here are each, zh_HK, en_US'],
    ]);
  });

  it('tells missing keys', () => {
    expect(problems({ template: undefined, merchantBizNo: undefined })).toEqual([
      ['template', 'is missing', ''],
      ['merchantBizNo', 'is missing', ''],
    ]);
  });

  it('looks into the form of orderStatus that was chosen', () => {
    expect(problems({ orderStatus: { of: 'row.status', mapp: {} } })).toEqual([
      ['orderStatus.map', 'is missing', ''],
      ['orderStatus.mapp', 'unknown key', 'did you mean map?'],
    ]);
    expect(problems({ orderStatus: { of: 'row.status', map: { paid: 5 } } })).toEqual([
      ['orderStatus.map.paid', 'expects a status', ''],
    ]);
    expect(problems({ orderStatus: 5 })).toEqual([['orderStatus', 'expects an expression, or of and map', '']]);
  });

  it('tells values of a wrong kind where they stand', () => {
    expect(problems({ table: 5 })).toEqual([['table', 'expects schema.table, or a list of them', '']]);
    expect(problems({ table: ['a.b', 'orders'] })).toEqual([
      ['table.1', 'expects schema.table (PostgreSQL) or database.table (MySQL)', ''],
    ]);
    expect(problems({ when: true })).toEqual([['when', 'expects an expression', '']]);
    expect(problems({ merchantBizNo: '' })).toEqual([['merchantBizNo', 'expects an expression', '']]);
    expect(problems({ let: { 'my-name': 'row.a' } })).toEqual([
      ['let.my-name', 'expects a name of letters, digits and _', ''],
    ]);
    expect(problems({ languages: { each: { a: '' }, zh_HK: {} } })[0]?.[0]).toBe('languages.each.a');
  });

  it('tells all at once', () => {
    expect(problems({ when: 1, onDelete: '', extra: 1 })).toHaveLength(3);
  });
});
