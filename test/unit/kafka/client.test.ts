import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type KafkaOptions, openKafka } from '../../../connector/kafka/client.ts';
import { Secret } from '../../../connector/kernel/secret.ts';
import type { TlsMaterial } from '../../../connector/kernel/tls-material.ts';
import { selfSignedCertificate } from '../../support/certificates.ts';
import { openSsl } from '../../support/openssl.ts';

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

describe('a broker that asks for a certificate', () => {
  const server = selfSignedCertificate('kafka.example');
  const client = selfSignedCertificate('merchant.example');
  const inStore = (): TlsMaterial => {
    using tool = openSsl();
    tool.write('all.pem', client.cert + client.key);
    tool.run('pkcs12 -export -in all.pem -out user.p12 -passout pass:sesame');
    const pkcs12 = new Secret(tool.read('user.p12').toString('base64'));
    return { ca: server.cert, store: { pkcs12, passphrase: new Secret('sesame') } };
  };

  it.each<[string, () => TlsMaterial]>([
    ['of PEM files', () => ({ ca: server.cert, cert: client.cert, key: new Secret(client.key) })],
    ['of a PKCS#12 store', inStore],
  ])('is shown the one %s', async (_, material) => {
    const broker = createTlsServer({ ...server, ca: client.cert, requestCert: true, rejectUnauthorized: true });
    broker.listen(0, '127.0.0.1');
    await once(broker, 'listening');
    const { port } = broker.address() as AddressInfo;
    const connected = once(broker, 'secureConnection') as Promise<[TLSSocket]>;
    const admin = openKafka({ ...options, tls: material(), brokers: [`127.0.0.1:${port}`] }).admin({
      retry: { retries: 0 },
    });
    admin.connect().catch(() => undefined);
    const [socket] = await connected;
    expect(socket.authorized).toBe(true);
    expect(socket.getPeerCertificate().subject.CN).toBe('merchant.example');
    socket.destroy();
    broker.close();
  });
});
