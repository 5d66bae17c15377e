import { describe, expect, it } from 'vitest';
import { mappingSchema } from '../../../connector/mapping/document.ts';
import { requiredMembers } from '../../../connector/mapping/required-members.ts';
import { compileTemplate } from '../../../connector/mapping/template.ts';
import { knownTemplate, leastMapping } from './mappings.ts';

const train = compileTemplate(knownTemplate('TRAIN_TICKET_DEFAULT'));
const all = [
  'check_point',
  'end_time',
  'from',
  'order_url',
  'refund_or_change_url',
  'seat_num',
  'shift_number',
  'start_time',
  'to',
];

const strict = compileTemplate({
  template: 'STRICT',
  file: 'STRICT.schema.json',
  schema: { properties: { businessInfo: { type: 'object', required: ['a'] } } },
});

function lacking(
  names: readonly string[],
  orderStatus: unknown = { of: 'row.status', map: { booked: 'AWAIT_SCREENING', done: 'CLOSED' } },
  template = train,
) {
  if (typeof template === 'string') throw new Error(template);
  const from = mappingSchema.parse({ ...leastMapping, orderStatus });
  const languages = [{ code: 'zh_HK', members: names.map(name => ({ name })) }];
  return requiredMembers('a.yaml', from, template, languages);
}

describe('requiredMembers', () => {
  it('finds nothing where all are there', () => expect(lacking(all)).toEqual([]));

  it('tells those that a status of the map requires', () => {
    expect(lacking(all.filter(name => name !== 'seat_num'))).toEqual([
      { file: 'a.yaml', path: 'languages.zh_HK', problem: 'seat_num is required in AWAIT_SCREENING' },
    ]);
  });

  it('tells which name may be misspelt', () => {
    const [problem] = lacking([...all.filter(name => name !== 'seat_num'), 'seat_nums']);
    expect(problem?.hint).toBe('"seat_nums" stands there: is "seat_num" meant?');
  });

  it('takes either spelling of the order link', () => {
    const others = all.filter(name => name !== 'order_url');
    expect(lacking([...others, 'order_Url'])).toEqual([]);
    expect(lacking(others).map(({ problem }) => problem)).toEqual([
      'order_url is required (or order_Url) in AWAIT_SCREENING',
    ]);
  });

  it('asks nothing for statuses that never come', () => {
    expect(lacking([], { of: 'row.status', map: { done: 'CLOSED', draft: 'skip' }, other: 'skip' })).toEqual([]);
    expect(lacking([], { of: 'row.status', map: {}, other: 'AWAIT_SCREENING' })).toHaveLength(all.length);
    expect(lacking([], 'row.status')).toEqual([]);
    expect(lacking([], { of: 'row.status', map: { draft: 'skip' } }, strict)).toEqual([]);
    expect(lacking([], { of: 'row.status', map: { draft: 'ANY' } }, strict)).toHaveLength(1);
  });
});
