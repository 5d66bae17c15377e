import { describe, expect, it } from 'vitest';
import { publishedUnlessRevoked } from '../../../../connector/flow/lane/give-up.ts';
import { aRecord } from '../../../support/builders.ts';

describe('publishedUnlessRevoked', () => {
  const letter = { record: aRecord(), reason: 'rejected' } as never;

  it('is true once the broker has it', async () => {
    const { signal } = new AbortController();
    expect(await publishedUnlessRevoked({ publish: async () => {} }, letter, signal)).toBe(true);
  });

  it('is false when it was given up with its partition', async () => {
    const publish = () => Promise.reject(new Error('given up'));
    expect(await publishedUnlessRevoked({ publish }, letter, AbortSignal.abort())).toBe(false);
  });

  it('fails on any other rejection', async () => {
    const publish = () => Promise.reject(new Error('a defect'));
    await expect(publishedUnlessRevoked({ publish }, letter, new AbortController().signal)).rejects.toThrow('a defect');
  });
});
