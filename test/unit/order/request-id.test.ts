import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../connector/order/change.ts';
import { requestId } from '../../../connector/order/request-id.ts';

// A second implementation, by RFC 9562 5.5, written on node:crypto and Buffers.
function uuidV5(namespace: string, name: string): string {
  const digest = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest()
    .subarray(0, 16);
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x50, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  return digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

// Published: a change of it makes every repetition after an upgrade a new request.
const namespace = '5c1d6f2e-0b7a-4e43-9d58-3f8c61e2a714';

const positions = fc.record({
  topic: fc.stringMatching(/^[a-zA-Z0-9._-]{1,30}$/),
  partition: fc.nat(1000),
  offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
});
const commands = fc.constantFrom<Command>('SEND', 'UPDATE');

describe('the second implementation', () => {
  it("gives RFC 9562's test vector (A.4)", () => {
    expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });
});

describe('requestId', () => {
  it('is the UUID version 5 of topic, partition, offset and command', () => {
    fc.assert(
      fc.property(positions, commands, (position, command) => {
        const { topic, partition, offset } = position;
        expect(requestId(position, command, 'uuid')).toBe(
          uuidV5(namespace, `${topic}/${partition}/${offset}/${command}`),
        );
      }),
    );
  });

  it('is another one for another request of the same change', () => {
    fc.assert(
      fc.property(positions, commands, (position, command) => {
        const { topic, partition, offset } = position;
        expect(requestId(position, command, 'uuid', 'again/orders/0@7')).toBe(
          uuidV5(namespace, `${topic}/${partition}/${offset}/${command}/again/orders/0@7`),
        );
      }),
    );
  });

  it('has the form of one, with version and variant', () => {
    fc.assert(
      fc.property(positions, commands, (position, command) => {
        expect(requestId(position, command, 'uuid')).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });

  it('has 32 characters in its hex form: the same digits', () => {
    fc.assert(
      fc.property(positions, commands, (position, command) => {
        expect(requestId(position, command, 'hex')).toBe(requestId(position, command, 'uuid').replaceAll('-', ''));
      }),
    );
  });

  it('stays the same over versions of the connector', () => {
    const position = { topic: 'shop.public.orders', partition: 3, offset: 41n };
    expect(requestId(position, 'SEND', 'uuid')).toBe(uuidV5(namespace, 'shop.public.orders/3/41/SEND'));
    expect(requestId(position, 'SEND', 'hex')).toHaveLength(32);
  });

  it('differs for every position and command', () => {
    const topics = ['orders', 'orders-1', 'orders.1'];
    const ids = topics.flatMap(topic =>
      [0, 1, 11].flatMap(partition =>
        [0n, 1n, 11n, 111n].flatMap(offset =>
          (['SEND', 'UPDATE'] as const).map(command => requestId({ topic, partition, offset }, command, 'uuid')),
        ),
      ),
    );
    expect(new Set(ids).size).toBe(3 * 3 * 4 * 2);
  });
});
