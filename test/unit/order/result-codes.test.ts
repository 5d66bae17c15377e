import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  httpStatuses,
  httpStatusOf,
  type ResultCodeEntry,
  resultCodes,
  verdictNames,
  verdictsWith,
} from '../../../connector/order/result-codes.ts';

// Copied from the API document ("Response") and the gateway's list, by hand: the table must not lose one.
const documented = [
  'SUCCESS',
  'ORDER_NOT_FOUND',
  'ORDER_STATUS_INVALID',
  'PARAM_ILLEGAL',
  'UNKNOWN_EXCEPTION',
  'UN_SUPPORT_BUSINESS',
  'INVALID_SIGNATURE',
  'KEY_NOT_FOUND',
  'INVALID_CLIENT',
  'INVALID_API',
  'ACCESS_DENIED',
  'METHOD_NOT_SUPPORTED',
  'MEDIA_TYPE_NOT_ACCEPTABLE',
  'PROCESS_FAIL',
  'REQUEST_TRAFFIC_EXCEED_LIMIT',
  'SYSTEM_ERROR',
];

const fromGateways = ['ILLEGAL_CLIENT_IP', 'OAUTH_FAIL', 'INVALID_AGENT_TOKEN', 'HAS_NO_PRIVILEGE', 'NO_INTERFACE_DEF'];

describe('resultCodes', () => {
  it('holds every documented code, and those seen from the gateways, and no other', () => {
    expect(Object.keys(resultCodes).sort()).toEqual([...documented, ...fromGateways].sort());
  });

  it('halts at every code of the gateways alone: they do not know the order', () => {
    expect(new Set(fromGateways.map(code => verdictsWith({}).codes.get(code)?.verdict))).toEqual(new Set(['halt']));
  });

  it('accepts one only', () => {
    expect(documented.filter(code => verdictsWith({}).codes.get(code)?.verdict === 'accepted')).toEqual(['SUCCESS']);
  });

  it('heals each command into the other, never into itself', () => {
    expect(resultCodes.ORDER_NOT_FOUND.byCommand).toEqual({ UPDATE: 'heal-to-send' });
    expect(resultCodes.UN_SUPPORT_BUSINESS.byCommand).toEqual({ SEND: 'heal-to-update' });
  });
});

describe('verdictsWith', () => {
  it.each(['', 'success', 'NEW_CODE', 'constructor', '__proto__', 'toString'])('knows nothing of %j', code => {
    expect(verdictsWith({}).codes.get(code)).toBeUndefined();
  });

  it('changes no table but its own', () => {
    verdictsWith({ PARAM_ILLEGAL: 'retry', HTTP_400: 'retry' });
    expect(verdictsWith({}).codes.get('PARAM_ILLEGAL')?.verdict).toBe('reject');
    expect(verdictsWith({}).http).toEqual(httpStatuses);
  });

  it('has a verdict for every HTTP status', () => {
    for (let status = 100; status < 600; status++) {
      expect(httpStatuses.some(({ from, to }) => from <= status && status <= to)).toBe(true);
    }
  });
});

describe('httpStatusOf', () => {
  it('knows the names of HTTP statuses', () => {
    expect(['HTTP_404', 'HTTP_40', 'HTTP_4040', 'SUCCESS'].map(httpStatusOf)).toEqual([404, null, null, null]);
  });
});

describe('the README', () => {
  const readme = readFileSync('README.md', 'utf8');

  it('has the table of result codes as it is', () => {
    const row = ([code, entry]: readonly [string, ResultCodeEntry]) => {
      const cell = (command: 'SEND' | 'UPDATE') => entry.byCommand?.[command] ?? entry.verdict;
      return `| \`${code}\` | ${entry.meaning} | ${cell('SEND')} | ${cell('UPDATE')} |`;
    };
    expect(readme).toContain(
      ['| code | meaning | SEND | UPDATE |', '|---|---|---|---|', ...Object.entries(resultCodes).map(row)].join('\n'),
    );
  });

  it('has the HTTP statuses as they are', () => {
    const range = (from: number, to: number) => (to === Infinity ? `${from} and above` : `${from} to ${to}`);
    const rows = httpStatuses.map(({ from, to, verdict, meaning }) => {
      const status = from === to ? from : from === 0 ? 'other' : range(from, to);
      return `| ${status} | ${meaning} | ${verdict} |`;
    });
    expect(readme).toContain(['| HTTP status | meaning | verdict |', '|---|---|---|', ...rows].join('\n'));
  });

  it('says what each verdict is', () => {
    for (const name of verdictNames) expect(readme).toContain(`- \`${name}\`: `);
  });
});
