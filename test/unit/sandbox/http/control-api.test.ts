import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { LiveChange } from '../../../sandbox/http/live-events.ts';
import { aBody, start } from '../requests.ts';
import { aSession } from '../sandbox-client.ts';

describe('the cards', () => {
  it('come the one changed last first, of a user, of an order, so many', async () => {
    await using session = await aSession({ now: () => start });
    const info = { zh_HK: '{"auto_color":"紅"}', en_US: '{"auto_color":"red"}' };
    const shown = { languageBusinessInfo: info, amount: 1250, amountCurrency: 'HKD', tradeNo: 'T1' };
    await session.post(aBody({ requestId: '1', merchantBizNo: 'A', syncDataInfo: shown }));
    await session.post(aBody({ requestId: '2', merchantBizNo: 'B', userId: undefined, openId: 'open' }));
    await session.post(aBody({ requestId: '3', merchantBizNo: 'C', orderStatus: 'FINISHED' }));
    await session.post(
      aBody({ requestId: '4', merchantBizNo: 'A', command: 'UPDATE', bizDate: start + 1, syncDataInfo: shown }),
    );
    const orders = async (query: string) => {
      const { json } = await session.control('GET', `/sandbox/cards${query}`);
      return (json as { cards: { merchantBizNo: string }[] }).cards.map(card => card.merchantBizNo);
    };
    expect(await orders('')).toEqual(['A', 'C', 'B']);
    expect(await orders('?limit=2')).toEqual(['A', 'C']);
    expect(await orders('?user=2160000000000001')).toEqual(['A', 'C']);
    expect(await orders('?user=open')).toEqual(['B']);
    expect(await orders('?order=C')).toEqual(['C']);
    expect(await orders('?order=D')).toEqual([]);
    expect(await orders('?state=live')).toEqual(['A', 'B']);
    expect(await orders('?state=over')).toEqual(['C']);
    expect(await session.control('GET', '/sandbox/cards?state=dead')).toMatchObject({ status: 400 });
    const { json } = await session.control('GET', '/sandbox/cards?order=A');
    expect(json).toEqual({
      cards: [
        {
          ...{ merchantBizNo: 'A', userId: '2160000000000001', openId: null, template: 'RIDE_HAILING_DEFAULT' },
          ...{
            orderStatus: 'TO_BOARD',
            bizDate: start + 1,
            endDate: start + 86_400_000,
            state: 'live',
            command: 'UPDATE',
          },
          languages: { zh_HK: { auto_color: '紅' }, en_US: { auto_color: 'red' } },
          ...{ amount: 1250, amountCurrency: 'HKD', payAmount: null, payAmountCurrency: null },
          ...{ merchantOrderDetailUrl: null, tinyAppId: null, tradeNo: 'T1', createdAt: start, updatedAt: start },
          history: [
            { orderStatus: 'TO_BOARD', bizDate: start, at: start },
            { orderStatus: 'TO_BOARD', bizDate: start + 1, at: start },
          ],
        },
      ],
    });
    expect(session.sandbox.cards({ order: 'C' })).toMatchObject([{ state: 'ended' }]);
  });

  it('expire by the clock, which can be moved ahead', async () => {
    await using session = await aSession({ now: () => start });
    await session.post(aBody());
    expect(await session.control('POST', '/sandbox/clock', { advanceMs: 86_400_000 })).toEqual({
      ...{ status: 200, json: { now: start + 86_400_000 } },
    });
    expect((await session.control('GET', '/sandbox/cards')).json).toMatchObject({ cards: [{ state: 'expired' }] });
    expect(await session.codeOf(aBody({ requestId: '2' }))).toBe('SUCCESS');
    for (const body of [{ advanceMs: -1 }, { advanceMs: 0.5 }, {}, undefined]) {
      expect(await session.control('POST', '/sandbox/clock', body)).toMatchObject({ status: 400 });
    }
  });

  it('are made however far the clock was moved, and a step past the year 9998 is refused', async () => {
    await using session = await aSession({ now: () => start });
    const steps = [
      [Number.MAX_SAFE_INTEGER, 400],
      [8.64e15, 400],
      [Date.UTC(9999, 0, 1) - start, 400],
      [Date.UTC(9990, 0, 1) - start, 200],
      [Date.UTC(9990, 0, 1) - start, 400],
    ] as const;
    for (const [index, [advanceMs, status]] of steps.entries()) {
      expect(await session.control('POST', '/sandbox/clock', { advanceMs })).toMatchObject({ status });
      expect(await session.codeOf(aBody({ requestId: `${index}`, merchantBizNo: `${index}` }))).toBe('SUCCESS');
    }
  });
});

