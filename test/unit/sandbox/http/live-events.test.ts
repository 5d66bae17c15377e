import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { CardView } from '../../../sandbox/http/control-api.ts';
import { type LiveChange, LiveEvents } from '../../../sandbox/http/live-events.ts';

let server: Server;
afterEach(() => server.close());

/** A page's stream of events; of cards only the order matters here. */
async function openPage(events: LiveEvents): Promise<() => Promise<LiveChange>> {
  server = createServer((_, response) => events.open(response, null));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const chunks = (await fetch(`http://127.0.0.1:${port}`)).body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return async () => {
    while (!text.includes('\n\n')) text += (await chunks?.read())?.value ?? '';
    const end = text.indexOf('\n\n');
    const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1] ?? '';
    text = text.slice(end + 2);
    return JSON.parse(data);
  };
}

const source = {
  now: () => 7,
  last: () => 9,
  card: (merchantBizNo: string) => ({ merchantBizNo, userId: 'u', openId: null }) as CardView,
};
const orders = (count: number) => Array.from({ length: count }, (_, number) => `O-${number}`);

describe('changes of one moment', () => {
  it('are told together, each order once', async () => {
    const events = new LiveEvents(source);
    const next = await openPage(events);
    expect(await next()).toEqual({ now: 7, last: 9, reload: true, cards: [] });
    for (const order of [...orders(500), 'O-3']) events.announce({ order });
    const { reload, cards } = await next();
    expect(reload).toBe(false);
    expect(cards.map(card => card.merchantBizNo)).toEqual(orders(500));
    events.close();
  });

  it('are not told one by one where they are too many, and then again they are', async () => {
    const events = new LiveEvents(source);
    const next = await openPage(events);
    await next();
    for (const order of orders(501)) events.announce({ order });
    expect(await next()).toEqual({ now: 7, last: 9, reload: true, cards: [] });
    events.announce({ order: 'O-1' });
    expect(await next()).toMatchObject({ reload: false, cards: [{ merchantBizNo: 'O-1' }] });
    events.close();
  });

  it('ask to load anew where anything may have changed', async () => {
    const events = new LiveEvents(source);
    const next = await openPage(events);
    await next();
    events.announce({ order: 'O-1' });
    events.announce('all');
    expect(await next()).toMatchObject({ reload: true, cards: [] });
    events.close();
  });
});
