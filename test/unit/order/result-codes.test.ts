import { describe, expect, it } from 'vitest';
import { resultCodeEntry, resultCodes } from '../../../connector/order/result-codes.ts';

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

describe('resultCodes', () => {
  it('holds every documented code, and no other', () => {
    expect(Object.keys(resultCodes).sort()).toEqual([...documented].sort());
  });

  it('accepts one only', () => {
    expect(documented.filter(code => resultCodeEntry(code)?.verdict === 'accepted')).toEqual(['SUCCESS']);
  });

  it('heals each command into the other, never into itself', () => {
    expect(resultCodes.ORDER_NOT_FOUND.byCommand).toEqual({ UPDATE: 'heal-to-send' });
    expect(resultCodes.UN_SUPPORT_BUSINESS.byCommand).toEqual({ SEND: 'heal-to-update' });
  });
});

describe('resultCodeEntry', () => {
  it.each(['', 'success', 'NEW_CODE', 'constructor', '__proto__', 'toString'])('knows nothing of %j', code => {
    expect(resultCodeEntry(code)).toBeUndefined();
  });
});
