import dns from 'node:dns';
import { describe, expect, it, vi } from 'vitest';
import type { HttpAnswer } from '../../../connector/delivery/http-client.ts';
import {
  answers,
  type Behaviour,
  drips,
  keepsSilent,
  resets,
  sends,
  startFakePlatform,
} from '../../support/fake-platform.ts';
import { bytesMax, never, neverMs, newExchanges, soonMs } from './exchanges.ts';

const world = newExchanges();
const { post, postAndAbort, reopen } = world;

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
    world.platform.behave(behaviour);
    expect(await post()).toMatchObject({ kind: 'failed', cause });
  });

  it.each(failures)('leaves no connection and no timer: %s', async (_, behaviour, cause) => {
    const limit = cause === 'timeout' ? soonMs : neverMs;
    await reopen({ requestTimeoutMs: limit });
    const started = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    world.platform.behave(behaviour);
    await post();
    await world.platform.unconnected();
    const deadlines = started.mock.results.filter((_, call) => started.mock.calls[call]?.[1] === limit);
    expect(deadlines).toHaveLength(1);
    expect(cleared).toHaveBeenCalledWith(deadlines[0]?.value);
  });

  it.each(failures)('does not keep the next request from its answer: %s', async (_, behaviour, cause) => {
    world.platform.behave(behaviour, answers('{"next":1}'));
    const failed = await (cause === 'timeout' ? postAndAbort() : post());
    expect(failed.kind).toBe('failed');
    expect(await post()).toMatchObject({ kind: 'whole', status: 200 });
  });

  it('says how large an answer may be, and what the time limit is', async () => {
    await reopen({ requestTimeoutMs: soonMs });
    world.platform.behave(answers('x'.repeat(bytesMax + 1)), keepsSilent);
    expect(await post()).toMatchObject({ text: 'the answer is larger than 1000 bytes' });
    expect(await post()).toMatchObject({ text: 'no whole answer within 100 ms' });
  });

  it('is told when nobody listens', async () => {
    const { port } = new URL(world.platform.url);
    await world.platform[Symbol.asyncDispose]();
    expect(await post()).toEqual({
      kind: 'failed',
      cause: 'connection',
      text: `ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    world.platform = await startFakePlatform();
  });

  it('is told, with each address, when nobody listens at any of a name', async () => {
    const { port } = new URL(world.platform.url);
    await world.platform[Symbol.asyncDispose]();
    const addresses = [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ];
    // Stands for a resolver that knows two addresses of the world.platform.
    vi.spyOn(dns, 'lookup').mockImplementation(((_: string, __: object, done: (e: null, all: object) => void) =>
      done(null, addresses)) as unknown as typeof dns.lookup);
    await reopen({ origin: `http://world.platform.example:${port}` });
    const answer = await post();
    expect(answer).toMatchObject({ kind: 'failed', cause: 'connection' });
    expect(answer.kind === 'failed' && answer.text).toMatch(`connect ECONNREFUSED 127.0.0.1:${port}; connect `);
    expect(answer.kind === 'failed' && answer.text).toMatch(`::1:${port}`);
    world.platform = await startFakePlatform();
  });

  it('is told when a header cannot be sent, without its value', async () => {
    const answer = await world.client.post(
      '/',
      { 'agent-token': 'two\r\nlines' },
      Buffer.from('{}'),
      never,
      () => true,
    );
    expect(answer).toEqual({
      kind: 'failed',
      cause: 'connection',
      text: 'UND_ERR_INVALID_ARG: invalid agent-token header',
    });
  });
});
