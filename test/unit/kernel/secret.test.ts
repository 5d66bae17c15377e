import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../connector/kernel/secret.ts';

describe('Secret', () => {
  const secret = new Secret('hunter2');

  it('gives itself only where it is asked by name', () => {
    expect(secret.reveal()).toBe('hunter2');
  });

  it.each([
    ['text', `${secret}`],
    ['JSON', JSON.stringify({ secret })],
    ['inspect', inspect({ nested: { secret } }, { depth: null, showHidden: true })],
    ['a log line', format('%s %o %j', secret, secret, secret)],
    ['an error', String(new Error(`bad ${secret}`))],
    ['its members', JSON.stringify(Object.getOwnPropertyDescriptors(secret))],
  ])('does not show in %s', (_, shown) => {
    expect(shown).not.toContain('hunter2');
  });
});
