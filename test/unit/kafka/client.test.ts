import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
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

describe('a broker with an IPv6 address', () => {
  it.each([null, {}])('is connected to by its address (TLS %j)', async tls => {
    const server = createServer(socket => socket.destroy());
    server.listen(0, '::1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const connected = once(server, 'connection');
    const admin = openKafka({ ...options, tls, brokers: [`[::1]:${port}`] }).admin({
      retry: { retries: 0 },
    });
    admin.connect().catch(() => undefined);
    await connected;
    server.close();
  });
});
