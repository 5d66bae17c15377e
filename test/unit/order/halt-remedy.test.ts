import { describe, expect, it } from 'vitest';
import { haltRemedy } from '../../../connector/order/halt-remedy.ts';
import { resultCodes } from '../../../connector/order/result-codes.ts';
import { anAnswer, anHttpAnswer, silence } from '../../support/builders.ts';

describe('haltRemedy', () => {
  it('names the address for the result codes that are about the API, and for no other', () => {
    const named = Object.keys(resultCodes).filter(code => haltRemedy(anAnswer(code))?.includes('platform.path'));
    expect(named.sort()).toEqual(['INVALID_API', 'MEDIA_TYPE_NOT_ACCEPTABLE', 'METHOD_NOT_SUPPORTED']);
  });

  it('names the address for an answer without a result, which came from another server', () => {
    expect(haltRemedy(anHttpAnswer(404))).toContain('platform.baseUrl');
  });

  it('returns nothing where no answer came', () => {
    expect(haltRemedy(silence())).toBeUndefined();
  });
});
