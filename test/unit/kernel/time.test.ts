import { describe, expect, it } from 'vitest';
import { type Instant, instant } from '../../../connector/kernel/time.ts';

describe('instant', () => {
  it('marks milliseconds and changes nothing', () => {
    const moment: Instant = instant(1_700_000_000_123);
    expect(moment).toBe(1_700_000_000_123);
  });

  it('is another type than a number of milliseconds', () => {
    // @ts-expect-error a duration cannot be passed for a moment
    const moment: Instant = 5_000;
    expect(moment).toBe(5_000);
  });
});
