import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../connector/kernel/fault.ts';
import { Secret } from '../../../connector/kernel/secret.ts';
import { createLogger, type LogFields, type LogLevel } from '../../../connector/observe/log.ts';
import { aDeadLetter, anAttempt, aRequest, openId, orderId, userId } from './given.ts';

function logged(write: (logger: ReturnType<typeof createLogger>) => void, level: LogLevel = 'info'): string[] {
  const lines: string[] = [];
  write(createLogger({ level, write: line => lines.push(line) }));
  return lines;
}

function lineOf(text: string, fields?: LogFields): Record<string, unknown> {
  return JSON.parse(logged(logger => logger.info(text, fields)).join('')) as Record<string, unknown>;
}

describe('a line of the log', () => {
  it('is JSON with an ISO time and the name of its level', () => {
    const { time, ...rest } = lineOf('joined', { partitions: 3, group: 'card-sync' });
    expect(rest).toEqual({ level: 'info', partitions: 3, group: 'card-sync', msg: 'joined' });
    expect(time).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
  });

  it('is written only from the least level on', () => {
    const lines = logged(logger => {
      for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) logger[level](level);
      expect(logger.enabled('info')).toBe(false);
      expect(logger.enabled('warn')).toBe(true);
    }, 'warn');
    expect(lines.map(line => JSON.parse(line).msg)).toEqual(['warn', 'error']);
  });

  it('shows a fault by code, detail, position, order and remedy, and no stack', () => {
    const fault = new Fault('CARD_REJECTED', {
      detail: `no user ${userId}`,
      at: { topic: 'orders', partition: 1, offset: 123_456_789_012n },
      order: 'MB…01',
      cause: new Error('HTTP 400'),
    });
    expect(lineOf('refused', { fault }).fault).toEqual({
      code: 'CARD_REJECTED',
      detail: 'no user 21…34',
      at: 'orders/1@123456789012',
      order: 'MB…01',
      remedy: fault.remedy,
      cause: 'HTTP 400',
    });
  });

  it('masks the order of a fault that someone forgot to mask', () => {
    expect(lineOf('x', { fault: new Fault('CARD_REJECTED', { detail: '', order: orderId }) }).fault).toMatchObject({
      order: 'MB…01',
    });
  });

  it('shows other errors with their stack: those are defects', () => {
    const { error } = lineOf('broken', { error: new TypeError(`no ${userId}`) }) as { error: Record<string, string> };
    expect(error).toMatchObject({ name: 'TypeError', text: 'no 21…34' });
    expect(error.stack).toContain('log.test.ts');
    expect(error.stack).not.toContain(userId);
  });

  it.each<[string, unknown, unknown]>([
    ['merchantBizNo', orderId, 'MB…01'],
    ['order', orderId, 'MB…01'],
    ['order', 'AB12', '…'],
    ['order', 'MB…01', 'MB…01'],
    ['merchantBizNo', null, null],
    ['userId', userId, '21…34'],
    ['open_id', openId, 'op…77'],
    ['key', 'ABCDEFGH', 'AB…GH'],
    ['key', Buffer.from(orderId), '[10 bytes]'],
    ['password', 'hunter2', '[secret]'],
    ['agentToken', 'hunter2', '[secret]'],
    ['authorization', 'x', '[secret]'],
    ['anything', new Secret('hunter2'), '[secret]'],
    ['tokenUrl', 'https://login/token', 'https://login/token'],
    ['body', '{"a":1}', '[content]'],
    ['after', { name: 'Chan Tai Man' }, '[content]'],
    ['tracerId', '0b1c2d3e17630000001234567', '0b1c2d3e17630000001234567'],
    ['offset', 12n, 12],
    ['offset', 2n ** 60n, '1152921504606846976'],
    ['when', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['ids', new Set([orderId]), '[1 entries]'],
    ['call', () => orderId, '[function]'],
    ['list', Array.from({ length: 60 }, () => 1), [...Array(50).fill(1), '[10 more]']],
    ['list', Array(50).fill(1), Array(50).fill(1)],
    ['text', 'x'.repeat(2000), 'x'.repeat(2000)],
    ['text', 'x'.repeat(3000), `${'x'.repeat(2000)}… (3000 characters)`],
  ])('shows %s as a log may (%#)', (name, value, shown) => {
    expect(lineOf('x', { [name]: value })[name]).toEqual(shown);
  });

  it('does not fail on what refers to itself or cannot be read', () => {
    const circle: Record<string, unknown> = {};
    circle.again = circle;
    expect(JSON.stringify(lineOf('x', circle))).toContain('[deeper]');
    const broken = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(lineOf('x', broken as LogFields).fields).toBe('[unreadable]');
  });

  it('shows no id, no secret and no content, wherever our own values are put', () => {
    const secret = 'hunter2-hunter2';
    const pem = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`;
    const values: readonly unknown[] = [
      aRequest(),
      aDeadLetter('x'),
      anAttempt(),
      new Secret(secret),
      { settings: { privateKey: secret, sasl: { password: secret } } },
      pem,
      new Error(pem),
      new Error('x', { cause: new Error(secret) }),
      `user ${userId} with Bearer ${secret}`,
      `https://joe:${secret}@registry`,
      new Fault('KEY_INVALID', { detail: pem, cause: new Error(pem) }),
    ];
    const nested = fc.letrec<{ tree: unknown }>(tie => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(...values),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'cause', 'fault', 'request'), tie('tree'), { maxKeys: 3 }),
      ),
    })).tree;
    fc.assert(
      fc.property(nested, value => {
        const line = JSON.stringify(lineOf(typeof value === 'string' ? value : 'x', { value: 1, inner: value }));
        for (const forbidden of [orderId, userId, openId, 'hunter2']) expect(line).not.toContain(forbidden);
      }),
    );
  });
});
