import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
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

  it('lets no web page of another site change it', async () => {
    await using session = await aSession();
    await session.post(aBody());
    const answer = await session.fetch('POST', '/sandbox/reset', { 'sec-fetch-site': 'cross-site' });
    expect(answer.status).toBe(403);
    expect(session.sandbox.stats().cards).toBe(1);
  });
});

describe('the page', () => {
  it('may run its own script and style only, and puts no text of a card into markup', async () => {
    await using session = await aSession();
    const { headers, text } = await session.fetch('GET', '/');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    for (const element of ['script', 'style']) {
      const content = new RegExp(`<${element}>([^]+?)</${element}>`).exec(text)?.[1] ?? '';
      expect(policy).toContain(`${element}-src 'sha256-${hash('sha256', content, 'base64')}'`);
    }
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|https?:\/\/|\son\w+=|\sstyle=/);
    expect(text).toContain('textContent');
  });

  it('is told of each change', async () => {
    await using session = await aSession();
    const stream = await fetch(`${session.sandbox.url}/sandbox/events`);
    const chunks = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await chunks?.read())?.value).toContain('event: changed');
    await session.post(aBody());
    expect((await chunks?.read())?.value).toBe('event: changed\ndata: {}\n\n');
    await session.sandbox.stop();
    expect((await chunks?.read())?.done).toBe(true);
  });
});

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
