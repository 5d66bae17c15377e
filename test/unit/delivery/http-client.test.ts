import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { answers, keepsSilent, resets, sends } from '../../support/fake-platform.ts';
import { bytesMax, never, newExchanges, soonMs } from './exchanges.ts';

const world = newExchanges();
const { post, postAndAbort, reopen } = world;

const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

describe('a whole answer', () => {
  it('arrives with its status, headers in lower case, and exact bytes', async () => {
    const bytes = Buffer.from([0, 0xff, 0x7b, 0x0a]);
    world.platform.behave(answers(bytes, { status: 502, headers: { 'Tracer-Id': 'T1' } }));
    const answer = await post();
    expect(answer).toMatchObject({ kind: 'whole', status: 502, headers: { 'tracer-id': 'T1' } });
    expect(answer.kind === 'whole' && answer.body.equals(bytes)).toBe(true);
  });

  it('answers a request whose bytes arrived as they were handed over', async () => {
    const body = Buffer.from('….{"name":"港鐵"}.…').subarray(3, -3);
    await world.client.post(
      '/api/sync?x=1',
      { 'content-type': 'application/json', signature: 'a=b,c=d' },
      body,
      never,
      () => true,
    );
    const [request] = world.platform.requests;
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
    world.platform.behave(behaviour);
    const answer = await post();
    expect(answer).toMatchObject({ kind: 'whole', status });
    expect(answer.kind === 'whole' && answer.body.toString()).toBe(body);
  });

  it('is also a redirect: a signed request goes nowhere else', async () => {
    world.platform.behave(answers('', { status: 302, headers: { location: `${world.platform.url}/elsewhere` } }));
    expect(await post()).toMatchObject({ kind: 'whole', status: 302 });
    expect(world.platform.requests.map(({ path }) => path)).toEqual(['/api/sync']);
  });
});

describe('connections', () => {
  it('are kept: requests one after another share them', async () => {
    for (let sent = 0; sent < 10; sent++) await post();
    // Two, not one: undici frees a connection a moment after its answer is complete.
    expect(Math.max(...world.platform.requests.map(({ connection }) => connection))).toBeLessThanOrEqual(2);
  });

  it('are no more than allowed', async () => {
    await reopen({ connectionsMax: 2 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => post()));
    expect(answers.every(({ kind }) => kind === 'whole')).toBe(true);
    expect(world.platform.connectionsPeak).toBe(2);
  });

  it('that the platform closed while idle are not used again', async () => {
    await post();
    world.platform.closeConnections();
    await world.platform.unconnected();
    expect(await post()).toMatchObject({ kind: 'whole' });
    expect(world.platform.requests.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it('that close as a request arrives fail it, and it is not sent again behind our back', async () => {
    world.platform.behave(answers('{}'), sends('', 'ends'), answers('{}'));
    await post();
    expect(await post()).toMatchObject({ kind: 'failed', cause: 'connection' });
    expect(world.platform.requests).toHaveLength(2);
    expect(await post()).toMatchObject({ kind: 'whole' });
  });

  it('whose answer said "close" are not used again', async () => {
    world.platform.behave(answers('{}', { headers: { connection: 'close' } }), answers('{}'));
    await post();
    await post();
    expect(world.platform.requests.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it('are all gone after close(), and what was in flight is told', async () => {
    world.platform.behave(keepsSilent);
    const inFlight = [post(), post()];
    await world.platform.arrived(2);
    await world.client.close();
    expect(await Promise.all(inFlight)).toMatchObject([
      { kind: 'failed', cause: 'connection' },
      { kind: 'failed', cause: 'connection' },
    ]);
    await world.platform.unconnected();
    expect(await post()).toMatchObject({ kind: 'failed', cause: 'connection' });
  });
});

describe('giving up', () => {
  it('before the start sends nothing', async () => {
    expect(await post(AbortSignal.abort())).toMatchObject({ kind: 'failed', cause: 'aborted' });
    expect(world.platform.connectionsPeak).toBe(0);
  });

  it('right before the first byte sends nothing: what became of the right to send while it waited counts', async () => {
    await reopen({ connectionsMax: 1 });
    let finish: () => void = () => undefined;
    world.platform.behave((socket, request) => {
      finish = () => answers('{}')(socket, request);
    }, answers('{}'));
    const first = post();
    await world.platform.arrived(1);
    let mayGo = true;
    const waiting = post(never, 'waiting', () => mayGo);
    const last = post(never, 'last');
    mayGo = false;
    finish();
    expect(await waiting).toMatchObject({ kind: 'failed', cause: 'unsent' });
    expect(await Promise.all([first, last])).toMatchObject([{ kind: 'whole' }, { kind: 'whole' }]);
    expect(world.platform.requests.map(({ body }) => String(body))).toEqual(['{"a":1}', 'last']);
  });

  it('in flight ends the exchange and its connection', async () => {
    world.platform.behave(keepsSilent);
    expect(await postAndAbort()).toMatchObject({ kind: 'failed', cause: 'aborted' });
    await world.platform.unconnected();
  });

  it('amid the answer ends it too', async () => {
    world.platform.behave(sends(`${head}content-length: 5\r\n\r\n{`, 'stays'));
    expect(await postAndAbort()).toMatchObject({ kind: 'failed', cause: 'aborted' });
    await world.platform.unconnected();
  });

  it('while it waits for a connection sends nothing, and does not harm the one in flight', async () => {
    await reopen({ connectionsMax: 1 });
    let finish: () => void = () => undefined;
    world.platform.behave((socket, request) => {
      finish = () => answers('{}')(socket, request);
    }, answers('{}'));
    const first = post();
    await world.platform.arrived(1);
    const abort = new AbortController();
    const waiting = post(abort.signal, 'waiting');
    const last = post(never, 'last');
    abort.abort();
    expect(await waiting).toMatchObject({ cause: 'aborted' });
    finish();
    expect(await Promise.all([first, last])).toMatchObject([{ kind: 'whole' }, { kind: 'whole' }]);
    expect(world.platform.requests.map(({ body }) => body.toString())).toEqual(['{"a":1}', 'last']);
  });

  it('by time counts the wait for a connection: no request waits longer than the limit', async () => {
    await reopen({ connectionsMax: 1, requestTimeoutMs: soonMs });
    world.platform.behave(keepsSilent);
    expect(await Promise.all([post(), post(), post()])).toMatchObject([
      { cause: 'timeout' },
      { cause: 'timeout' },
      { cause: 'timeout' },
    ]);
  });

  it('leaves no listener on the signal, however the exchange ended', async () => {
    const abort = new AbortController();
    world.platform.behave(answers('{}'), resets, keepsSilent);
    await post(abort.signal);
    await post(abort.signal);
    const last = post(abort.signal);
    await world.platform.arrived(3);
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
