import { describe, expect, it } from 'vitest';
import { Fault, type FaultCode, faultTable, messageOf } from '../../../connector/kernel/fault.ts';

describe('Fault', () => {
  it('says what happened, where, whose, and why', () => {
    const at = { topic: 'orders', partition: 3, offset: 17n };
    const fault = new Fault('CARD_REJECTED', { detail: 'F PARAM_ILLEGAL', at, order: 'A**1' });
    expect(fault.message).toBe(
      'CARD_REJECTED at orders/3@17 (order A**1): the platform refuses a card for good: F PARAM_ILLEGAL',
    );
    expect(fault).toMatchObject({ name: 'Fault', code: 'CARD_REJECTED', detail: 'F PARAM_ILLEGAL', at, order: 'A**1' });
  });

  it('says what to do: the table, or better advice where there is some', () => {
    expect(new Fault('KEY_INVALID', { detail: 'x' }).remedy).toBe(faultTable.KEY_INVALID.remedy);
    expect(new Fault('KEY_INVALID', { detail: 'x', remedy: 'give PKCS#8' }).remedy).toBe('give PKCS#8');
  });

  it('leaves out what is not known', () => {
    const fault = new Fault('KAFKA_UNREACHABLE', { detail: 'refused' });
    expect(fault.message).toBe('KAFKA_UNREACHABLE: no broker answers: refused');
    expect(fault.at).toBeUndefined();
    expect(fault.order).toBeUndefined();
  });

  it('keeps the cause', () => {
    const cause = new Error('ECONNREFUSED');
    expect(new Fault('KAFKA_UNREACHABLE', { detail: 'x', cause }).cause).toBe(cause);
  });
});

describe('faultTable', () => {
  it.each(Object.keys(faultTable) as FaultCode[])('%s has a meaning and a remedy', code => {
    expect(code).toMatch(/^[A-Z][A-Z_]+[A-Z]$/);
    expect(faultTable[code].meaning).not.toBe('');
    expect(faultTable[code].remedy).not.toBe('');
  });
});

describe('messageOf', () => {
  it('gives an error its message, anything else its text', () => {
    expect(messageOf(new TypeError('bad'))).toBe('bad');
    expect(messageOf('thrown text')).toBe('thrown text');
    expect(messageOf(undefined)).toBe('undefined');
  });
});
