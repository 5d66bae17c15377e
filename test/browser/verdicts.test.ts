import { describe, expect, it } from 'vitest';
import type { RequestEntry } from '../sandbox/journal/request-entry.ts';
import { followsAs, verdictOf } from '../sandbox/page/verdicts.js';

const entry = (changes: Partial<RequestEntry>): RequestEntry => ({
  ...{ sequence: 1, receivedAt: 0, outcome: 'created', fault: null, resultCode: 'SUCCESS', inFlight: 1, workMs: 0 },
  ...{ durationMs: 1, answered: true, requestId: 'a', command: 'SEND', merchantBizNo: 'O', bizDate: 1 },
  ...{ orderStatus: 'WAIT_PAY', template: 'PAYMENT_ORDER_DEFAULT', digest: null },
  ...changes,
});
const refusedUpdate = entry({ outcome: 'refused', resultCode: 'ORDER_NOT_FOUND', command: 'UPDATE', requestId: 'b' });
const refusedSend = entry({ outcome: 'refused', resultCode: 'UN_SUPPORT_BUSINESS', requestId: 'b' });

describe('a verdict', () => {
  it.each([
    ...(['created', 'updated', 'ended'] as const).map(outcome => [outcome, 'accepted'] as const),
    ...(['outdated', 'ignored', 'repeat'] as const).map(outcome => [outcome, 'ignored'] as const),
    ...(['refused', 'conflict'] as const).map(outcome => [outcome, 'refused'] as const),
    ['fault:drop', 'failed'] as const,
  ])('of %s is %s', (outcome, verdict) => expect(verdictOf({ outcome })).toBe(verdict));
});

describe('a request heals', () => {
  it('what was refused as the other command', () => {
    expect(followsAs(entry({}), [refusedUpdate])).toBe('healed');
    expect(followsAs(entry({ command: 'UPDATE', outcome: 'updated' }), [refusedSend])).toBe('healed');
  });

  it('not another change, nor by the same command, nor another refusal, nor without effect', () => {
    expect(followsAs(entry({ bizDate: 2 }), [refusedUpdate])).toBeNull();
    expect(followsAs(entry({ command: 'UPDATE', outcome: 'updated' }), [refusedUpdate])).toBeNull();
    expect(followsAs(entry({}), [{ ...refusedUpdate, resultCode: 'PARAM_ILLEGAL' }])).toBeNull();
    expect(followsAs(entry({ outcome: 'outdated' }), [refusedUpdate])).toBeNull();
    expect(followsAs(entry({}), [])).toBeNull();
  });

  it('and one with a requestId that was there is the same again', () => {
    expect(followsAs(entry({ outcome: 'repeat' }), [entry({})])).toBe('again');
  });
});
