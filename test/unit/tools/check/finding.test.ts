import { describe, expect, it } from 'vitest';
import { worstOf } from '../../../../connector/tools/check/finding.ts';

describe('the worst of several reasons', () => {
  const small = { state: 'warning', detail: 'small', remedy: 'mend it' } as const;
  const great = { state: 'failed', detail: 'great', remedy: 'mend it' } as const;

  it('decides, and all are told, each once', () => {
    expect(worstOf('id', 'title', 'as it should be', [small, great, small])).toEqual({
      ...{ id: 'id', title: 'title', state: 'failed', detail: 'small; great', remedy: 'mend it' },
    });
    expect(worstOf('id', 'title', 'as it should be', [small]).state).toBe('warning');
    expect(worstOf('id', 'title', 'as it should be', [])).toMatchObject({ state: 'well', detail: 'as it should be' });
  });
});
