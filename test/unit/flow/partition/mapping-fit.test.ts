import { describe, expect, it } from 'vitest';
import { MappingFit } from '../../../../connector/flow/partition/mapping-fit.ts';

/** How many of these records in a row it takes until nearly none fits; null: it never says so. */
function saysAfter(fit: MappingFit, records: number, key = (n: number) => `A-${n}`, isCertain = false): number | null {
  for (let n = 1; n <= records; n++) if (fit.unfit(key(n), isCertain)) return n;
  return null;
}

describe('MappingFit', () => {
  it('says that nothing fits at the 20th record in a row that cannot be mapped', () => {
    expect(saysAfter(new MappingFit(), 100)).toBe(20);
  });

  it('says so at the 5th where the table lacks a column', () => {
    expect(saysAfter(new MappingFit(), 100, undefined, true)).toBe(5);
  });

  it('does not say so of fewer than five keys, however many records they have', () => {
    expect(saysAfter(new MappingFit(), 200, n => `A-${n % 4}`)).toBe(null);
    expect(saysAfter(new MappingFit(), 200, n => `A-${n % 4}`, true)).toBe(null);
    expect(saysAfter(new MappingFit(), 200, n => `A-${n % 5}`)).toBe(20);
  });

  it('does not count those that fitted before the first one that does not', () => {
    const fit = new MappingFit();
    for (let n = 0; n < 1_000; n++) fit.fits();
    expect(saysAfter(fit, 100)).toBe(20);
  });

  it.each([
    [3, null],
    [4, 24],
  ])('of five records %i do not fit: after %s of them', (unfit, expected) => {
    const fit = new MappingFit();
    let said: number | null = null;
    for (let n = 0; n < 500 && said === null; n++) {
      if (n % 5 >= unfit) fit.fits();
      else if (fit.unfit(`A-${n}`, false)) said = n + 1;
    }
    expect(said).toBe(expected);
  });

  it('begins anew when it was cleared', () => {
    const fit = new MappingFit();
    saysAfter(fit, 19);
    fit.clear();
    expect(saysAfter(fit, 100)).toBe(20);
  });
});
