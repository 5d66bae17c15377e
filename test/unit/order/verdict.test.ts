import { describe, expect, it } from 'vitest';
import type { Answer, Answered, ResultStatus, SignatureCheck } from '../../../connector/order/answer.ts';
import type { Command } from '../../../connector/order/change.ts';
import { resultCodes, retryCauses, verdictNames, verdictsWith } from '../../../connector/order/result-codes.ts';
import { distrustOf, isTrafficLimit, judge as judgeBy, type Verdict } from '../../../connector/order/verdict.ts';
import { anAnswer, anHttpAnswer, documentedVerdicts, silence } from '../../support/builders.ts';

const judge = (answer: Answer, command: Command, table = documentedVerdicts) => judgeBy(answer, command, table);

const accepted = { kind: 'accepted' } as const;
const reject = (reason: string) => ({ kind: 'reject', reason }) as const;
const unexplained = (reason: string) => ({ kind: 'reject', reason, unexplained: true }) as const;
const halt = (reason: string) => ({ kind: 'halt', reason }) as const;
const heal = (command: Command) => ({ kind: 'heal', command }) as const;
const retry = (cause: string, afterMs: number | null = null) => ({ kind: 'retry', cause, afterMs });

describe('judge, by result code (HTTP 200)', () => {
  // Columns: SEND, UPDATE.
  const rejects = (code: string) => [reject(code), reject(code)];
  const halts = (code: string) => [halt(code), halt(code)];
  const unknown = retry('unknown-outcome');
  const limited = retry('traffic-limit');
  const table: Record<keyof typeof resultCodes, readonly object[]> = {
    SUCCESS: [accepted, accepted],
    ORDER_NOT_FOUND: [reject('ORDER_NOT_FOUND'), heal('SEND')],
    UN_SUPPORT_BUSINESS: [heal('UPDATE'), unknown],
    ORDER_STATUS_INVALID: rejects('ORDER_STATUS_INVALID'),
    PARAM_ILLEGAL: rejects('PARAM_ILLEGAL'),
    UNKNOWN_EXCEPTION: [unknown, unknown],
    SYSTEM_ERROR: [unknown, unknown],
    REQUEST_TRAFFIC_EXCEED_LIMIT: [limited, limited],
    PROCESS_FAIL: rejects('PROCESS_FAIL'),
    INVALID_SIGNATURE: halts('INVALID_SIGNATURE'),
    KEY_NOT_FOUND: halts('KEY_NOT_FOUND'),
    INVALID_CLIENT: halts('INVALID_CLIENT'),
    INVALID_API: halts('INVALID_API'),
    ACCESS_DENIED: halts('ACCESS_DENIED'),
    METHOD_NOT_SUPPORTED: halts('METHOD_NOT_SUPPORTED'),
    MEDIA_TYPE_NOT_ACCEPTABLE: halts('MEDIA_TYPE_NOT_ACCEPTABLE'),
    ILLEGAL_CLIENT_IP: halts('ILLEGAL_CLIENT_IP'),
    OAUTH_FAIL: halts('OAUTH_FAIL'),
    INVALID_AGENT_TOKEN: halts('INVALID_AGENT_TOKEN'),
    HAS_NO_PRIVILEGE: halts('HAS_NO_PRIVILEGE'),
    NO_INTERFACE_DEF: halts('NO_INTERFACE_DEF'),
  };

  it.each(Object.entries(table))('%s', (code, verdicts) => {
    const answer = anAnswer(code);
    expect([judge(answer, 'SEND'), judge(answer, 'UPDATE')]).toEqual(verdicts);
  });
});

describe('judge, a code that is not documented', () => {
  const strange = (status: ResultStatus, httpStatus = 200) =>
    anAnswer('BRAND_NEW', { httpStatus, result: { code: 'BRAND_NEW', status, message: '' } });

  it('follows its resultStatus', () => {
    expect(judge(strange('S'), 'SEND')).toEqual(accepted);
    expect(judge(strange('U'), 'SEND')).toEqual(retry('unknown-outcome'));
    expect(judge(strange('F'), 'SEND')).toEqual(unexplained('BRAND_NEW'));
  });

  it('is not held against the order when HTTP says that the gateway is out, or refuses us', () => {
    expect(judge(strange('F', 503), 'SEND')).toEqual(retry('http-status'));
    expect(judge(strange('F', 429), 'SEND')).toEqual(retry('traffic-limit'));
    expect(judge(strange('F', 401), 'SEND')).toEqual(halt('HTTP 401'));
    expect(judge(strange('F', 400), 'SEND')).toEqual(reject('HTTP 400'));
  });

  it('is no success with an HTTP error', () => {
    expect(judge(strange('S', 500), 'SEND')).toEqual(retry('http-status'));
  });
});

