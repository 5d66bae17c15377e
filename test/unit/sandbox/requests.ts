import { type KeyObject, sign } from 'node:crypto';

/** The API's path, written out: a test that took it from the sandbox could not find a wrong one. */
export const path = '/api/open/alipay/intl/promotion/order/contractCardSync';

/** The moment most tests begin at, epoch ms. */
export const start = 1_767_225_600_000;

/** A ride: its template requires no business information. */
export function aBody(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    requestId: 'r-1',
    command: 'SEND',
    merchantBizNo: 'ORDER-1',
    orderStatus: 'TO_BOARD',
    bizDate: start,
    productTemplateCode: 'RIDE_HAILING_DEFAULT',
    syncDataInfo: { languageBusinessInfo: JSON.stringify({ en_US: { auto_color: 'red' } }) },
    userId: '2160000000000001',
    ...changes,
  };
}

/** A bill in one language, with all that WAIT_PAY requires. */
export function aBill(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    action_url: 'https://shop.example/pay',
    bill_amount: '12345',
    bill_amount_currency: 'HKD',
    bill_desc: 'May',
    bill_due_time: '2026-05-31',
    bill_icon_url: 'https://shop.example/icon.png',
    bill_name: 'Electricity',
    order_url: 'https://shop.example/order',
    ...changes,
  };
}

/** The headers of a request, signed as the API document says; `changes` may replace or (undefined) drop some. */
export function signedHeaders(
  key: KeyObject,
  body: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const time = changes['request-time'] ?? '2026-01-01T08:00:00+08:00';
  const client = changes['client-id'] ?? 'SANDBOX_CLIENT_0001';
  const content = Buffer.from(`POST ${path}\n${client}.${time}.${body}`);
  const signature = encodeURIComponent(sign('RSA-SHA256', content, key).toString('base64'));
  const all = {
    'content-type': 'application/json; charset=UTF-8',
    'client-id': client,
    'request-time': time,
    signature: `algorithm=RSA256,keyVersion=1,signature=${signature}`,
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
