import { describe, expect, it } from 'vitest';
import { saslOf } from '../../../connector/kafka/authentication/authentication.ts';
import { Secret } from '../../../connector/kernel/secret.ts';

// What brokers say to these is in test/integration/kafka-secure.test.ts.

describe('a login', () => {
  it('by name and password goes to kafkajs as it is; none is none', () => {
    const password = new Secret('hunter2');
    expect(saslOf({ mechanism: 'scram-sha-512', username: 'u', password }, 1)).toEqual({
      mechanism: 'scram-sha-512',
      username: 'u',
      password: 'hunter2',
    });
    expect(saslOf({ mechanism: 'none' }, 1)).toBeNull();
  });
});