describe('judge, by HTTP status without a result', () => {
  it.each<[number, object]>([
    [200, retry('unreadable')],
    [204, retry('unreadable')],
    [301, halt('HTTP 301')],
    [400, reject('HTTP 400')],
    [401, halt('HTTP 401')],
    [403, halt('HTTP 403')],
    [404, halt('HTTP 404')],
    [405, halt('HTTP 405')],
    [407, halt('HTTP 407')],
    [408, retry('http-status')],
    [413, reject('HTTP 413')],
    [415, halt('HTTP 415')],
    [422, reject('HTTP 422')],
    [429, retry('traffic-limit')],
    [500, retry('http-status')],
    [502, retry('http-status')],
    [503, retry('http-status')],
  ])('%i', (httpStatus, verdict) => {
    expect(judge(anHttpAnswer(httpStatus), 'UPDATE')).toEqual(verdict);
  });

  it('takes a success code with an HTTP error for no success', () => {
    expect(judge(anAnswer('SUCCESS', { httpStatus: 500 }), 'SEND')).toEqual(retry('http-status'));
  });

  it('passes on what Retry-After asks for', () => {
    expect(judge(anHttpAnswer(503, { retryAfterMs: 7000 }), 'SEND')).toEqual(retry('http-status', 7000));
  });
});

describe('judge, silence', () => {
  it.each([
    ['timeout', 'timeout'],
    ['connection', 'network'],
    ['aborted', 'network'],
    ['unsent', 'network'],
    ['too-large', 'unreadable'],
  ] as const)('%s: the same request again (%s)', (cause, retryCause) => {
    expect(judge(silence(cause), 'SEND')).toEqual(retry(retryCause));
  });
});

describe('judge, over all there is', () => {
  const signatures: readonly SignatureCheck[] = ['verified', 'missing', 'bad', 'unchecked'];
  const httpStatuses = [
    100, 199, 200, 201, 204, 299, 300, 301, 302, 304, 400, 401, 403, 404, 405, 407, 408, 409, 410,
  ].concat([413, 415, 418, 422, 426, 429, 431, 451, 499, 500, 501, 502, 503, 504, 511, 599]);
  const codes = [null, 'NOT_DOCUMENTED', ...Object.keys(resultCodes)];
  const statuses: readonly ResultStatus[] = ['S', 'F', 'U'];
  const all = signatures.flatMap(signature =>
    httpStatuses.flatMap(httpStatus =>
      codes.flatMap(code =>
        statuses.flatMap(status =>
          (['SEND', 'UPDATE'] as const).map(command => {
            const result = code === null ? null : { code, status, message: '' };
            const answer: Answered = { ...anAnswer('SUCCESS'), httpStatus, result, signature };
            return { answer, command, verdict: judge(answer, command) };
          }),
        ),
      ),
    ),
  );
  const those = (kind: Verdict['kind']) => all.filter(({ verdict }) => verdict.kind === kind);
  const isTrusted = ({ answer }: { answer: Answered }) =>
    answer.signature === 'verified' || answer.signature === 'unchecked';

  it('covers every combination with one of the five verdicts', () => {
    expect(all).toHaveLength(4 * 35 * 23 * 3 * 2);
    expect(new Set(all.map(({ verdict }) => verdict.kind))).toEqual(
      new Set(['accepted', 'retry', 'heal', 'reject', 'halt']),
    );
  });

  it('accepts only what is 2xx, trusted, and says so', () => {
    for (const { answer } of those('accepted')) {
      expect(isTrusted({ answer })).toBe(true);
      expect(answer.httpStatus).toBeGreaterThanOrEqual(200);
      expect(answer.httpStatus).toBeLessThan(300);
      expect(answer.result?.code === 'SUCCESS' || answer.result?.status === 'S').toBe(true);
    }
  });

  it('believes no rejection whose signature does not hold', () => {
    for (const judged of those('reject')) expect(isTrusted(judged)).toBe(true);
  });

  it('believes no heal whose signature does not hold, and of those without one only that there is no card, and says so', () => {
    for (const judged of those('heal').filter(one => !isTrusted(one))) {
      expect(judged.answer).toMatchObject({ signature: 'missing', result: { code: 'ORDER_NOT_FOUND' } });
      expect(judged.verdict).toEqual({ ...heal('SEND'), unsigned: true });
    }
    expect(those('heal').some(one => !isTrusted(one))).toBe(true);
    for (const judged of those('heal').filter(isTrusted)) expect(judged.verdict).not.toHaveProperty('unsigned');
  });

  it('says why it asks again, also where the answer is not signed: a proxy signs nothing', () => {
    expect(judge(anHttpAnswer(503, { signature: 'missing' }), 'SEND')).toEqual(retry('http-status'));
    expect(judge(anAnswer('SYSTEM_ERROR', { signature: 'bad' }), 'SEND')).toEqual(retry('unknown-outcome'));
  });

  it('always heals into the other command', () => {
    for (const { command, verdict } of those('heal')) {
      expect(verdict).not.toMatchObject({ command });
    }
  });

  it('never rejects an order for what an outage or a limit says without a documented code', () => {
    for (const { answer } of those('reject')) {
      const documented = answer.result !== null && answer.result.code in resultCodes;
      if (!documented) expect([429, 408].includes(answer.httpStatus) || answer.httpStatus >= 500).toBe(false);
    }
  });

  it('gives every retry one of the known causes', () => {
    const causes = new Set(those('retry').map(({ verdict }) => (verdict.kind === 'retry' ? verdict.cause : null)));
    expect(retryCauses).toEqual(expect.arrayContaining([...causes]));
  });
});

