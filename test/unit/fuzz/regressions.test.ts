import { describe, expect, it } from 'vitest';
import { badnessOf, fuzz, readRegressions } from '../../fuzz/fuzz.ts';
import { type FuzzTarget, targets } from '../../fuzz/targets.ts';

// What `npm run fuzz` once found stays found; and a short run of it, always the same, keeps the fuzzer itself alive.

describe('the fuzzer', () => {
  it.each(Object.keys(targets))(
    'finds nothing bad in its first inputs: %s',
    async name => {
      expect(await fuzz(name, 1, Math.ceil(2_000 / (targets[name]?.cost ?? 1)))).toBeNull();
    },
    30_000,
  );

  it('has no regression', async () => {
    const bad = [];
    for (const { target, input, what } of readRegressions()) {
      const found = await badnessOf(targets[target] ?? planted, Buffer.from(input, 'base64'));
      if (found !== null) bad.push({ target, what, found });
    }
    expect(bad).toEqual([]);
  });

  it('would find what is bad', async () => {
    expect(await badnessOf(planted, Buffer.from('any'))).toBe('Error: planted');
    expect(await badnessOf({ ...planted, run: () => Promise.resolve() }, Buffer.of())).toBeNull();
  });
});

const planted: FuzzTarget = { make: () => Buffer.of(), run: () => Promise.reject(new Error('planted')) };
