import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../../connector/cli/program.ts';

const row = {
  id: 17,
  merchant_biz_no: 'BL20261123000017',
  kind: 'bill',
  status: 'unpaid',
  user_id: '2160000000000017',
  amount: '1234.50',
  pay_amount: null,
  currency: 'HKD',
  due_on: '2026-12-01',
  details: JSON.stringify({
    biller: { zh_HK: '中華電力', en_US: 'CLP Power' },
    description: { zh_HK: '電費', en_US: 'Electricity' },
    icon_url: 'https://static.example/clp.png',
    pay_url: 'https://shop.example/17/pay',
    detail_url: 'https://shop.example/17',
  }),
  updated_at: '2026-11-23T07:35:00.120Z',
};
const source = { connector: 'postgresql', schema: 'public', table: 'orders', ts_ms: 1_795_419_161_396 };
const envelope = (columns: object, lsn: number, op = 'u') => ({
  before: null,
  after: { ...row, ...columns },
  source: { ...source, ts_ms: source.ts_ms + lsn, lsn },
  op,
});

describe('dry-run of a file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dry-run-'));
    const mapping = join(import.meta.dirname, '../../../../config/mappings/payment-order.yaml');
    writeFileSync(join(folder, 'c.yaml'), `mapping: { files: [${mapping}] }\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function dryRun(records: readonly unknown[], ...args: readonly string[]) {
    const file = join(folder, 'orders.jsonl');
    writeFileSync(file, records.map(record => JSON.stringify(record)).join('\n'));
    return called('--file', file, '--config', join(folder, 'c.yaml'), ...args);
  }

  async function called(...args: readonly string[]) {
    const out: string[] = [];
    const errors: string[] = [];
    const code = await runProgram(['dry-run', ...args], {
      environment: {},
      print: text => void out.push(text),
      printError: text => void errors.push(text),
      run: async () => 0,
    });
    return { code, out: out.join(''), errors: errors.join('') };
  }

  const both = [envelope({}, 1, 'c'), envelope({ status: 'paid', pay_amount: '1234.50' }, 2)];

  it('shows each request whole, unsigned where there is no key, and is the same at any time', async () => {
    const { code, out, errors } = await dryRun(both);
    expect([code, errors]).toEqual([0, '']);
    expect(out).toContain('orders.jsonl/0@0  create of public.orders');
    expect(out).toContain('would be sent: SEND of BL20261123000017, PAYMENT_ORDER_DEFAULT WAIT_PAY');
    expect(out).toContain('would be sent: UPDATE of BL20261123000017, PAYMENT_ORDER_DEFAULT CLOSED');
    expect(out).toContain('POST https://open.alipay.hk/api/open/alipay/intl/promotion/order/contractCardSync');
    expect(out).toContain('client-id: CLIENT-ID');
    expect(out).toContain('(not signed)');
    expect(out).toContain('"userId": "2160000000000017"');
    expect(out).toContain('orders.jsonl/0@1 is a later change of it');
    expect(out.endsWith('2 records: 2 would be sent\n')).toBe(true);
    const withoutTimes = (text: string) => text.replaceAll(/request-time: .*/g, '');
    expect(withoutTimes((await dryRun(both)).out)).toBe(withoutTimes(out));
  });

  it('as JSON tells the exact body, with ids masked where that is asked for', async () => {
    const told = JSON.parse((await dryRun(both, '--json', '--count', '1')).out);
    expect(told).toMatchObject({ outcome: 'request', order: 'BL20261123000017', alone: null, known: null });
    expect(told.request.body).toMatch(
      /^\{"requestId":"[-0-9a-f]{36}","command":"SEND","bizDate":1795419300120,"merchantBizNo"/,
    );
    const { out } = await dryRun(both, '--json', '--mask');
    expect(out).toContain('\\"merchantBizNo\\":\\"BL…17\\"');
    expect(out).not.toMatch(/BL20261123000017|2160000000000017/);
  });

  it('ends with 1 where a record would become a dead letter, and says why', async () => {
    const { code, out } = await dryRun(
      [envelope({ status: 'odd' }, 1), { no: 'envelope' }, { ts_ms: 1 }],
      '--body',
      'none',
    );
    expect(code).toBe(1);
    expect(out).toMatch(/unmappable, CHANGE_UNMAPPABLE: it would become a dead letter\n.*orderStatus/);
    expect(out).toContain('undecodable, RECORD_UNDECODABLE');
    expect(out).toContain('skipped, ignored: it is no change of a row');
    expect(out).toContain('3 records: 0 would be sent, 1 skipped (1 ignored), 2 would become dead letters');
  });

  it('ends with 1 where the file holds no record, or none that can be read', async () => {
    expect(await dryRun([])).toMatchObject({ code: 1, errors: expect.stringContaining('holds no record') });
    writeFileSync(join(folder, 'x.avro'), Buffer.from('Obj\u0001 and nothing else'));
    const args = ['--config', join(folder, 'c.yaml'), '--file'];
    expect(await called(...args, join(folder, 'x.avro'))).toMatchObject({
      code: 1,
      errors: expect.stringContaining('the file cannot be read'),
    });
    expect(await called(...args, join(folder, 'gone'))).toMatchObject({
      code: 2,
      errors: expect.stringContaining('does not exist'),
    });
  });

  it.each([
    [['--file', 'x', '--last', '3'], '--file goes with neither'],
    [['--file', 'x', '--state', 'journal'], '--file goes with neither'],
    [['--from', '0@1', '--last', '3'], 'do not go together'],
    [['--count', '3'], '--count needs --from or --file'],
    [['--from', '17'], 'It is to be <partition>@<offset>'],
    [['--state', 'memory'], 'Allowed choices are journal, none'],
  ])('answers bad usage %j with 2', async (args, text) => {
    expect(await called(...args)).toMatchObject({ code: 2, errors: expect.stringContaining(text) });
  });

  it('has a help that tells the exit codes and of the ids', async () => {
    const { code, out } = await called('--help');
    expect(code).toBe(0);
    expect(out).toMatch(/Exit codes:\n {2}0/);
    expect(out).toContain('--mask');
  });
});
