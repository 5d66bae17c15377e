import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchToken } from '../../../connector/kafka/authentication/oauth-token.ts';
import { Fault, messageOf } from '../../../connector/kernel/fault.ts';
import type { TokenEndpoint } from '../../../connector/kernel/sasl.ts';
import { Secret } from '../../../connector/kernel/secret.ts';
import {
  answers,
  type Behaviour,
  drips,
  type FakePlatform,
  keepsSilent,
  resets,
  sends,
  startFakePlatform,
} from '../../support/fake-platform.ts';
import { startFakeProxy } from '../../support/fake-proxy.ts';

// A token server is an HTTP server that may misbehave, as the platform is.
let server: FakePlatform;

beforeEach(async () => {
  server = await startFakePlatform();
});

afterEach(() => server[Symbol.asyncDispose]());

function askForToken(options: Partial<TokenEndpoint> = {}, timeoutMs = 30_000): Promise<string> {
  const all: TokenEndpoint = {
    kind: 'endpoint',
    url: `${server.url}/realms/shop/token`,
    clientId: 'card-sync',
    clientSecret: new Secret('s3cr:et/ü'),
    ...options,
  };
  return fetchToken(all, timeoutMs);
}

async function faultOf(asking: Promise<unknown>): Promise<Fault> {
  const thrown = await asking.then(
    () => new Error('no fault'),
    (error: unknown) => error,
  );
  if (thrown instanceof Fault) return thrown;
  throw new Error(`not a fault: ${messageOf(thrown)}`);
}

describe('a token', () => {
  it('is asked for by the client credentials grant (RFC 6749, 4.4)', async () => {
    server.behave(answers('{"access_token":"abc","token_type":"Bearer","expires_in":60}'));
    expect(await askForToken()).toBe('abc');
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/realms/shop/token' });
    expect(request?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('card-sync:s3cr%3Aet%2F%C3%BC').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    });
    expect(request?.body.toString()).toBe('grant_type=client_credentials');
  });

  it('is asked for with the scope where there is one', async () => {
    server.behave(answers('{"access_token":"abc"}'));
    await askForToken({ scope: 'kafka read' });
    expect(server.requests[0]?.body.toString()).toBe('grant_type=client_credentials&scope=kafka+read');
  });

  it('is asked for through a proxy where there is one', async () => {
    await using proxy = await startFakeProxy();
    server.behave(answers('{"access_token":"abc"}'));
    const authorization = new Secret('Basic dTpw');
    expect(await askForToken({ proxy: { url: proxy.url, authorization } })).toBe('abc');
    expect(proxy.requests).toEqual([`POST ${server.url}/realms/shop/token`]);
    expect(proxy.authorizations).toEqual(['Basic dTpw']);
    proxy.refusal = 407;
    const fault = await faultOf(askForToken({ proxy: { url: proxy.url, authorization: null } }));
    expect(fault.detail).toContain('the proxy refuses the connection with HTTP 407; check proxy.username');
  });

  it('is asked for anew each time', async () => {
    server.behave(answers('{"access_token":"first"}'), answers('{"access_token":"second"}'));
    expect(await askForToken()).toBe('first');
    expect(await askForToken()).toBe('second');
  });

  const shapes: readonly [string, Behaviour, Fault['code'], string][] = [
    [
      'a wrong secret',
      answers('{"error":"invalid_client"}', { status: 401 }),
      'KAFKA_REFUSED',
      'HTTP 401 (invalid_client)',
    ],
    ['an error in prose', answers('{"error":"Bad s3cr:et"}', { status: 400 }), 'KAFKA_REFUSED', 'HTTP 400'],
    ['a redirect', answers('', { status: 302, headers: { location: '/x' } }), 'KAFKA_REFUSED', 'HTTP 302'],
    ['HTML', answers('<html>Log in</html>'), 'KAFKA_REFUSED', 'without an access_token'],
    ['nothing', answers(''), 'KAFKA_REFUSED', 'without an access_token'],
    ['JSON without a token', answers('{"id_token":"abc"}'), 'KAFKA_REFUSED', 'without an access_token'],
    ['a token that is no text', answers('{"access_token":7}'), 'KAFKA_REFUSED', 'without an access_token'],
    ['an empty token', answers('{"access_token":""}'), 'KAFKA_REFUSED', 'without an access_token'],
    ['null', answers('null'), 'KAFKA_REFUSED', 'without an access_token'],
    ['an overload', answers('', { status: 503 }), 'KAFKA_UNREACHABLE', 'HTTP 503'],
    ['too many requests', answers('', { status: 429 }), 'KAFKA_UNREACHABLE', 'HTTP 429'],
    ['a reset', resets, 'KAFKA_UNREACHABLE', 'no token from kafka.sasl.tokenUrl'],
    [
      'an answer cut off',
      sends('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{', 'ends'),
      'KAFKA_UNREACHABLE',
      'no token',
    ],
    ['an answer without end', answers('x'.repeat(200_000)), 'KAFKA_UNREACHABLE', 'an answer of more than 65536 bytes'],
  ];

  it.each(shapes)(
    'that is not given is a fault with the reason, and no secret in it: %s',
    async (_, behaviour, code, detail) => {
      server.behave(behaviour);
      const fault = await faultOf(askForToken());
      expect(fault.code).toBe(code);
      expect(fault.detail).toContain(detail);
      expect(`${fault.message}${fault.stack}${JSON.stringify(fault)}`).not.toMatch(/s3cr/);
    },
  );

  it.each<[string, Behaviour]>([
    ['no answer', keepsSilent],
    ['an answer that drips', drips('HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n', ' ')],
  ])('that is not given in time is a fault: %s', async (_, behaviour) => {
    server.behave(behaviour);
    const fault = await faultOf(askForToken({}, 100));
    expect(fault.code).toBe('KAFKA_UNREACHABLE');
  });

  it('of a server that is not there is a fault', async () => {
    const fault = await faultOf(askForToken({ url: 'http://127.0.0.1:9/token' }));
    expect(fault).toMatchObject({ code: 'KAFKA_UNREACHABLE' });
  });
});
