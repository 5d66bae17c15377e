import { describe, expect, it } from 'vitest';
import { type Card, cardState, ruleOn } from '../../../sandbox/rules/cards.ts';
import { readSyncRequest, type SyncRequest } from '../../../sandbox/rules/sync-request.ts';
import { aBody, start } from '../requests.ts';

const dayMs = 86_400_000;
const now = start + 5000;

function aRequest(changes: Record<string, unknown> = {}): SyncRequest {
  const read = readSyncRequest(aBody(changes));
  if (read.kind === 'refused') throw new Error(read.result.text);
  return read.request;
}

function aCard(changes: Partial<Card> = {}): Card {
  const ruling = ruleOn(null, aRequest(), false, start);
  if (ruling.kind !== 'applied') throw new Error('a first SEND creates');
  return { ...ruling.card, ...changes };
}

const live = aCard();
const ended = aCard({ ended: true });
const expired = aCard({ endDate: now });

describe('what a request does', () => {
  it.each<[string, Card | null, Record<string, unknown>, boolean, string]>([
    ['SEND, no card', null, { command: 'SEND' }, false, 'created'],
    ['SEND, no card, an end status', null, { command: 'SEND' }, true, 'ended'],
    ['SEND, live', live, { command: 'SEND', bizDate: start + 1 }, false, 'UN_SUPPORT_BUSINESS'],
    ['SEND, live, an end status', live, { command: 'SEND', bizDate: start + 1 }, true, 'UN_SUPPORT_BUSINESS'],
    ['SEND, ended', ended, { command: 'SEND', bizDate: start + 1 }, false, 'created'],
    ['SEND, expired', expired, { command: 'SEND', bizDate: start + 1 }, false, 'created'],
    ['SEND, expired, older', expired, { command: 'SEND', bizDate: start - 1 }, false, 'created'],
    ['UPDATE, no card', null, { command: 'UPDATE' }, false, 'ORDER_NOT_FOUND'],
    ['UPDATE, live, newer', live, { command: 'UPDATE', bizDate: start + 1 }, false, 'updated'],
    ['UPDATE, live, newer, an end status', live, { command: 'UPDATE', bizDate: start + 1 }, true, 'ended'],
    ['UPDATE, live, equal', live, { command: 'UPDATE', bizDate: start }, false, 'outdated'],
    ['UPDATE, live, older', live, { command: 'UPDATE', bizDate: start - 1 }, true, 'outdated'],
    ['UPDATE, ended', ended, { command: 'UPDATE', bizDate: start + 1 }, false, 'ignored'],
    ['UPDATE, expired', expired, { command: 'UPDATE', bizDate: start + 1 }, false, 'ignored'],
  ])('%s', (_, card, changes, ends, expected) => {
    const ruling = ruleOn(card, aRequest(changes), ends, now);
    expect(ruling.kind === 'refused' ? ruling.result.code : ruling.outcome).toBe(expected);
  });
});

describe('a card', () => {
  it('lives 24 hours where nothing else is said, and to the millisecond', () => {
    expect(live.endDate).toBe(start + dayMs);
    expect(cardState(live, start + dayMs - 1)).toBe('live');
    expect(cardState(live, start + dayMs)).toBe('expired');
    expect(cardState(ended, start + dayMs)).toBe('ended');
  });

  it('keeps its end date through an update without one, and takes a new one', () => {
    const given = aCard({ endDate: start + 10_000 });
    const kept = ruleOn(given, aRequest({ command: 'UPDATE', bizDate: start + 1 }), false, now);
    expect(kept).toMatchObject({ card: { endDate: start + 10_000 } });
    const moved = ruleOn(
      given,
      aRequest({ command: 'UPDATE', bizDate: start + 1, endDate: start + 20_000 }),
      false,
      now,
    );
    expect(moved).toMatchObject({ card: { endDate: start + 20_000 } });
  });

  it('shows what the last request said, whole', () => {
    const first = aCard({ amount: 5, amountCurrency: 'HKD', tradeNo: 'T', openId: 'O' });
    const update = aRequest({
      command: 'UPDATE',
      bizDate: start + 1,
      orderStatus: 'SERVING',
      syncDataInfo: {
        languageBusinessInfo: { zh_HK: '{"auto_color":"紅"}' },
        payAmount: 7,
        payAmountCurrency: 'CNY',
        tinyAppId: 'A',
      },
    });
    expect(ruleOn(first, update, false, now)).toMatchObject({
      card: {
        ...{
          orderStatus: 'SERVING',
          bizDate: start + 1,
          command: 'UPDATE',
          languages: { zh_HK: { auto_color: '紅' } },
        },
        ...{
          amount: null,
          amountCurrency: null,
          payAmount: 7,
          payAmountCurrency: 'CNY',
          tradeNo: null,
          tinyAppId: 'A',
        },
        ...{ userId: '2160000000000001', openId: null, createdAt: start, updatedAt: now },
      },
    });
  });

  it('remembers the last fifty steps of its own life only', () => {
    let card = live;
    for (let step = 1; step <= 60; step += 1) {
      const ruling = ruleOn(card, aRequest({ command: 'UPDATE', bizDate: start + step }), false, start + step);
      if (ruling.kind === 'applied') card = ruling.card;
    }
    expect(card.history).toHaveLength(50);
    expect(card.history.at(-1)).toEqual({ orderStatus: 'TO_BOARD', bizDate: start + 60, at: start + 60 });
    const anew = ruleOn({ ...card, ended: true }, aRequest({ bizDate: start + 61 }), false, now);
    expect(anew).toMatchObject({ card: { history: [{ bizDate: start + 61 }], createdAt: now } });
  });
});
