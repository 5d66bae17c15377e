import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { runProgram } from '../../../../connector/cli/program.ts';
import { readTestFile } from '../../../../connector/tools/mapping-test/test-file.ts';
import { testMappings } from '../../../../connector/tools/mapping-test/test-mappings.ts';
import { leastMapping, leastRow, openTemplate } from '../../mapping/mappings.ts';

const options = { templates: [openTemplate], languageBusinessInfo: 'string' as const };
const document = {
  file: 'conf/order.yaml',
  content: {
    ...leastMapping,
    data: { amount: 'cents(row.amount)', amountCurrency: "'HKD'" },
    languages: { each: { title: 'row.title' }, zh_HK: {}, en_US: {} },
  },
};
const row = { ...leastRow, amount: '12.50', title: 'Tea' };

/** The differences of one case of {@link document}. */
function differencesOf(given: object) {
  const text = stringify({ row, cases: [{ name: 'a', ...given }] });
  return testMappings([document], options, () => text).cases.map(({ differences }) => differences);
}

describe('the tests beside mappings', () => {
  it.each([
    [{ card: { orderStatus: 'LIVE', merchantBizNo: 'A1' } }],
    [{ data: { amount: 1250, amountCurrency: 'HKD' } }],
    [{ languages: { zh_HK: { title: 'Tea' }, en_US: { title: 'Tea' } } }],
    [{ ends: false, bizDate: '2026-11-23T07:32:41.397Z', endDate: null }],
    [{ row: { status: 'CLOSED' }, ends: true }],
    [
      {
        row: { amount: '1.005' },
        problems: ['order.yaml: data.amount: cents(row.amount): the amount has fractions of a cent'],
      },
    ],
    [{ op: 'delete', skipped: 'unmapped' }],
  ])('hold where the card is as it should be: %j', given => {
    expect(differencesOf(given)).toEqual([[]]);
  });

  it.each([
    [{ card: { orderStatus: 'DONE' } }, ['card.orderStatus: expected "DONE", found "LIVE"']],
    [{ card: { noSuch: 1 } }, ['card.noSuch: expected 1, found nothing']],
    [{ data: { amount: 1251, amountCurrency: 'HKD' } }, ['data.amount: expected 1251, found 1250']],
    [{ data: { amountCurrency: 'HKD' } }, ['data.amount: expected nothing, found 1250']],
    [
      { languages: { zh_HK: { title: '茶' }, en_US: { title: 'Tea' } } },
      ['languages.zh_HK.title: expected "茶", found "Tea"'],
    ],
    [{ ends: true }, ['ends: expected true, found false']],
    [
      { bizDate: '2026-01-01T00:00:00.000Z' },
      ['bizDate: expected "2026-01-01T00:00:00.000Z", found "2026-11-23T07:32:41.397Z"'],
    ],
    [{ skipped: 'unmapped' }, ['skipped: expected "unmapped", found "a card"']],
    [{ problems: ['x'] }, ['problems: expected ["x"], found []']],
    [
      { row: { amount: '1.005' }, card: {} },
      ['the row cannot be mapped: order.yaml: data.amount: cents(row.amount): the amount has fractions of a cent'],
    ],
    [{ op: 'delete', card: {} }, ['there is no card: unmapped']],
  ])('tell what differs: %j', (given, expected) => {
    expect(differencesOf(given)).toEqual([expected]);
  });

  it('tell of mappings that do not compile, of test files that cannot be read, and of those that are missing', () => {
    const broken = { ...document, content: { ...document.content, userId: 'row.' } };
    expect(testMappings([broken], options, () => null).problems.join()).toContain('order.yaml: userId');
    expect(testMappings([document], options, () => 'cases: []').problems.join()).toContain(
      'conf/order.test.yaml: cases',
    );
    expect(testMappings([document], options, () => null).untested).toEqual(['conf/order.yaml']);
    expect(readTestFile('cases: [{ name: a, crad: {} }]')).toMatchObject({ kind: 'problems' });
    expect(readTestFile('a: [')).toMatchObject({ kind: 'problems' });
  });
});

describe('card-sync test-mappings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'test-mappings-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const called = async (...args: string[]) => {
    const out: string[] = [];
    const print = (text: string) => void out.push(text);
    const parts = { environment: {}, print, printError: print, run: () => Promise.resolve(1 as const) };
    const code = await runProgram(['test-mappings', ...args], parts);
    return { code, out: out.join('') };
  };

  it('runs what the package ships', async () => {
    const { code, out } = await called();
    expect(out).toContain('config/mappings/payment-order.test.yaml\n  ✓ a bill that is to be paid\n');
    expect(out).toMatch(/\n(\d+) of \1 cases hold\n$/);
    expect(code).toBe(0);
  });

  it('ends with 1 where a case does not hold, with 2 where a file cannot be read', async () => {
    const mapping = join(folder, 'order.yaml');
    writeFileSync(join(folder, 'OPEN.schema.json'), JSON.stringify(openTemplate.schema));
    writeFileSync(mapping, stringify(document.content));
    writeFileSync(join(folder, 'order.test.yaml'), stringify({ row, cases: [{ name: 'wrong', ends: true }] }));
    const templates = join(folder, 'OPEN.schema.json');
    const failed = await called(mapping, '--templates', templates);
    expect(failed.out).toContain('  ✗ wrong\n      ends: expected true, found false\n0 of 1 cases hold');
    expect(failed.code).toBe(1);
    expect((await called(mapping, '--templates', templates, '--json')).out).toContain('"name":"wrong"');
    expect(await called(join(folder, 'none.yaml'))).toMatchObject({ code: 2 });
    expect((await called(mapping)).code).toBe(2);
    expect((await called(mapping, '--language-business-info', 'text')).out).toContain(
      'Allowed choices are string, object',
    );
  });
});
