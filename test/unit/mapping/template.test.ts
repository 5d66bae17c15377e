import { describe, expect, it } from 'vitest';
import { compileTemplate, type Template } from '../../../connector/mapping/template.ts';
import { knownTemplate, knownTemplates } from './mappings.ts';

function template(code: string): Template {
  const compiled = compileTemplate(knownTemplate(code));
  if (typeof compiled === 'string') throw new Error(compiled);
  return compiled;
}

function ofSchema(schema: Readonly<Record<string, unknown>>): Template | string {
  return compileTemplate({ template: 'OWN', file: 'OWN.schema.json', schema });
}

const missingIn = (code: string, status: string, info: object = {}) =>
  template(code)
    .check(status, info)
    .filter(({ missing }) => missing)
    .map(({ member }) => member)
    .sort();

describe('schemas/json/templates', () => {
  it('are of the six templates of the API document, each named as its file', () => {
    expect(knownTemplates.map(({ template: code }) => code).sort()).toEqual([
      'AIR_TICKET_DEFAULT',
      'FINANCE_ORDER_DEFAULT',
      'MOVIE_TICKET_DEFAULT',
      'PAYMENT_ORDER_DEFAULT',
      'RIDE_HAILING_DEFAULT',
      'TRAIN_TICKET_DEFAULT',
    ]);
    for (const { template: code, schema } of knownTemplates) expect(schema.title).toBe(code);
  });

  it.each([
    ['PAYMENT_ORDER_DEFAULT', ['WAIT_PAY', 'PAY_FAILED', 'OVERDUED', 'CLOSED'], ['CLOSED']],
    [
      'AIR_TICKET_DEFAULT',
      ['NEAR_DEPART', 'FLIGHT_CHANGE', 'FLIGHT_DELAYS', 'FLIGHT_CANCELLATION', 'CLOSED'],
      ['CLOSED'],
    ],
    ['MOVIE_TICKET_DEFAULT', ['AWAIT_SCREENING', 'CLOSED'], ['CLOSED']],
    ['TRAIN_TICKET_DEFAULT', ['AWAIT_SCREENING', 'CLOSED'], ['CLOSED']],
    [
      'RIDE_HAILING_DEFAULT',
      [
        'PENDING',
        'BOOKED',
        'ORDER_TAKEN',
        'TO_BOARD',
        'SERVING',
        'WAIT_PAY',
        'FINISHED',
        'TO_SEND',
        'CLOSED',
        'CANCEL_WAIT_PAY',
      ],
      ['FINISHED', 'CANCEL_WAIT_PAY'],
    ],
    ['FINANCE_ORDER_DEFAULT', null, []],
  ])('%s has the statuses and ends of the API document', (code, statuses, ends) => {
    const { statuses: found, ends: foundEnds } = template(code);
    expect(found).toEqual(statuses);
    expect([...foundEnds]).toEqual(ends);
  });

  it.each([
    [
      'PAYMENT_ORDER_DEFAULT',
      'WAIT_PAY',
      'action_url bill_amount bill_amount_currency bill_desc bill_due_time bill_name order_url',
    ],
    ['PAYMENT_ORDER_DEFAULT', 'OVERDUED', ''],
    ['PAYMENT_ORDER_DEFAULT', 'CLOSED', ''],
    [
      'AIR_TICKET_DEFAULT',
      'FLIGHT_CANCELLATION',
      'airline_name cross_day duration end_time flight_no from from_airport from_terminal order_url start_time to to_airport to_terminal',
    ],
    ['AIR_TICKET_DEFAULT', 'CLOSED', ''],
    [
      'MOVIE_TICKET_DEFAULT',
      'AWAIT_SCREENING',
      'action_url cinema_house cinema_name merchant_icon_url merchant_name movie_image movie_name movie_start_date movie_start_time order_url seat_num',
    ],
    ['MOVIE_TICKET_DEFAULT', 'CLOSED', ''],
    [
      'TRAIN_TICKET_DEFAULT',
      'AWAIT_SCREENING',
      'check_point end_time from order_url refund_or_change_url seat_num shift_number start_time to',
    ],
    ['TRAIN_TICKET_DEFAULT', 'CLOSED', ''],
    ['RIDE_HAILING_DEFAULT', 'SERVING', ''],
    ['FINANCE_ORDER_DEFAULT', 'ANY_STATUS', ''],
  ])('%s requires in %s: %s', (code, status, members) => {
    expect(missingIn(code, status)).toEqual(members === '' ? [] : members.split(' '));
  });

  it('take order_url in either spelling', () => {
    const bill = 'PAYMENT_ORDER_DEFAULT';
    expect(missingIn(bill, 'WAIT_PAY', { order_Url: 'x' })).toEqual(missingIn(bill, 'WAIT_PAY', { order_url: 'x' }));
    expect(template(bill).check('WAIT_PAY', {}).at(-1)).toEqual({
      member: 'order_url',
      problem: 'is required (or order_Url)',
      missing: true,
    });
  });

  it.each([
    ['PAYMENT_ORDER_DEFAULT', 'CLOSED', { bill_amount: '12.50' }, 'bill_amount'],
    ['PAYMENT_ORDER_DEFAULT', 'CLOSED', { bill_amount: 1250 }, 'bill_amount'],
    ['PAYMENT_ORDER_DEFAULT', 'CLOSED', { bill_due_time: '23/11/2026' }, 'bill_due_time'],
    ['PAYMENT_ORDER_DEFAULT', 'CLOSED', { bill_amount_currency: 'USD' }, 'bill_amount_currency'],
    ['AIR_TICKET_DEFAULT', 'CLOSED', { start_time: '2026-11-23T19:30:00' }, 'start_time'],
    ['AIR_TICKET_DEFAULT', 'CLOSED', { cross_day: '1 day' }, 'cross_day'],
    ['MOVIE_TICKET_DEFAULT', 'CLOSED', { movie_start_date: '2026-11-23' }, 'movie_start_date'],
    ['MOVIE_TICKET_DEFAULT', 'CLOSED', { seat_num: ['F1', 2] }, 'seat_num.1'],
    ['TRAIN_TICKET_DEFAULT', 'CLOSED', { check_point: 'B3' }, 'check_point'],
    ['RIDE_HAILING_DEFAULT', 'PENDING', { action_url: 'x' }, 'action_url'],
    ['RIDE_HAILING_DEFAULT', 'PENDING', { driver_board_duration: 5 }, 'driver_board_duration'],
    ['RIDE_HAILING_DEFAULT', 'PENDING', { action_url: ['x', 1] }, 'action_url.1'],
    ['RIDE_HAILING_DEFAULT', 'PENDING', { estimated_cost: [8650] }, 'estimated_cost.0'],
  ])('%s, %s, refuses %j', (code, status, info, member) => {
    const found = template(code).check(status, info);
    expect(found.map(problem => problem.member)).toContain(member);
    expect(found.filter(({ missing }) => missing)).toEqual([]);
  });

  it.each([
    ['PAYMENT_ORDER_DEFAULT', 'CLOSED', { bill_moth_time: '2026-11', bill_due_time: '2026-11-23', bill_amount: '0' }],
    ['AIR_TICKET_DEFAULT', 'CLOSED', { cross_day: '' }],
    ['AIR_TICKET_DEFAULT', 'CLOSED', { cross_day: '+1天', start_time: '2026-11-23 19:30:00', airline_logo: 'x' }],
    ['MOVIE_TICKET_DEFAULT', 'CLOSED', { movie_start_date: '2026/11/23 (星期一)' }],
    ['RIDE_HAILING_DEFAULT', 'PENDING', { service_start_time: 1_795_419_161_397, estimated_cost: ['100'] }],
    ['RIDE_HAILING_DEFAULT', 'PENDING', { service_start_time: '1795419161397' }],
  ])('%s, %s, takes %j', (code, status, info) => expect(template(code).check(status, info)).toEqual([]));
});

