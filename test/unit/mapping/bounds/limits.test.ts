import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  defaultLimits,
  depthMax,
  problemCharactersMax,
  problemsMax,
} from '../../../../connector/mapping/bounds/limits.ts';
import { idCharactersMax } from '../../../../connector/mapping/card-values.ts';

const page = readFileSync(new URL('../../../../docs/limits.md', import.meta.url), 'utf8');
const rows = page
  .split('\n')
  .filter(line => line.startsWith('| '))
  .map(line => line.split('|').map(cell => cell.trim()));

describe('docs/limits.md', () => {
  it.each([
    ['mapping.cardBytesMax', defaultLimits.cardBytesMax],
    ['mapping.jsonCharactersMax', defaultLimits.jsonCharactersMax],
    ['mapping.stepsMax', defaultLimits.stepsMax],
  ])('lists %s with its default', (setting, fallback) => {
    expect(rows.find(cells => cells[3] === `\`${setting}\``)?.[2]).toBe(String(fallback));
  });

  it('lists the bounds that no setting moves', () => {
    const fixed = [depthMax, problemsMax, problemCharactersMax, idCharactersMax];
    expect(rows.filter(cells => cells[3] === 'none').map(cells => cells[2])).toEqual(
      expect.arrayContaining(fixed.map(String)),
    );
  });
});
