import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPosition, partitionKey, splitPartitionKey } from '../../../connector/kernel/position.ts';

// What Kafka allows in a topic's name.
const topics = fc.stringMatching(/^[a-zA-Z0-9._-]{1,40}$/);

describe('partitionKey', () => {
  it('is taken apart again by splitPartitionKey', () => {
    fc.assert(
      fc.property(topics, fc.nat(), (topic, partition) => {
        expect(splitPartitionKey(partitionKey(topic, partition))).toEqual({ topic, partition });
      }),
    );
  });

  it('tells any two partitions apart', () => {
    fc.assert(
      fc.property(topics, fc.nat(), topics, fc.nat(), (topicA, a, topicB, b) => {
        expect(partitionKey(topicA, a) === partitionKey(topicB, b)).toBe(topicA === topicB && a === b);
      }),
    );
  });
});

describe('formatPosition', () => {
  it('keeps all digits of a 64-bit offset', () => {
    expect(formatPosition({ topic: 'orders', partition: 2, offset: 9_007_199_254_740_993n })).toBe(
      'orders/2@9007199254740993',
    );
  });
});