describe('the requests', () => {
  it('can be read on from any', async () => {
    await using session = await aSession();
    for (const requestId of ['1', '2', '3']) await session.post(aBody({ requestId, merchantBizNo: `O${requestId}` }));
    expect((await session.control('GET', '/sandbox/requests?after=1&limit=1')).json).toMatchObject({
      ...{ requests: [{ sequence: 2, requestId: '2' }], oldest: 1, last: 3 },
    });
    expect((await session.control('GET', '/sandbox/requests?order=O3')).json).toMatchObject({
      requests: [{ sequence: 3 }],
    });
    expect(await session.control('GET', '/sandbox/requests?after=x')).toMatchObject({ status: 400 });
    expect((await session.control('GET', '/sandbox/stats')).json).toMatchObject({
      requests: 3,
      byOutcome: { created: 3 },
      cards: 3,
    });
  });
});

describe('the faults', () => {
  it('are asked for, listed and taken back', async () => {
    await using session = await aSession();
    const asked = [
      { kind: 'http', status: 503, count: 1 },
      { kind: 'SYSTEM_ERROR', order: 'X' },
    ];
    expect(await session.control('POST', '/sandbox/faults', asked)).toEqual({ status: 201, json: { ids: [1, 2] } });
    expect((await session.post(aBody())).status).toBe(503);
    expect((await session.control('GET', '/sandbox/faults')).json).toMatchObject({
      faults: [
        { id: 1, kind: 'http', name: 'http-503', fired: 1, active: false },
        { id: 2, kind: 'result', code: 'SYSTEM_ERROR', fired: 0, active: true },
      ],
    });
    expect((await session.control('DELETE', '/sandbox/faults/1')).json).toMatchObject({ faults: [{ id: 2 }] });
    expect(await session.control('DELETE', '/sandbox/faults/1')).toMatchObject({ status: 404 });
    expect(await session.control('DELETE', '/sandbox/faults')).toEqual({ status: 200, json: { faults: [] } });
  });

  it('that are wrong are all named, and none of them is taken', async () => {
    await using session = await aSession();
    const answer = await session.control('POST', '/sandbox/faults', [
      { kind: 'drop' },
      { kind: 'nonsense' },
      { kind: 'http' },
    ]);
    expect(answer).toMatchObject({
      status: 400,
      json: { error: expect.stringMatching(/kind must be.*needs a status/) },
    });
    expect(session.sandbox.faults.list(0)).toEqual([]);
  });
});

