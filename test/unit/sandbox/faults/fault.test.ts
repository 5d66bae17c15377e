import { describe, expect, it } from 'vitest';
import { completeFault, readFault, readFaultText } from '../../../sandbox/faults/fault.ts';
import { resultCodes } from '../../../sandbox/gateway/result-codes.ts';

const fault = (text: string) => {
  const read = readFaultText(text);
  return read.kind === 'read' ? read.fault : read.problem;
};

describe('a fault', () => {
  it.each(resultCodes)('may be %s', code => {
    expect(fault(code)).toEqual({ kind: 'result', code, name: code, when: 'before' });
    expect(fault(`result,code=${code}`)).toEqual({ kind: 'result', code, name: code, when: 'before' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['http,status=503,retryAfter=2', { kind: 'http', name: 'http-503', status: 503, retryAfter: 2, when: 'before' }],
    ['http,status=302,location=/x', { kind: 'http', name: 'http-302', status: 302, location: '/x', when: 'before' }],
    ['timeout', { kind: 'timeout', name: 'timeout', when: 'before' }],
    ['drop,when=after', { kind: 'drop', name: 'drop', when: 'after' }],
    ['garbage', { kind: 'garbage', name: 'garbage', when: 'before' }],
    ['html,status=502', { kind: 'html', name: 'html', status: 502, when: 'before' }],
    ['empty', { kind: 'empty', name: 'empty', when: 'before' }],
    ['truncated', { kind: 'truncated', name: 'truncated', when: 'after' }],
    ['slow,delayMs=50', { kind: 'slow', name: 'slow', delayMs: 50, when: 'after' }],
    ['bad-signature', { kind: 'bad-signature', name: 'bad-signature', when: 'after' }],
    ['no-signature', { kind: 'no-signature', name: 'no-signature', when: 'after' }],
    [
      'drop,rate=0.25,order=007,command=SEND,forMs=10,count=3,name=1',
      { kind: 'drop', name: '1', when: 'before', rate: 0.25, order: '007', command: 'SEND', forMs: 10, count: 3 },
    ],
    ['{"kind":"drop","orderPrefix":"a,b"}', { kind: 'drop', name: 'drop', when: 'before', orderPrefix: 'a,b' }],
    [
      'UNKNOWN_EXCEPTION,resultStatus=F',
      { kind: 'result', code: 'UNKNOWN_EXCEPTION', name: 'UNKNOWN_EXCEPTION', when: 'before', resultStatus: 'F' },
    ],
  ])('%s', (text, expected) => {
    expect(fault(text)).toEqual(expected);
  });

  it.each<[string, string]>([
    ['', 'kind must be equal to one of'],
    ['nonsense', 'kind must be equal to one of'],
    ['http', 'needs a status'],
    ['result', 'needs a code'],
    ['slow', 'needs delayMs'],
    ['truncated,when=before', 'cannot come before'],
    ['drop,rate=2', 'rate must be <= 1'],
    ['drop,rate', 'rate is not key=value'],
    ['drop,often=1', 'must NOT have additional properties'],
    ['drop,count=0', 'count must be >= 1'],
    ['http,status=99', 'status must be >= 200'],
    ['{', 'not JSON'],
  ])('is refused: %s', (text, why) => {
    expect(fault(text)).toContain(why);
  });

  it('written in code is checked as well', () => {
    expect(completeFault({ kind: 'SYSTEM_ERROR', count: 1 })).toEqual({
      ...completeFault({ kind: 'result', code: 'SYSTEM_ERROR' }),
      count: 1,
    });
    expect(completeFault(completeFault({ kind: 'drop' }))).toEqual({ kind: 'drop', name: 'drop', when: 'before' });
    expect(() => completeFault({ kind: 'http' })).toThrow('fault http: kind http needs a status');
  });

  it.each([null, undefined, 5, [], 'drop'])('is no %s', json => {
    expect(readFault(json).kind).toBe('invalid');
  });
});
