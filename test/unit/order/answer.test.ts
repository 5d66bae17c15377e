import { describe, expect, it } from 'vitest';
import { describeAnswer } from '../../../connector/order/answer.ts';
import { anAnswer, anHttpAnswer, silence } from '../../support/builders.ts';

describe('describeAnswer', () => {
  it.each([
    ['a result', anAnswer('PARAM_ILLEGAL'), 'F PARAM_ILLEGAL "", HTTP 200'],
    ['a result with an HTTP error', anAnswer('SUCCESS', { httpStatus: 500 }), 'S SUCCESS "", HTTP 500'],
    ['a bad signature', anAnswer('SUCCESS', { signature: 'bad' }), 'S SUCCESS "", HTTP 200, signature bad'],
    ['a missing one', anAnswer('SUCCESS', { signature: 'missing' }), 'S SUCCESS "", HTTP 200, signature missing'],
    ['a good one', anAnswer('SUCCESS', { signature: 'verified' }), 'S SUCCESS "", HTTP 200'],
    ['a proxy', anHttpAnswer(502), 'HTTP 502, a body that is no JSON'],
    ['nothing said', anHttpAnswer(204, { unreadable: null }), 'HTTP 204, no result'],
    ['silence', silence('timeout'), 'no answer (timeout: timeout)'],
  ])('says what came: %s', (_, answer, text) => {
    expect(describeAnswer(answer)).toBe(text);
  });
});
