import { SchemaRegistry as KafkajsRegistry } from '@kafkajs/confluent-schema-registry';
import avro from 'avsc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annotationOf, fieldNamesOf } from '../../../connector/avro/annotated-type.ts';
import { Secret } from '../../../connector/kernel/secret.ts';
import { openRegistryClient } from '../../../connector/registry/registry-client.ts';
import type { RegistryAddress } from '../../../connector/registry/transport.ts';
import { selfSignedCertificate } from '../../support/certificates.ts';
import { startFakeProxy } from '../../support/fake-proxy.ts';
import { answering, type FakeRegistry, type Misbehaviour, startFakeRegistry } from '../../support/fake-registry.ts';

const never = new AbortController().signal;
const decimal = { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 };
const row = { type: 'record', name: 'Row', fields: [{ name: 'amount', type: decimal }] };

let registry: FakeRegistry;

beforeEach(async () => {
  registry = await startFakeRegistry();
});
afterEach(() => registry[Symbol.asyncDispose]());

function clientOf(address: Partial<RegistryAddress> = {}) {
  return openRegistryClient({ url: registry.url, tls: null, timeoutMs: 30_000, ...address });
}

describe('a registry behind a proxy', () => {
  it.each([
    ['https', (host: string) => [`CONNECT ${host}`]],
    ['http', (host: string) => [`GET http://${host}/schemas/ids/7`]],
  ])('answers %s requests that go through the proxy', async (scheme, expected) => {
    const certificate = selfSignedCertificate('registry.example');
    await using proxy = await startFakeProxy();
    await using other = await startFakeRegistry(scheme === 'https' ? certificate : undefined);
    other.addSchema(7, row);
    const through = { url: proxy.url, authorization: null };
    const tls = scheme === 'https' ? { ca: certificate.cert } : null;
    expect(await clientOf({ url: other.url, proxy: through, tls }).find(7, never)).toMatchObject({ kind: 'found' });
    expect(proxy.requests).toEqual(expected(other.url.replace(/^https?:\/\//, '')));
    expect(other.last?.headers.host).toBe(other.url.replace(/^https?:\/\//, ''));
  });
});

describe('a schema that is there', () => {
  it('is found by its id', async () => {
    registry.addSchema(7, row);
    const answer = await clientOf().find(7, never);
    expect(answer).toMatchObject({ kind: 'found', type: { name: 'Row' } });
    expect(registry.requests).toEqual(['GET /schemas/ids/7']);
  });

  it('keeps what avsc forgets of it', async () => {
    registry.addSchema(7, 'bytes');
    registry.addSchema(8, decimal);
    const answer = await clientOf().find(8, never);
    const annotation = answer.kind === 'found' ? annotationOf(answer.type) : undefined;
    expect(annotation).toEqual({ names: ['decimal'], scale: 2 });
  });

  it('is found under a path, with or without a slash at its end', async () => {
    for (const path of ['/apis/ccompat/v7', '/apis/ccompat/v7/']) {
      await clientOf({ url: registry.url + path }).find(7, never);
      expect(registry.requests.at(-1)).toBe('GET /apis/ccompat/v7/schemas/ids/7');
    }
  });

  it('is read with names that are not those of Avro, also of schemas it refers to', async () => {
    const order = { type: 'record', name: 'my-shop.Order', fields: [{ name: 'row-1', type: 'my-shop.Line' }] };
    const line = { type: 'record', name: 'Line', namespace: 'my-shop', fields: [{ name: 'amount', type: decimal }] };
    const references = [{ name: 'my-shop.Line', subject: 'lines', version: 1 }];
    registry.addSchema(7, order, { references });
    registry.addVersion('lines', 1, line);
    const answer = await clientOf().find(7, never);
    expect(answer).toMatchObject({ kind: 'found' });
    const type = answer.kind === 'found' ? answer.type : null;
    expect(type instanceof avro.types.RecordType && fieldNamesOf(type)).toEqual(['row-1']);
  });

  it('is put together with the schemas it refers to, and those they refer to', async () => {
    const order = { type: 'record', name: 'shop.Order', fields: [{ name: 'row', type: 'shop.Line' }] };
    const line = { type: 'record', name: 'shop.Line', fields: [{ name: 'amount', type: 'shop.Amount' }] };
    const amount = { type: 'fixed', name: 'shop.Amount', size: 8, logicalType: 'decimal', scale: 4 };
    registry.addSchema(7, order, { references: [{ name: 'shop.Line', subject: 'lines of/shop', version: 2 }] });
    const ofLine = { references: [{ name: 'shop.Amount', subject: 'amounts', version: 1 }] };
    registry.addVersion('lines of/shop', 2, line, ofLine);
    registry.addVersion('amounts', 1, amount);
    const answer = await clientOf().find(7, never);
    expect(answer).toMatchObject({ kind: 'found', type: { name: 'shop.Order' } });
    expect(registry.requests).toEqual([
      'GET /schemas/ids/7',
      'GET /subjects/lines%20of%2Fshop/versions/2?name=shop.Line',
      'GET /subjects/amounts/versions/1?name=shop.Amount',
    ]);
  });

  it('has its defaults taken off: Java accepts some that avsc refuses', async () => {
    const odd = { ...row, fields: [{ name: 'id', type: ['null', 'long'], default: 0 }] };
    registry.addSchema(7, odd);
    expect(await clientOf().find(7, never)).toMatchObject({ kind: 'found' });
  });

  it('may have the name of an earlier one', async () => {
    registry.addSchema(7, row);
    registry.addSchema(8, { ...row, fields: [...row.fields, { name: 'id', type: 'long' }] });
    const client = clientOf();
    const answers = await Promise.all([client.find(7, never), client.find(8, never)]);
    expect(answers.map(answer => answer.kind)).toEqual(['found', 'found']);
  });
});

describe('a schema that is not there', () => {
  it('is unknown where the registry says so', async () => {
    const answer = await clientOf().find(7, never);
    expect(answer).toEqual({ kind: 'unknown', problem: `GET ${registry.url}/schemas/ids/7: error_code 40403` });
  });

  it('is unknown where one that it refers to is missing', async () => {
    registry.addSchema(7, row, { references: [{ name: 'a', subject: 'a', version: 1 }] });
    expect(await clientOf().find(7, never)).toMatchObject({ kind: 'unknown' });
  });

  it.each(['Not Found', '{"error_code":404,"message":"HTTP 404 Not Found"}', '{"error_code":0}', 'null'])(
    'is not taken for unknown on the word of something else at that address: 404 %s',
    async body => {
      registry.misbehaviour = answering(404, body);
      const problem = `GET ${registry.url}/schemas/ids/7: HTTP 404`;
      expect(await clientOf().find(7, never)).toEqual({ kind: 'silent', problem });
    },
  );
});

describe('a schema that an old Apicurio says is not there', () => {
  it.each([
    "No artifact with ID 'orders-value' in group 'null' was found.",
    "No content with id/hash 'contentId-7' was found.",
    "No version '2' found for artifact with ID 'orders-value' in group 'null'.",
  ])('is unknown, although the error code is only 404: %s', async message => {
    registry.misbehaviour = answering(404, JSON.stringify({ error_code: 404, message }));
    const problem = `GET ${registry.url}/schemas/ids/7: error_code 404`;
    expect(await clientOf().find(7, never)).toEqual({ kind: 'unknown', problem });
  });
});

describe('the references of a schema', () => {
  /** Every schema refers to another one. */
  const endless: Misbehaviour = (response, request) => {
    const version = Number(/versions\/(\d+)/.exec(request.url ?? '')?.[1] ?? 0) + 1;
    const references = [{ name: `R${version}`, subject: 'chain', version }];
    response.end(JSON.stringify({ schema: '"int"', references }));
  };

  it('are followed for 100 schemas, and more make it unreadable', async () => {
    registry.misbehaviour = endless;
    expect(await clientOf().find(7, never)).toEqual({
      kind: 'unreadable',
      problem: `GET ${registry.url}/subjects/chain/versions/101?name=R101: the schema refers to more than 100 others`,
    });
    expect(registry.requests).toHaveLength(101);
  });

  it('are not followed at all when one schema has more than 100', async () => {
    const references = Array.from({ length: 100_000 }, (_, n) => ({ name: `R${n}`, subject: 's', version: n }));
    registry.addSchema(7, row, { references });
    expect(await clientOf().find(7, never)).toMatchObject({ kind: 'unreadable' });
    expect(registry.requests).toHaveLength(1);
  });

  it('are waited for no longer than three requests may take', async () => {
    registry.misbehaviour = (response, request) => void setTimeout(() => endless(response, request), 50);
    const answer = await clientOf({ timeoutMs: 200 }).find(7, never);
    expect(answer).toMatchObject({ kind: 'silent' });
    expect(registry.requests.length).toBeLessThan(101);
  });

  it('have 16 MiB together, and more make it unreadable', async () => {
    const padding = 'x'.repeat(4_000_000);
    registry.misbehaviour = (response, request) => {
      const version = Number(/versions\/(\d+)/.exec(request.url ?? '')?.[1] ?? 0) + 1;
      response.end(
        JSON.stringify({ schema: '"int"', padding, references: [{ name: 'R', subject: 'chain', version }] }),
      );
    };
    const problem = expect.stringContaining('the schema and its references have more than 16777216 bytes');
    expect(await clientOf().find(7, never)).toEqual({ kind: 'unreadable', problem });
    expect(registry.requests).toHaveLength(5);
  });
});

describe('a schema that cannot be read', () => {
  it('has more than 4 MiB', async () => {
    registry.addSchema(7, { ...row, doc: 'x'.repeat(4_194_304) });
    const problem = `GET ${registry.url}/schemas/ids/7: the answer has more than 4194304 bytes`;
    expect(await clientOf().find(7, never)).toEqual({ kind: 'unreadable', problem });
  });

  it('nests deeper than the stack', async () => {
    const [head, tail] = ['{"type":"array","items":'.repeat(50_000), '}'.repeat(50_000)];
    registry.misbehaviour = answering(200, JSON.stringify({ schema: `${head}"int"${tail}` }));
    expect(await clientOf().find(7, never)).toMatchObject({ kind: 'unreadable' });
  });

  it.each(['PROTOBUF', 'JSON', 'THRIFT'])('is of type %s', async schemaType => {
    registry.addSchema(7, row, { schemaType });
    const problem = `GET ${registry.url}/schemas/ids/7: the schema is ${schemaType}, not AVRO`;
    expect(await clientOf().find(7, never)).toEqual({ kind: 'unreadable', problem });
  });

  it('is not valid', async () => {
    registry.addSchema(7, { type: 'record', name: 'Row', fields: [{ name: 'a', type: 'Missing' }] });
    const problem = 'the schema with id 7 is not valid: undefined type name: Missing';
    expect(await clientOf().find(7, never)).toEqual({ kind: 'unreadable', problem });
  });
});

describe('a registry that gives no schema', () => {
  it.each([
    [500, '{"error_code":50001,"message":"secret row"}'],
    [500, 'null'],
    [503, ''],
    [429, 'slow down'],
    [401, '{"error_code":40101}'],
    [403, ''],
    [400, ''],
    [302, ''],
  ])('answers %i %s', async (status, body) => {
    registry.misbehaviour = answering(status, body);
    const problem = `GET ${registry.url}/schemas/ids/7: HTTP ${status}`;
    expect(await clientOf().find(7, never)).toEqual({ kind: 'silent', problem });
  });

  it.each(['<html>log in</html>', 'null', '[]', '{"schema":7}', ''])('answers 200 with %s', async body => {
    registry.misbehaviour = answering(200, body);
    const problem = `GET ${registry.url}/schemas/ids/7: the answer is not a schema registry's`;
    expect(await clientOf().find(7, never)).toEqual({ kind: 'silent', problem });
  });

  it('answers with references that are no list', async () => {
    registry.addSchema(7, row, { references: {} });
    expect(await clientOf().find(7, never)).toMatchObject({ kind: 'silent' });
  });

  it('refuses the connection', async () => {
    await registry[Symbol.asyncDispose]();
    const answer = await clientOf().find(7, never);
    const address = registry.url.slice('http://'.length);
    const problem = `GET ${registry.url}/schemas/ids/7: connect ECONNREFUSED ${address}`;
    expect(answer).toEqual({ kind: 'silent', problem });
    registry = await startFakeRegistry();
  });

  it('drops the connection in the middle of its answer', async () => {
    registry.misbehaviour = response => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"schema":', () => response.destroy());
    };
    expect(await clientOf().find(7, never)).toMatchObject({ kind: 'silent' });
  });

  it('does not answer in time', async () => {
    registry.misbehaviour = () => undefined;
    const problem = `GET ${registry.url}/schemas/ids/7: no answer within 20 ms`;
    expect(await clientOf({ timeoutMs: 20 }).find(7, never)).toEqual({ kind: 'silent', problem });
  });

  it('begins to answer and does not end in time', async () => {
    registry.misbehaviour = response => response.write('{');
    const problem = `GET ${registry.url}/schemas/ids/7: no answer within 20 ms`;
    expect(await clientOf({ timeoutMs: 20 }).find(7, never)).toEqual({ kind: 'silent', problem });
  });

  it('is asked no longer when the signal is aborted', async () => {
    const leaving = new AbortController();
    registry.misbehaviour = () => leaving.abort();
    expect(await clientOf().find(7, leaving.signal)).toMatchObject({ kind: 'silent' });
  });
});

describe('repetitions', () => {
  // The kafkajs client's setting is shared by all clients of the process.
  it('are neither taken from other clients nor taken away from them', async () => {
    const retry = { retries: 2, initialRetryTimeInSecs: 0.001, factor: 0 };
    const foreign = new KafkajsRegistry({ host: registry.url, retry });
    registry.misbehaviour = answering(500, '{}');
    await clientOf().find(7, never);
    expect(registry.requests).toHaveLength(1);
    const another = new KafkajsRegistry({ host: registry.url });
    await expect(Promise.allSettled([foreign.getSchema(8), another.getSchema(9)])).resolves.toHaveLength(2);
    expect(registry.requests.filter(request => request.endsWith('8'))).toHaveLength(3);
    expect(registry.requests.filter(request => request.endsWith('9'))).toHaveLength(3);
  });
});

describe('being let in', () => {
  const sent = () => registry.last?.headers.authorization;

  it('sends nothing where nothing is given', async () => {
    await clientOf().find(7, never);
    expect(sent()).toBeUndefined();
  });

  it('sends user and password', async () => {
    await clientOf({ username: 'card-sync', password: new Secret('pä:ss') }).find(7, never);
    expect(sent()).toBe(`Basic ${Buffer.from('card-sync:pä:ss').toString('base64')}`);
  });

  it('sends a bearer token', async () => {
    await clientOf({ username: 'card-sync', bearerToken: new Secret('token') }).find(7, never);
    expect(sent()).toBe('Bearer token');
  });

  it('takes user and password from the URL, and shows them nowhere', async () => {
    const url = registry.url.replace('//', '//us%40er:pass%3Aword@');
    registry.misbehaviour = answering(401, '');
    const problem = `GET ${registry.url}/schemas/ids/7: HTTP 401`;
    expect(await clientOf({ url }).find(7, never)).toEqual({ kind: 'silent', problem });
    expect(sent()).toBe(`Basic ${Buffer.from('us@er:pass:word').toString('base64')}`);
  });
});

describe('over TLS', () => {
  const ofRegistry = selfSignedCertificate('registry.example');
  const ofClient = selfSignedCertificate('card-sync.example');

  beforeEach(async () => {
    await registry[Symbol.asyncDispose]();
    registry = await startFakeRegistry({ ...ofRegistry, ca: ofClient.cert, requestCert: true });
    registry.addSchema(7, row);
  });
  const own = { cert: ofClient.cert, key: new Secret(ofClient.key) };

  it('a registry whose authority is given, and which knows our certificate, answers', async () => {
    expect(await clientOf({ tls: { ca: ofRegistry.cert, ...own } }).find(7, never)).toMatchObject({ kind: 'found' });
  });

  it('one whose authority is not given is not asked', async () => {
    expect(await clientOf({ tls: own }).find(7, never)).toMatchObject({ kind: 'silent' });
    expect(registry.requests).toEqual([]);
  });

  it('one that does not know our certificate does not answer', async () => {
    expect(await clientOf({ tls: { ca: ofRegistry.cert } }).find(7, never)).toMatchObject({ kind: 'silent' });
    expect(registry.requests).toEqual([]);
  });

  it('is verified against another name where one is given', async () => {
    const tls = { ca: ofRegistry.cert, ...own };
    const [right, wrong] = await Promise.all([
      clientOf({ tls: { ...tls, serverName: 'registry.example' } }).find(7, never),
      clientOf({ tls: { ...tls, serverName: 'other.example' } }).find(7, never),
    ]);
    expect(right.kind).toBe('found');
    expect(wrong).toMatchObject({ kind: 'silent', problem: expect.stringContaining("does not match certificate's") });
  });
});