describe('judge, by the verdicts of the settings', () => {
  const strange = (status: ResultStatus, over: Partial<Answered> = {}) =>
    anAnswer('SOME_NEW_CODE', { result: { code: 'SOME_NEW_CODE', status, message: '' }, ...over });

  it('takes them over its own, for both commands', () => {
    const table = verdictsWith({ UN_SUPPORT_BUSINESS: 'reject', PARAM_ILLEGAL: 'retry', SOME_NEW_CODE: 'halt' });
    for (const command of ['SEND', 'UPDATE'] as const) {
      expect(judge(anAnswer('UN_SUPPORT_BUSINESS'), command, table)).toEqual(reject('UN_SUPPORT_BUSINESS'));
      expect(judge(anAnswer('PARAM_ILLEGAL'), command, table)).toEqual(retry('unknown-outcome'));
      expect(judge(strange('S'), command, table)).toEqual(halt('SOME_NEW_CODE'));
      expect(judge(anAnswer('ORDER_STATUS_INVALID'), command, table)).toEqual(reject('ORDER_STATUS_INVALID'));
    }
  });

  it.each(verdictNames)('%s never heals a command into itself, and believes no bad signature', verdict => {
    for (const code of [...Object.keys(resultCodes), 'SOME_NEW_CODE']) {
      const table = verdictsWith({ [code]: verdict });
      for (const command of ['SEND', 'UPDATE'] as const) {
        for (const status of ['S', 'F', 'U'] as const) {
          const result = { code, status, message: '' };
          const judged = judge(anAnswer(code, { result }), command, table);
          expect(judged).not.toMatchObject({ kind: 'heal', command });
          const unsigned = judge(anAnswer(code, { result, signature: 'bad' }), command, table);
          expect(['retry', 'halt']).toContain(unsigned.kind);
        }
      }
    }
  });

  it('a heal counts for the other command only: else the code means what it meant, or follows its status', () => {
    const table = verdictsWith({ SOME_NEW_CODE: 'heal-to-send', PARAM_ILLEGAL: 'heal-to-update' });
    expect(judge(strange('F'), 'UPDATE', table)).toEqual(heal('SEND'));
    expect(judge(strange('F'), 'SEND', table)).toEqual(unexplained('SOME_NEW_CODE'));
    expect(judge(strange('U'), 'SEND', table)).toEqual(retry('unknown-outcome'));
    expect(judge(anAnswer('PARAM_ILLEGAL'), 'SEND', table)).toEqual(heal('UPDATE'));
    expect(judge(anAnswer('PARAM_ILLEGAL'), 'UPDATE', table)).toEqual(reject('PARAM_ILLEGAL'));
  });

  it('accepts nothing that came with an HTTP error', () => {
    const table = verdictsWith({ SOME_NEW_CODE: 'accepted' });
    expect(judge(strange('F'), 'SEND', table)).toEqual(accepted);
    expect(judge(strange('F', { httpStatus: 500 }), 'SEND', table)).toEqual(retry('http-status'));
  });

  it('takes an HTTP status for an answer without a result', () => {
    const table = verdictsWith({ HTTP_404: 'retry', HTTP_503: 'halt', HTTP_409: 'reject' });
    expect(judge(anHttpAnswer(404), 'SEND', table)).toEqual(retry('http-status'));
    expect(judge(anHttpAnswer(503), 'SEND', table)).toEqual(halt('HTTP 503'));
    expect(judge(anHttpAnswer(409), 'SEND', table)).toEqual(reject('HTTP 409'));
    expect(judge(anHttpAnswer(403), 'SEND', table)).toEqual(halt('HTTP 403'));
    expect(judge(anAnswer('SYSTEM_ERROR', { httpStatus: 404 }), 'SEND', table)).toEqual(retry('unknown-outcome'));
  });
});

