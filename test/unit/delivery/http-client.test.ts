import dns from 'node:dns';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type HttpAnswer,
  type HttpClient,
  type HttpOptions,
  openHttpClient,
} from '../../../connector/delivery/http-client.ts';
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

const bytesMax = 1_000;
// Short where the test is that it runs out, else longer than any test.
const soonMs = 100;
const neverMs = 60_000;
const never = new AbortController().signal;

let platform: FakePlatform;
let client: HttpClient;

beforeEach(async () => {
  platform = await startFakePlatform();
  client = openClient();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await client.close();
  await platform[Symbol.asyncDispose]();
});

function openClient(options: Partial<HttpOptions> = {}): HttpClient {
  return openHttpClient({
    origin: platform.url,
    tls: null,
    connectTimeoutMs: 5_000,
    requestTimeoutMs: neverMs,
    answerBytesMax: bytesMax,
    connectionsMax: 4,
    ...options,
  });
}

async function reopen(options: Partial<HttpOptions>): Promise<void> {
  await client.close();
  client = openClient(options);
}

function post(signal: AbortSignal = never, body = '{"a":1}'): Promise<HttpAnswer> {
  return client.post(
    '/api/sync',
    { 'content-type': 'application/json', 'x-test': 'Ü'.normalize() },
    Buffer.from(body),
    signal,
  );
}

describe('a whole answer', () => {
  it('arrives with its status, headers in lower case, and exact bytes', async () => {
    const bytes = Buffer.from([0, 0xff, 0x7b, 0x0a]);
    platform.behave(answers(bytes, { status: 502, headers: { 'Tracer-Id': 'T1' } }));
    const answer = await post();
    expect(answer).toMatchObject({ kind: 'whole', status: 502, headers: { 'tracer-id': 'T1' } });
    expect(answer.kind === 'whole' && answer.body.equals(bytes)).toBe(true);
  });

  it('answers a request whose bytes arrived as they were handed over', async () => {
    const body = Buffer.from('….{"name":"港鐵"}.…').subarray(3, -3);
    await client.post('/api/sync?x=1', { 'content-type': 'application/json', signature: 'a=b,c=d' }, body, never);
    const [request] = platform.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/api/sync?x=1', httpVersion: '1.1' });
    expect(request?.headers).toMatchObject({ signature: 'a=b,c=d', 'content-length': String(body.length) });
    expect(request?.body.equals(body)).toBe(true);
  });

  it.each([
    ['204 without a body', sends('HTTP/1.1 204 No Content\r\n\r\n', 'stays'), 204, ''],
    [
      'in chunks',
      sends(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{"a\r\n3\r\n":1\r\n1\r\n}\r\n0\r\n\r\n',
        'stays',
      ),
      200,
      '{"a":1}',
    ],
    [
      'up to the end of the connection',
      sends('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"a":1}', 'ends'),
      200,
      '{"a":1}',
    ],
    [
      'after early hints',
      sends('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}', 'stays'),
      200,
      '{}',
    ],
    ['as large as allowed', answers('x'.repeat(bytesMax)), 200, 'x'.repeat(bytesMax)],
  ])('is taken: %s', async (_, behaviour, status, body) => {
    platform.behave(behaviour);
    const answer = await post();
    expect(answer).toMatchObject({ kind: 'whole', status });
    expect(answer.kind === 'whole' && answer.body.toString()).toBe(body);
  });

  it('is also a redirect: a signed request goes nowhere else', async () => {
    platform.behave(answers('', { status: 302, headers: { location: `${platform.url}/elsewhere` } }));
    expect(await post()).toMatchObject({ kind: 'whole', status: 302 });
    expect(platform.requests.map(({ path }) => path)).toEqual(['/api/sync']);
  });
});

const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const chunk = `c8\r\n${'x'.repeat(200)}\r\n`;

