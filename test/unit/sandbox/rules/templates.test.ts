import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSyncRequest, type SyncRequest } from '../../../sandbox/rules/sync-request.ts';
import { loadTemplates, templateFolder } from '../../../sandbox/rules/templates.ts';
import { aBill, aBody } from '../requests.ts';

const templates = loadTemplates([templateFolder], 'accept');

function aRequest(template: string, orderStatus: string, languages: Record<string, unknown>): SyncRequest {
  const languageBusinessInfo = JSON.stringify(languages);
  const read = readSyncRequest(
    aBody({ productTemplateCode: template, orderStatus, syncDataInfo: { languageBusinessInfo } }),
  );
  if (read.kind === 'refused') throw new Error(read.result.text);
  return read.request;
}

const bill = (orderStatus: string, languages: Record<string, unknown>) =>
  templates.check(aRequest('PAYMENT_ORDER_DEFAULT', orderStatus, languages));

describe('the templates', () => {
  it('are those of the schemas, each by its own name', () => {
    const files = readdirSync(templateFolder).filter(file => file.endsWith('.schema.json'));
    expect([...templates.codes].sort()).toEqual(files.map(file => file.replace('.schema.json', '')).sort());
    expect(templates.codes).toHaveLength(6);
  });

  it('accept a status with all its fields, in each language', () => {
    expect(bill('WAIT_PAY', { zh_HK: aBill({ bill_name: '電費' }), en_US: aBill() })).toBeNull();
    expect(bill('WAIT_PAY', { en_US: aBill({ order_url: undefined, order_Url: 'x' }) })).toBeNull();
    expect(bill('WAIT_PAY', { en_US: aBill({ bill_icon_url: undefined }) })).toBeNull();
    expect(bill('CLOSED', {})).toBeNull();
    expect(bill('CLOSED', { en_US: {} })).toBeNull();
  });

  it.each<[string, ReturnType<typeof bill>, string]>([
    [
      'a field in one language',
      bill('WAIT_PAY', { zh_HK: aBill(), en_US: aBill({ bill_name: undefined }) }),
      'languageBusinessInfo.en_US.bill_name is missing',
    ],
    [
      'a field with two spellings',
      bill('WAIT_PAY', { zh_HK: aBill({ order_url: undefined }) }),
      'languageBusinessInfo.zh_HK.order_url or languageBusinessInfo.zh_HK.order_Url is missing',
    ],
    [
      'the form of a field',
      bill('PAY_FAILED', { zh_HK: { bill_amount: '1.50' } }),
      'languageBusinessInfo.zh_HK.bill_amount must match',
    ],
    ['all languages', bill('WAIT_PAY', {}), 'languageBusinessInfo.action_url is missing'],
  ])('refuse what lacks %s', (_, result, why) => {
    expect(result).toMatchObject({ status: 'F', code: 'PARAM_ILLEGAL' });
    expect(result?.text).toContain(why);
  });

  it('name five of many problems, and count the others', () => {
    const fields = ['action_url', 'bill_amount_currency', 'bill_desc', 'bill_due_time'].map(
      name => `; languageBusinessInfo.en_US.${name} is missing`,
    );
    expect(bill('WAIT_PAY', { en_US: { bill_amount: '1' } })?.text).toBe(
      `request invalid: languageBusinessInfo.en_US.order_url or languageBusinessInfo.en_US.order_Url is missing${fields.join('')}; and 1 more`,
    );
  });

  it('answer ORDER_STATUS_INVALID to a status they do not have, whatever else is wrong', () => {
    expect(bill('TO_BOARD', { en_US: aBill() })?.code).toBe('ORDER_STATUS_INVALID');
    expect(bill('TO_BOARD', { en_US: { bill_amount: 'x' } })?.code).toBe('ORDER_STATUS_INVALID');
    expect(bill('TO_BOARD', {})?.code).toBe('ORDER_STATUS_INVALID');
  });

  it('know which statuses are ends', () => {
    expect(templates.isEnd('PAYMENT_ORDER_DEFAULT', 'CLOSED')).toBe(true);
    expect(templates.isEnd('RIDE_HAILING_DEFAULT', 'FINISHED')).toBe(true);
    expect(templates.isEnd('RIDE_HAILING_DEFAULT', 'CLOSED')).toBe(false);
    expect(templates.isEnd('PAYMENT_ORDER_DEFAULT', 'WAIT_PAY')).toBe(false);
    expect(templates.isEnd('HOTEL', 'CLOSED')).toBe(false);
  });
});

describe('templates without a schema', () => {
  const hotel = aRequest('HOTEL', 'ANY', { en_US: { anything: 1 } });

  it('are accepted or refused, as told', () => {
    expect(templates.check(hotel)).toBeNull();
    const strict = loadTemplates([templateFolder], 'refuse');
    expect(strict.check(hotel)).toMatchObject({
      code: 'PARAM_ILLEGAL',
      text: expect.stringContaining('productTemplateCode'),
    });
  });
});

describe("a user's own templates", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sandbox-templates-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('come from a folder, and replace ours of the same code', () => {
    const schema = {
      title: 'RIDE_HAILING_DEFAULT',
      'x-endStatuses': ['OVER'],
      properties: { orderStatus: { enum: ['ON', 'OVER'] } },
    };
    writeFileSync(path.join(folder, 'ride.schema.json'), JSON.stringify({ ...schema, 'x-own': true }));
    const own = loadTemplates([templateFolder, folder], 'accept');
    expect(own.check(aRequest('RIDE_HAILING_DEFAULT', 'ON', {}))).toBeNull();
    expect(own.check(aRequest('RIDE_HAILING_DEFAULT', 'TO_BOARD', {}))?.code).toBe('ORDER_STATUS_INVALID');
    expect(own.isEnd('RIDE_HAILING_DEFAULT', 'OVER')).toBe(true);
  });

  it('are named where they cannot be used', () => {
    writeFileSync(path.join(folder, 'broken.schema.json'), '{"type":"object"}');
    expect(() => loadTemplates([folder], 'accept')).toThrow(/broken\.schema\.json: "title"/);
  });
});