describe('the control API', () => {
  it('forgets all on a reset', async () => {
    await using session = await aSession();
    await session.post(aBody());
    session.sandbox.clock.advance(5_000_000_000);
    await session.control('POST', '/sandbox/faults', { kind: 'drop' });
    const { json } = await session.control('POST', '/sandbox/reset');
    expect(json).toMatchObject({ requests: 0, cards: 0, byResultCode: {} });
    expect(session.sandbox.clock.now()).toBeLessThan(Date.now() + 1_000_000_000);
    expect(await session.codeOf(aBody())).toBe('SUCCESS');
  });

  it('answers health, and names its calls where there is no such', async () => {
    await using session = await aSession();
    expect(await session.control('GET', '/sandbox/health')).toMatchObject({
      status: 200,
      json: { status: 'ok', clientId: 'SANDBOX_CLIENT_0001' },
    });
    expect(await session.control('GET', '/sandbox/nothing')).toMatchObject({
      status: 404,
      json: { error: expect.stringContaining('/sandbox/cards') },
    });
    expect((await session.fetch('POST', '/sandbox/faults', {}, '{')).status).toBe(400);
  });

  it.each([
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
    ['of another port of this machine', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:3000' }],
    ['of another port, in a browser that sends Origin only', { origin: 'http://127.0.0.1:3000' }],
    ['in a sandboxed frame', { origin: 'null' }],
  ])('lets no web page %s change it', async (_, headers) => {
    await using session = await aSession();
    await session.post(aBody());
    expect((await session.fetch('POST', '/sandbox/reset', headers)).status).toBe(403);
    expect(session.sandbox.stats().cards).toBe(1);
  });

  it('lets its own page change it', async () => {
    await using session = await aSession();
    await session.post(aBody());
    const headers = { 'sec-fetch-site': 'same-origin', origin: session.sandbox.url };
    expect((await session.fetch('POST', '/sandbox/reset', headers)).status).toBe(200);
    expect(session.sandbox.stats().cards).toBe(0);
  });

  it('answers no request whose Host names another server, as of a page that moved its name to this address', async () => {
    await using session = await aSession({ hostNames: ['Sandbox'] });
    const statusOf = async (host: string, path = '/sandbox/cards') =>
      (await session.fetch('GET', path, { host })).status;
    for (const path of ['/', '/sandbox/cards', '/api/any']) expect(await statusOf('evil.example', path)).toBe(421);
    for (const host of ['evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example', 'a@127.0.0.1']) {
      expect([host, await statusOf(host)]).toEqual([host, 421]);
    }
    for (const host of ['localhost:8080', '127.0.0.1', '[::1]:8080', '192.168.1.7:80', 'sandbox:8080', 'SANDBOX']) {
      expect([host, await statusOf(host)]).toEqual([host, 200]);
    }
  });
});

describe('the users', () => {
  it('are found by a part of their id, the one changed last first, with their cards counted', async () => {
    await using session = await aSession({ now: () => start });
    const userId = '2160000000000002';
    await session.post(aBody({ requestId: '1', merchantBizNo: 'A' }));
    await session.post(aBody({ requestId: '2', merchantBizNo: 'B', userId }));
    await session.post(aBody({ requestId: '3', merchantBizNo: 'C', userId, orderStatus: 'FINISHED' }));
    await session.post(aBody({ requestId: '4', merchantBizNo: 'D', userId: undefined, openId: 'open' }));
    const users = async (query: string) => (await session.control('GET', `/sandbox/users${query}`)).json;
    const [open, second, first] = [
      { user: 'open', cards: 1, live: 1 },
      { user: userId, cards: 2, live: 1 },
      { user: '2160000000000001', cards: 1, live: 1 },
    ];
    expect(await users('')).toEqual({ users: [open, second, first], total: 3 });
    expect(await users('?search=216')).toEqual({ users: [second, first], total: 2 });
    expect(await users('?search=0&limit=1')).toEqual({ users: [second], total: 2 });
    expect(await users('?search=nobody')).toEqual({ users: [], total: 0 });
    expect(await session.control('GET', '/sandbox/users?limit=x')).toMatchObject({ status: 400 });
  });
});

const ofTheTrueAnswer = ['truncated', 'slow', 'bad-signature', 'no-signature'];

describe('the page', () => {
  it('consists of files that may run nothing but themselves, and make no markup of text', async () => {
    await using session = await aSession();
    const index = await session.fetch('GET', '/?whatever');
    const paths = [...index.text.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(paths).toEqual(['/page/styles/page.css', '/page/theme.js', '/page/load-again.js', '/page/main.js']);
    const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };
    for (const path of [...paths, '/page/cards/bill.js', '/page/texts/zh.js']) {
      const { status, headers, text } = await session.fetch('GET', path);
      expect([status, headers['content-type']], path).toEqual([200, path.endsWith('.js') ? types.js : types.css]);
      expect(text).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:\/\/(?!www\.w3\.org)/,
      );
    }
    const policy = String(index.headers['content-security-policy']);
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "trusted-types 'none'"]) {
      expect(policy).toContain(rule);
    }
    expect(index.text).not.toMatch(/https?:\/\/|\son\w+=|\sstyle=/);
    for (const path of ['/page/index.html', '/page/../sandbox.ts', '/page/%2e%2e/sandbox.ts', '/page/']) {
      expect((await session.fetch('GET', path)).text).toContain('METHOD_NOT_SUPPORTED');
    }
  });

  it('is told of each change, with the card as it is now', async () => {
    await using session = await aSession({ now: () => start });
    const { changesUntil } = await listen(session.sandbox.url);
    expect(await changesUntil(() => true)).toEqual([{ now: start, last: 0, reload: true, cards: [] }]);
    await session.post(aBody());
    await session.post(aBody({ requestId: '2', command: 'UPDATE', bizDate: start + 1, orderStatus: 'SERVING' }));
    const told = await changesUntil(({ last }) => last === 2);
    expect(told.at(-1)).toMatchObject({
      ...{ reload: false, cards: [{ merchantBizNo: 'ORDER-1', orderStatus: 'SERVING', state: 'live' }] },
    });
    // Refused: the journal has one more, no card has changed.
    await session.post(aBody({ requestId: '3' }));
    const refused = await changesUntil(({ last }) => last === 3);
    expect(refused.flatMap(({ cards }) => cards)).toEqual([]);
    session.sandbox.reset();
    expect((await changesUntil(({ last }) => last === 0)).at(-1)).toMatchObject({ reload: true });
  });

  it('is told which faults there are to inject', async () => {
    await using session = await aSession();
    const { json } = await session.control('GET', '/sandbox/fault-kinds');
    expect(json).toEqual({
      kinds: ['result', 'http', 'timeout', 'drop', 'garbage', 'html', 'empty', ...ofTheTrueAnswer],
      trueAnswerKinds: ofTheTrueAnswer,
      resultCodes: expect.arrayContaining(['SUCCESS', 'SYSTEM_ERROR']),
    });
  });

  it('of a user is told of that user’s cards only', async () => {
    await using session = await aSession();
    const { changesUntil } = await listen(session.sandbox.url, '?user=open');
    await session.post(aBody());
    await session.post(aBody({ requestId: '2', merchantBizNo: 'B', userId: undefined, openId: 'open' }));
    const told = await changesUntil(({ last }) => last === 2);
    expect(told.flatMap(({ cards }) => cards.map(card => card.merchantBizNo))).toEqual(['B']);
  });

  it('is told of every card, or asked to load anew where too many have changed at once', async () => {
    await using session = await aSession({ verifySignatures: false });
    const { changesUntil } = await listen(session.sandbox.url);
    await changesUntil(() => true);
    const numbers = Array.from({ length: 600 }, (_, number) => `${number}`);
    await Promise.all(numbers.map(number => session.post(aBody({ requestId: number, merchantBizNo: number }))));
    const told = await changesUntil(({ last }) => last === 600);
    const orders = new Set(told.flatMap(({ cards }) => cards.map(card => card.merchantBizNo)));
    expect(told.some(({ reload }) => reload) || orders.size === 600).toBe(true);
  });

  it('has its stream ended with the sandbox', async () => {
    await using session = await aSession();
    const { ended } = await listen(session.sandbox.url);
    await session.sandbox.stop();
    expect(await ended()).toBe(true);
  });
});

/** Reads the changes that a page is told of, one by one. */
async function listen(url: string, query = '') {
  const stream = await fetch(`${url}/sandbox/events${query}`);
  const chunks = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<LiveChange> => {
    for (;;) {
      const at = text.indexOf('\n\n');
      if (at < 0) {
        text += (await chunks?.read())?.value ?? '';
        continue;
      }
      const data = /^data: (.*)$/m.exec(text.slice(0, at))?.[1] ?? '';
      text = text.slice(at + 2);
      return JSON.parse(data);
    }
  };
  const changesUntil = async (holds: (change: LiveChange) => boolean) => {
    for (const changes: LiveChange[] = []; ; ) {
      const change = await next();
      changes.push(change);
      if (holds(change)) return changes;
    }
  };
  const ended = async () => {
    for (;;) if ((await chunks?.read())?.done !== false) return true;
  };
  return { changesUntil, ended };
}

describe('a start', () => {
  it('fails where the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await expect(aSession({ port })).rejects.toThrow('EADDRINUSE');
    server.close();
  });
});