const failures: readonly [string, Behaviour, (HttpAnswer & { kind: 'failed' })['cause']][] = [
  ['no answer', keepsSilent, 'timeout'],
  ['a header that drips', drips('HTTP/1.1 200 OK\r\nx: ', 'y'), 'timeout'],
  ['header lines that drip', drips('HTTP/1.1 200 OK\r\n', 'a: b\r\n'), 'timeout'],
  ['a body that drips', drips(`${head}content-length: 900\r\n\r\n`, ' '), 'timeout'],
  ['a body that does not come', sends(`${head}content-length: 5\r\n\r\n{`, 'stays'), 'timeout'],
  ['a body shorter than its length, then the end', sends(`${head}content-length: 5\r\n\r\n{`, 'ends'), 'connection'],
  ['a body shorter than its length, then a reset', sends(`${head}content-length: 5\r\n\r\n{`, 'resets'), 'connection'],
  ['a chunk cut off', sends(`${head}transfer-encoding: chunked\r\n\r\n5\r\n{"a`, 'ends'), 'connection'],
  ['chunks without the last one', sends(`${head}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`, 'ends'), 'connection'],
  ['a reset before the headers', resets, 'connection'],
  ['a reset amid the headers', sends('HTTP/1.1 200 OK\r\ncontent-', 'resets'), 'connection'],
  ['a reset after the headers', sends(`${head}content-length: 5\r\n\r\n`, 'resets'), 'connection'],
  ['the end before the headers', sends('', 'ends'), 'connection'],
  ['no HTTP', sends('SSH-2.0-OpenSSH_9.2\r\n', 'stays'), 'connection'],
  ['a length that is no number', sends(`${head}content-length: five\r\n\r\n{}`, 'stays'), 'connection'],
  ['two lengths', sends(`${head}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, 'stays'), 'connection'],
  ['headers that are too large', sends(`${head}x: ${'y'.repeat(70_000)}\r\n\r\n`, 'stays'), 'connection'],
  ['another protocol', sends('HTTP/1.1 101 Ok\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'stays'), 'connection'],
  ['a body one byte too large', answers('x'.repeat(bytesMax + 1)), 'too-large'],
  ['a huge body', answers('x'.repeat(2_000_000)), 'too-large'],
  ['chunks without end', drips(`${head}transfer-encoding: chunked\r\n\r\n`, chunk), 'too-large'],
];

describe('a failed exchange', () => {
  it.each(failures)('is told: %s', async (_, behaviour, cause) => {
    if (cause === 'timeout') await reopen({ requestTimeoutMs: soonMs });
    platform.behave(behaviour);
    expect(await post()).toMatchObject({ kind: 'failed', cause });
  });

  it.each(failures)('leaves no connection and no timer: %s', async (_, behaviour, cause) => {
    const limit = cause === 'timeout' ? soonMs : neverMs;
    await reopen({ requestTimeoutMs: limit });
    const started = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    platform.behave(behaviour);
    await post();
    await platform.unconnected();
    const deadlines = started.mock.results.filter((_, call) => started.mock.calls[call]?.[1] === limit);
    expect(deadlines).toHaveLength(1);
    expect(cleared).toHaveBeenCalledWith(deadlines[0]?.value);
  });

  it.each(failures)('does not keep the next request from its answer: %s', async (_, behaviour, cause) => {
    platform.behave(behaviour, answers('{"next":1}'));
    const failed = await (cause === 'timeout' ? postAndAbort() : post());
    expect(failed.kind).toBe('failed');
    expect(await post()).toMatchObject({ kind: 'whole', status: 200 });
  });

  it('says how large an answer may be, and what the time limit is', async () => {
    await reopen({ requestTimeoutMs: soonMs });
    platform.behave(answers('x'.repeat(bytesMax + 1)), keepsSilent);
    expect(await post()).toMatchObject({ text: 'the answer is larger than 1000 bytes' });
    expect(await post()).toMatchObject({ text: 'no whole answer within 100 ms' });
  });

  it('is told when nobody listens', async () => {
    const { port } = new URL(platform.url);
    await platform[Symbol.asyncDispose]();
    expect(await post()).toEqual({
      kind: 'failed',
      cause: 'connection',
      text: `ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    platform = await startFakePlatform();
  });

  it('is told, with each address, when nobody listens at any of a name', async () => {
    const { port } = new URL(platform.url);
    await platform[Symbol.asyncDispose]();
    const addresses = [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ];
    // Stands for a resolver that knows two addresses of the platform.
    vi.spyOn(dns, 'lookup').mockImplementation(((_: string, __: object, done: (e: null, all: object) => void) =>
      done(null, addresses)) as unknown as typeof dns.lookup);
    await reopen({ origin: `http://platform.example:${port}` });
    const answer = await post();
    expect(answer).toMatchObject({ kind: 'failed', cause: 'connection' });
    expect(answer.kind === 'failed' && answer.text).toMatch(`connect ECONNREFUSED 127.0.0.1:${port}; connect `);
    expect(answer.kind === 'failed' && answer.text).toMatch(`::1:${port}`);
    platform = await startFakePlatform();
  });

  it('is told when a header cannot be sent, without its value', async () => {
    const answer = await client.post('/', { 'agent-token': 'two\r\nlines' }, Buffer.from('{}'), never);
    expect(answer).toEqual({
      kind: 'failed',
      cause: 'connection',
      text: 'UND_ERR_INVALID_ARG: invalid agent-token header',
    });
  });
});

