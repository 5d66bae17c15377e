import { describe, expect, it } from 'vitest';
import { partitionKey } from '../../../../connector/kernel/position.ts';
import { checkAnswersSeen } from '../../../../connector/tools/check/looks/answers.ts';
import { linesOf } from './looks.ts';

const offsetsOf = (topic: string, end: bigint) =>
  new Map([[partitionKey(topic, 0), { low: 0n, end, committed: null }]] as const);
const check = (verifyAnswers: 'required' | 'warn' | 'off', topic: string, end: bigint) =>
  linesOf(checkAnswersSeen({ verifyAnswers }, 'journal', offsetsOf(topic, end)));

describe('the check for answers of AlipayHK', () => {
  it.each([
    ['the journal is empty', 'journal', 0n],
    ['there is no journal yet', 'orders', 7n],
  ])('recommends warn for the first day where %s and signatures are required', (_, topic, end) => {
    expect(check('required', topic, end)).toEqual([
      expect.stringMatching(/^warning platform\.signs: not known: no answer .* → platform\.verifyAnswers: warn /),
    ]);
  });

  it('finds nothing to say where the journal has entries', () => {
    expect(check('required', 'journal', 1n)).toEqual([expect.stringMatching(/^well platform\.signs: /)]);
  });

  it.each(['warn', 'off'] as const)('is left out where signatures are not required: %s', mode => {
    expect(check(mode, 'journal', 0n)).toEqual([]);
  });
});