describe('isTrafficLimit', () => {
  it('knows the code and HTTP 429, and nothing else', () => {
    expect(isTrafficLimit(anAnswer('REQUEST_TRAFFIC_EXCEED_LIMIT'))).toBe(true);
    expect(isTrafficLimit(anHttpAnswer(429))).toBe(true);
    for (const answer of [anHttpAnswer(503), anAnswer('SUCCESS'), anAnswer('SYSTEM_ERROR'), silence('timeout')]) {
      expect(isTrafficLimit(answer)).toBe(false);
    }
  });
});

describe('distrustOf', () => {
  it('tells refusals without a signature, as some gateways send them, from answers that the key does not verify', () => {
    const of = (code: string, signature: SignatureCheck) => distrustOf(anAnswer(code, { signature }));
    expect([of('PARAM_ILLEGAL', 'missing'), distrustOf(anHttpAnswer(400, { signature: 'missing' }))]).toEqual([
      'unsigned',
      'unsigned',
    ]);
    expect([of('SUCCESS', 'missing'), of('SUCCESS', 'bad'), of('PARAM_ILLEGAL', 'bad')]).toEqual(
      Array(3).fill('unverified'),
    );
  });
});

describe('judge, answers seen from gateways of the vendor', () => {
  const refusal = (code: string, parts: Partial<Answered> = {}) =>
    anAnswer(code, { result: { code, status: 'F', message: 'no' }, ...parts });

  it.each(['ILLEGAL_CLIENT_IP', 'OAUTH_FAIL', 'INVALID_AGENT_TOKEN'])(
    '%s with HTTP 200 halts: it is about us',
    code => {
      for (const signature of ['verified', 'missing', 'unchecked'] as const) {
        expect(judge(refusal(code, { signature }), 'SEND')).toEqual(halt(code));
      }
    },
  );

  it('sends the card where an UPDATE of an order without one is refused without a signature', () => {
    const unsigned = refusal('ORDER_NOT_FOUND', { signature: 'missing' });
    expect(judge(unsigned, 'UPDATE')).toEqual({ ...heal('SEND'), unsigned: true });
    expect(judge({ ...unsigned, signature: 'bad' }, 'UPDATE')).toEqual(retry('signature'));
  });

  it('asks again where any other refusal has no signature', () => {
    expect(judge(refusal('PARAM_ILLEGAL', { signature: 'missing' }), 'SEND')).toEqual(retry('signature'));
    expect(judge(refusal('UN_SUPPORT_BUSINESS', { signature: 'missing' }), 'SEND')).toEqual(retry('signature'));
    expect(judge(refusal('BRAND_NEW', { signature: 'missing' }), 'SEND')).toEqual(retry('signature'));
  });
});
