import { describe, expect, it } from 'vitest';
import { readSyncRequest } from '../../../sandbox/rules/sync-request.ts';
import { aBody } from '../requests.ts';

const without = (name: string) => Object.fromEntries(Object.entries(aBody()).filter(([key]) => key !== name));
const withInfo = (info: unknown) => aBody({ syncDataInfo: info });
const withLanguages = (languages: unknown) => withInfo({ languageBusinessInfo: languages });
const name = 'syncDataInfo.languageBusinessInfo';

describe('a body', () => {
  it.each<[string, unknown]>([
    ['an openId instead of a userId', { ...without('userId'), openId: 'abc' }],
    ['both', aBody({ openId: 'abc' })],
    ['fields the document has no word of', aBody({ merchantId: 'M1', further: [1] })],
    ['an end date', aBody({ endDate: 1 })],
    ['no language', withInfo({})],
    [
      'amounts with their currency',
      withInfo({ amount: 0, amountCurrency: 'HKD', payAmount: 1, payAmountCurrency: 'CNY' }),
    ],
    ['links and ids', withInfo({ merchantOrderDetailUrl: 'alipayhk://x', tinyAppId: '2', tradeNo: '3' })],
  ])('is read with %s', (_, body) => {
    expect(readSyncRequest(body)).toMatchObject({ kind: 'read', request: { body } });
  });

  it.each<[string, unknown, string]>([
    ['an array', [], 'body must be object'],
    ['null', null, 'body must be object'],
    ...['requestId', 'command', 'merchantBizNo', 'orderStatus', 'bizDate', 'productTemplateCode', 'syncDataInfo'].map(
      (field): [string, unknown, string] => [`no ${field}`, without(field), `${field} is missing`],
    ),
    ['neither userId nor openId', without('userId'), 'userId or openId is missing'],
    ['an empty requestId', aBody({ requestId: '' }), 'requestId must NOT have fewer'],
    ['an empty order id', aBody({ merchantBizNo: '' }), 'merchantBizNo must NOT have fewer'],
    ['an order id that is a number', aBody({ merchantBizNo: 5 }), 'merchantBizNo must be string'],
    ['another command', aBody({ command: 'DELETE' }), 'command must be equal to one of'],
    ['a bizDate in text', aBody({ bizDate: '1767225600000' }), 'bizDate must be integer'],
    ['a bizDate with a fraction', aBody({ bizDate: 1.5 }), 'bizDate must be integer'],
    ['a bizDate of nothing', aBody({ bizDate: 0 }), 'bizDate must be >= 1'],
    ['an endDate in text', aBody({ endDate: 'tomorrow' }), 'endDate must be integer'],
    ['a userId of another form', aBody({ userId: '216000000000001' }), 'userId must match'],
    ['a userId that is too short', aBody({ userId: '216000000000001' }), 'userId must match'],
    ['an amount without currency', withInfo({ amount: 1 }), 'syncDataInfo.amountCurrency is missing'],
    ['a paid amount without currency', withInfo({ payAmount: 1 }), 'syncDataInfo.payAmountCurrency is missing'],
    ['an amount in dollars', withInfo({ amount: 1.5, amountCurrency: 'HKD' }), 'syncDataInfo.amount must be integer'],
    ['another currency', withInfo({ amount: 1, amountCurrency: 'USD' }), 'syncDataInfo.amountCurrency must be'],
  ])('is refused with %s', (_, body, why) => {
    const read = readSyncRequest(body);
    expect(read).toMatchObject({ kind: 'refused', result: { status: 'F', code: 'PARAM_ILLEGAL' } });
    expect(read.kind === 'refused' && read.result.text).toContain(why);
  });

  it('has all that is wrong with it named, and no value repeated', () => {
    const read = readSyncRequest(aBody({ userId: 'SECRET', command: 'SECRET', bizDate: 'SECRET' }));
    const text = read.kind === 'refused' ? read.result.text : '';
    for (const field of ['userId', 'command', 'bizDate']) expect(text).toContain(field);
    expect(text).not.toContain('SECRET');
  });
});

describe('languageBusinessInfo', () => {
  const info = { seat_num: ['A1'], film: '影' };

  it.each<[string, unknown]>([
    ['one JSON string of objects', JSON.stringify({ zh_HK: info, en_US: {} })],
    ['one JSON string of JSON strings', JSON.stringify({ zh_HK: JSON.stringify(info), en_US: '{}' })],
    ['an object of JSON strings', { zh_HK: JSON.stringify(info), en_US: '{}' }],
  ])('is read from %s', (_, languages) => {
    expect(readSyncRequest(withLanguages(languages))).toMatchObject({
      kind: 'read',
      request: { languages: { zh_HK: info, en_US: {} } },
    });
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', `${name} is not a JSON object`],
    ['JSON, but no object', '["zh_HK"]', `${name} is not a JSON object`],
    ['another language', JSON.stringify({ fr_FR: {} }), `${name} knows zh_HK and en_US only`],
    ['another language in an object', { fr_FR: '{}' }, `${name} `],
    ['a language that is a list', JSON.stringify({ zh_HK: [] }), `${name}.zh_HK is not a JSON object`],
    ['a language that is no JSON', { en_US: 'red' }, `${name}.en_US is not a JSON object`],
    ['an object of objects', { en_US: {} }, `${name}.en_US must be string`],
    ['null', null, `${name} must be string,object`],
  ])('is refused: %s', (_, languages, why) => {
    const read = readSyncRequest(withLanguages(languages));
    expect(read.kind === 'refused' && read.result.text).toContain(why);
  });
});
