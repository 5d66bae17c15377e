import { describe, expect, it } from 'vitest';
import { deadLetterReasons, outcomes } from '../../../connector/flow/ports.ts';

describe('the closed label sets', () => {
  it('name every end of a change, once', () => {
    expect(outcomes).toEqual(['delivered', 'skipped', 'superseded', 'dead-lettered']);
  });

  it('name every reason for a dead letter, once', () => {
    expect(deadLetterReasons).toEqual(['undecodable', 'unmappable', 'rejected', 'retries-exhausted']);
  });
});
