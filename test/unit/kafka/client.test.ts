import { describe, expect, it } from 'vitest';
import { type KafkaOptions, openKafka } from '../../../connector/kafka/client.ts';

const options: KafkaOptions = {
  brokers: ['127.0.0.1:9'],
  clientId: 'card-sync',
  tls: null,
  sasl: { mechanism: 'none' },
  requestTimeoutMs: 30_000,
};

describe('what kafkajs says', () => {
  it('is passed on with its fields; its small talk as debug, and what it asks again as a warning', () => {
    const said: unknown[] = [];
    const logger = openKafka(options, (...line) => said.push(line)).logger();
    logger.info('Pausing fetching', { topicPartitions: [] });
    logger.warn('hm', { a: 1 });
    logger.error('no', { error: 'x' });
    logger.error('Response GroupCoordinator(key: 10, version: 2)');
    expect(said).toEqual([
      ['debug', 'kafkajs: Pausing fetching', { topicPartitions: [] }],
      ['warn', 'kafkajs: hm', { a: 1 }],
      ['error', 'kafkajs: no', { error: 'x' }],
      ['warn', 'kafkajs: Response GroupCoordinator(key: 10, version: 2)', {}],
    ]);
  });
});