describe('compileTemplate', () => {
  it('reads statuses, ends and members from a schema', () => {
    const compiled = ofSchema({
      'x-endStatuses': ['GONE'],
      properties: {
        orderStatus: { const: 'ONLY' },
        businessInfo: { properties: { a: { type: 'string' } } },
      },
    });
    expect(compiled).toMatchObject({ code: 'OWN', statuses: ['ONLY'], ends: new Set(['GONE']), knownMembers: ['a'] });
  });

  it('takes a schema of 2020-12, and says that another is not known', () => {
    const draft = (name: string) => ({ $schema: name, type: 'object' });
    expect(typeof ofSchema(draft('https://json-schema.org/draft/2020-12/schema'))).toBe('object');
    expect(ofSchema(draft('http://json-schema.org/draft-03/schema#'))).toMatch('no schema with key or ref');
  });

  it.each([
    [{ properties: 5 }, 'properties'],
    [{ requird: ['a'] }, 'unknown keyword: "requird"'],
    [{ 'x-endStatuses': 'CLOSED' }, 'x-endStatuses must be a list of statuses'],
    [{ 'x-endStatuses': [1] }, 'x-endStatuses must be a list of statuses'],
  ])('says what is wrong with %j', (schema, text) => expect(ofSchema(schema)).toMatch(text));

  it('refuses a text in linear time where a backtracking engine would not end', () => {
    const compiled = ofSchema({ properties: { businessInfo: { properties: { a: { pattern: '^(a+)+$' } } } } });
    if (typeof compiled === 'string') throw new Error(compiled);
    expect(compiled.check('X', { a: `${'a'.repeat(10_000)}!` })).toMatchObject([{ member: 'a' }]);
  });

  it.each(['(?=a)a', String.raw`(a)\1`])('says that the pattern %s has no linear engine', pattern => {
    expect(ofSchema({ properties: { a: { pattern } } })).toMatch(/is not one of RE2/);
  });

  it('tells equal items of a long list without comparing each with every other one', () => {
    const compiled = ofSchema({ properties: { businessInfo: { properties: { a: { uniqueItems: true } } } } });
    if (typeof compiled === 'string') throw new Error(compiled);
    const items = Array.from({ length: 50_000 }, (_, index) => ({ index, list: [index] }));
    expect(compiled.check('X', { a: items })).toEqual([]);
    expect(compiled.check('X', { a: [...items, { list: [7], index: 7 }] })).toEqual([
      { member: 'a', problem: 'must NOT have duplicate items', missing: false },
    ]);
    expect(compiled.check('X', { a: [1, '1', [1], ['1'], {}, [], { 0: 1 }, null, 'null'] })).toEqual([]);
  });

  it('reports a schema that refers to itself without end, for a card that meets it', () => {
    const endless = { allOf: [{ $ref: '#/definitions/endless' }] };
    const compiled = ofSchema({
      definitions: { endless },
      properties: { businessInfo: { properties: { a: { $ref: '#/definitions/endless' } } } },
    });
    if (typeof compiled === 'string') throw new Error(compiled);
    expect(compiled.check('X', {})).toEqual([]);
    expect(compiled.check('X', { a: 1 })).toEqual([
      { member: '', problem: 'the schema of OWN refers to itself without end', missing: false },
    ]);
  });

  it('names a missing member of a member', () => {
    const compiled = ofSchema({
      properties: { businessInfo: { properties: { car: { type: 'object', required: ['plate'] } } } },
    });
    if (typeof compiled === 'string') throw new Error(compiled);
    expect(compiled.check('X', { car: {} })).toEqual([{ member: 'car.plate', problem: 'is required', missing: true }]);
  });
});
