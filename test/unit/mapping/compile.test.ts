import { describe, expect, it } from 'vitest';
import {
  aChange,
  compile,
  leastMapping,
  leastRow,
  mappingOf,
  membersOf,
  openTemplate,
  problemsOf,
} from './mappings.ts';

describe('compileMappings', () => {
  it('tells all problems of all files at once', () => {
    const problems = problemsOf({
      'a.yaml': { ...leastMapping, when: 'row.a +', extra: 1 },
      'b.yaml': { ...leastMapping, when: 'nope', userId: 'nope' },
      'c.yaml': { ...leastMapping, template: 'PAYMENT_ORDER' },
      'd.yaml': '',
    });
    expect(problems.map(({ file, path }) => `${file} ${path}`)).toEqual([
      'a.yaml extra',
      'b.yaml when',
      'b.yaml userId',
      'c.yaml template',
      'd.yaml ',
    ]);
  });

  it('wants a schema of the template', () => {
    expect(problemsOf({ 'a.yaml': { ...leastMapping, template: 'PAYMENT_ODER_DEFAULT' } })).toEqual([
      {
        file: 'a.yaml',
        path: 'template',
        problem: 'there is no schema of this template',
        hint: 'did you mean PAYMENT_ORDER_DEFAULT?',
      },
    ]);
    expect(problemsOf({ 'a.yaml': { ...leastMapping, template: 'HOTEL_DEFAULT' } })[0]?.hint).toBe(
      'write its JSON Schema as HOTEL_DEFAULT.schema.json and name it in mapping.templateFiles',
    );
  });

  it('tells what is wrong with a schema, once, and only where it is needed', () => {
    const broken = { template: 'BROKEN', file: 'BROKEN.schema.json', schema: { requird: [] } };
    const templates = [broken, openTemplate];
    const two = {
      'a.yaml': { ...leastMapping, template: 'BROKEN' },
      'b.yaml': { ...leastMapping, template: 'BROKEN' },
    };
    const problems = problemsOf(two, { templates });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ file: 'BROKEN.schema.json', path: '' });
    expect(compile({ 'a.yaml': leastMapping }, { templates }).kind).toBe('compiled');
  });

  it("takes the user's schema of a known template instead of ours", () => {
    const own = { ...openTemplate, template: 'PAYMENT_ORDER_DEFAULT' };
    const bill = {
      ...leastMapping,
      template: 'PAYMENT_ORDER_DEFAULT',
      orderStatus: { of: 'row.status', map: { a: 'OWN' } },
    };
    expect(problemsOf({ 'a.yaml': bill })).not.toEqual([]);
    expect(problemsOf({ 'a.yaml': bill }, { templates: [own] })).toEqual([]);
  });

  it('wants a mapping file', () => {
    expect(problemsOf({})).toEqual([
      { file: '', path: '', problem: 'there is no mapping file', hint: 'see mapping.files in the settings' },
    ]);
  });

  it('tells a mapping that no row can reach', () => {
    const files = {
      'all.yaml': leastMapping,
      'some.yaml': { ...leastMapping, when: 'row.a == 1', table: ['public.orders', 'public.b'] },
    };
    expect(problemsOf(files)).toEqual([
      {
        file: 'some.yaml',
        path: 'table',
        problem: 'is never asked for public.orders: all.yaml takes all its rows',
        hint: 'give all.yaml a when',
      },
    ]);
    expect(compile({ 'some.yaml': files['some.yaml'], 'all.yaml': files['all.yaml'] }).kind).toBe('compiled');
  });
});

describe('the compiled mapping', () => {
  const files = {
    'a.yaml': { ...leastMapping, when: 'row.kind == "a"', merchantBizNo: '"from a"' },
    'b.yaml': { ...leastMapping, when: 'row.kind in ["a", "b"]', merchantBizNo: '"from b"' },
    'c.yaml': {
      ...leastMapping,
      table: ['public.orders', 'public.others'],
      merchantBizNo: '"from c"',
      template: 'FINANCE_ORDER_DEFAULT',
    },
  };
  const mapping = mappingOf(files);
  const orderOf = (kind: string, table = 'public.orders') =>
    membersOf(mapping.mapChange(aChange({ ...leastRow, kind }, { table }))).merchantBizNo;

  it('asks the mappings of the table in the order of the files', () => {
    expect([orderOf('a'), orderOf('b'), orderOf('z'), orderOf('a', 'public.others')]).toEqual([
      'from a',
      'from b',
      'from c',
      'from c',
    ]);
  });

  it('skips rows of other tables', () => {
    expect(mapping.mapChange(aChange(leastRow, { table: 'public.customers' }))).toEqual({
      kind: 'skipped',
      reason: 'unmapped',
    });
  });

  it('lists the templates that it makes, each once', () => {
    expect(mapping.templates).toEqual(['OPEN', 'FINANCE_ORDER_DEFAULT']);
  });
});
