import type { Batch, KafkaMessage } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { sourceRecordOf } from '../../../connector/kafka/source-record.ts';

const batch = { topic: 'shop.public.orders', partition: 3 } as Batch;

function recordOf(message: Partial<KafkaMessage>) {
  const whole = { offset: '0', timestamp: '0', key: null, value: null, attributes: 0, ...message };
  return sourceRecordOf(batch, whole as KafkaMessage);
}

describe('a record', () => {
  it('keeps its place, its time and its bytes', () => {
    const [key, value] = [Buffer.from([0, 1]), Buffer.from([255, 0])];
    expect(recordOf({ offset: '9223372036854775807', timestamp: '1795392123045', key, value })).toEqual({
      topic: 'shop.public.orders',
      partition: 3,
      offset: 9223372036854775807n,
      timestamp: 1795392123045,
      key,
      value,
      headers: [],
    });
  });

  it('may have neither key nor value', () => {
    expect(recordOf({})).toMatchObject({ key: null, value: null });
  });

  it('keeps the values of a header that is repeated, in their order', () => {
    const headers = { a: [Buffer.from('1'), Buffer.from('2')], b: Buffer.from([0xff]), c: 'text' };
    expect(recordOf({ headers }).headers).toEqual([
      { name: 'a', value: Buffer.from('1') },
      { name: 'a', value: Buffer.from('2') },
      { name: 'b', value: Buffer.from([0xff]) },
      { name: 'c', value: Buffer.from('text') },
    ]);
  });

  it('has an empty value where a header has none: a header without value could not be written again', () => {
    const headers = { a: null, b: [null, Buffer.from('2')] } as unknown as NonNullable<KafkaMessage['headers']>;
    expect(recordOf({ headers }).headers).toEqual([
      { name: 'a', value: Buffer.alloc(0) },
      { name: 'b', value: Buffer.alloc(0) },
      { name: 'b', value: Buffer.from('2') },
    ]);
  });

  it('has nothing of what kafkajs finds under a name that every object knows', () => {
    const headers = { constructor: [Object, Buffer.from('1')] } as unknown as NonNullable<KafkaMessage['headers']>;
    expect(recordOf({ headers }).headers).toEqual([{ name: 'constructor', value: Buffer.from('1') }]);
  });
});