async function postAndAbort(): Promise<HttpAnswer> {
  const abort = new AbortController();
  const before = platform.requests.length;
  const answer = post(abort.signal);
  await platform.arrived(before + 1);
  abort.abort();
  return answer;
}

describe('connections', () => {
  it('are kept: requests one after another share them', async () => {
    for (let sent = 0; sent < 10; sent++) await post();
    // Two, not one: undici frees a connection a moment after its answer is complete.
    expect(Math.max(...platform.requests.map(({ connection }) => connection))).toBeLessThanOrEqual(2);
  });

  it('are no more than allowed', async () => {
    await reopen({ connectionsMax: 2 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => post()));
    expect(answers.every(({ kind }) => kind === 'whole')).toBe(true);
    expect(platform.connectionsPeak).toBe(2);
  });

  it('that the platform closed while idle are not used again', async () => {
    await post();
    platform.closeConnections();
    await platform.unconnected();
    expect(await post()).toMatchObject({ kind: 'whole' });
    expect(platform.requests.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it('that close as a request arrives fail it, and it is not sent again behind our back', async () => {
    platform.behave(answers('{}'), sends('', 'ends'), answers('{}'));
    await post();
    expect(await post()).toMatchObject({ kind: 'failed', cause: 'connection' });
    expect(platform.requests).toHaveLength(2);
    expect(await post()).toMatchObject({ kind: 'whole' });
  });

  it('whose answer said "close" are not used again', async () => {
    platform.behave(answers('{}', { headers: { connection: 'close' } }), answers('{}'));
    await post();
    await post();
    expect(platform.requests.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it('are all gone after close(), and what was in flight is told', async () => {
    platform.behave(keepsSilent);
    const inFlight = [post(), post()];
    await platform.arrived(2);
    await client.close();
    expect(await Promise.all(inFlight)).toMatchObject([
      { kind: 'failed', cause: 'connection' },
      { kind: 'failed', cause: 'connection' },
    ]);
    await platform.unconnected();
    expect(await post()).toMatchObject({ kind: 'failed', cause: 'connection' });
  });
});

describe('giving up', () => {
  it('before the start sends nothing', async () => {
    expect(await post(AbortSignal.abort())).toMatchObject({ kind: 'failed', cause: 'aborted' });
    expect(platform.connectionsPeak).toBe(0);
  });

  it('in flight ends the exchange and its connection', async () => {
    platform.behave(keepsSilent);
    expect(await postAndAbort()).toMatchObject({ kind: 'failed', cause: 'aborted' });
    await platform.unconnected();
  });

  it('amid the answer ends it too', async () => {
    platform.behave(sends(`${head}content-length: 5\r\n\r\n{`, 'stays'));
    expect(await postAndAbort()).toMatchObject({ kind: 'failed', cause: 'aborted' });
    await platform.unconnected();
  });

  it('while it waits for a connection sends nothing, and does not harm the one in flight', async () => {
    await reopen({ connectionsMax: 1 });
    let finish: () => void = () => undefined;
    platform.behave((socket, request) => {
      finish = () => answers('{}')(socket, request);
    }, answers('{}'));
    const first = post();
    await platform.arrived(1);
    const abort = new AbortController();
    const waiting = post(abort.signal, 'waiting');
    const last = post(never, 'last');
    abort.abort();
    expect(await waiting).toMatchObject({ cause: 'aborted' });
    finish();
    expect(await Promise.all([first, last])).toMatchObject([{ kind: 'whole' }, { kind: 'whole' }]);
    expect(platform.requests.map(({ body }) => body.toString())).toEqual(['{"a":1}', 'last']);
  });

  it('by time counts the wait for a connection: no request waits longer than the limit', async () => {
    await reopen({ connectionsMax: 1, requestTimeoutMs: soonMs });
    platform.behave(keepsSilent);
    expect(await Promise.all([post(), post(), post()])).toMatchObject([
      { cause: 'timeout' },
      { cause: 'timeout' },
      { cause: 'timeout' },
    ]);
  });

  it('leaves no listener on the signal, however the exchange ended', async () => {
    const abort = new AbortController();
    platform.behave(answers('{}'), resets, keepsSilent);
    await post(abort.signal);
    await post(abort.signal);
    const last = post(abort.signal);
    await platform.arrived(3);
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    abort.abort();
    await last;
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
  });

  it('of many requests under one signal is no leak to Node', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    await Promise.all(Array.from({ length: 64 }, () => post(new AbortController().signal)));
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 64 }, () => post(signal)));
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });
});
