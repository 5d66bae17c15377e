import { describe, expect, it } from 'vitest';
import { assert, BrokenInvariant, unreachable } from '../../../connector/kernel/assert.ts';

describe('assert', () => {
  it('lets a true condition pass', () => {
    expect(() => assert(true, 'water is wet')).not.toThrow();
  });

  it('names the broken invariant and says that the defect is ours', () => {
    const broken = () => assert(false, 'an offset is settled once');
    expect(broken).toThrow(BrokenInvariant);
    expect(broken).toThrow(/an offset is settled once.*defect of the connector/);
  });
});

describe('unreachable', () => {
  it('throws, showing the case that was forgotten', () => {
    const forgotten: unknown = { kind: 'new-kind' };
    expect(() => unreachable(forgotten as never)).toThrow(/new-kind/);
  });
});
