import { describe, expect, it } from 'vitest';
import { resultOf } from '../../../sandbox/gateway/result-codes.ts';
import { Platform } from '../../../sandbox/rules/platform.ts';
import { loadTemplates, templateFolder } from '../../../sandbox/rules/templates.ts';
import { aBody, start } from '../requests.ts';

const templates = loadTemplates([templateFolder], 'accept');

function aPlatform(limits: Partial<{ cardsMax: number; requestIdsMax: number }> = {}) {
  const platform = new Platform(templates, { cardsMax: 1000, requestIdsMax: 1000, ...limits });
  const receive = (changes: Record<string, unknown> = {}, now = start) => {
    const body = aBody(changes);
    const { result, outcome } = platform.receive(body, JSON.stringify(body), now);
    return `${outcome} ${result.code}`;
  };
  return { platform, receive };
}

describe('an order', () => {
  it('goes its way from SEND to its end, and again', () => {
    const { platform, receive } = aPlatform();
    const update = (requestId: string, bizDate: number, orderStatus = 'SERVING', now = start) =>
      receive({ requestId, command: 'UPDATE', bizDate, orderStatus }, now);
    expect(update('0', start)).toBe('refused ORDER_NOT_FOUND');
    expect(receive({ requestId: '1' })).toBe('created SUCCESS');
    expect(receive({ requestId: '2' })).toBe('refused UN_SUPPORT_BUSINESS');
    expect(update('3', start + 2)).toBe('updated SUCCESS');
    expect(update('4', start + 1)).toBe('outdated SUCCESS');
    expect(platform.card('ORDER-1')).toMatchObject({ orderStatus: 'SERVING', bizDate: start + 2, ended: false });
    expect(update('5', start + 3, 'FINISHED')).toBe('ended SUCCESS');
    expect(update('6', start + 4)).toBe('ignored SUCCESS');
    expect(receive({ requestId: '7', bizDate: start + 5 })).toBe('created SUCCESS');
    expect(update('8', start + 6, 'SERVING', start + 86_400_000)).toBe('ignored SUCCESS');
    expect(receive({ requestId: '9', bizDate: start + 7 }, start + 86_400_000)).toBe('created SUCCESS');
  });

  it('is none of another', () => {
    const { receive } = aPlatform();
    expect(receive({ requestId: '1', merchantBizNo: 'A' })).toBe('created SUCCESS');
    expect(receive({ requestId: '2', merchantBizNo: 'B', command: 'UPDATE' })).toBe('refused ORDER_NOT_FOUND');
  });

  it('of a wrong status or form is refused and leaves no card', () => {
    const { platform, receive } = aPlatform();
    expect(receive({ requestId: '1', orderStatus: 'NO_SUCH' })).toBe('refused ORDER_STATUS_INVALID');
    expect(receive({ requestId: '2', bizDate: 'x' })).toBe('refused PARAM_ILLEGAL');
    expect(platform.cardCount).toBe(0);
  });
});

describe('a requestId', () => {
  it('gets the same answer again, without effect, whatever has happened since', () => {
    const { platform, receive } = aPlatform();
    const first = { requestId: '1' };
    const second = { requestId: '2', command: 'UPDATE', bizDate: start + 1, orderStatus: 'SERVING' };
    expect(receive(first)).toBe('created SUCCESS');
    expect(receive(second)).toBe('updated SUCCESS');
    expect(receive(first)).toBe('repeat SUCCESS');
    expect(receive(first, start + 86_400_000)).toBe('repeat SUCCESS');
    expect(receive(second)).toBe('repeat SUCCESS');
    expect(platform.card('ORDER-1')?.history).toHaveLength(2);
  });

  it('gets a refusal again, also when the request would be accepted by now', () => {
    const { receive } = aPlatform();
    const update = { requestId: 'u', command: 'UPDATE', bizDate: start + 1 };
    expect(receive(update)).toBe('refused ORDER_NOT_FOUND');
    expect(receive({ requestId: 's' })).toBe('created SUCCESS');
    expect(receive(update)).toBe('repeat ORDER_NOT_FOUND');
    expect(receive({ requestId: 'bad', bizDate: 0 })).toBe('refused PARAM_ILLEGAL');
    expect(receive({ requestId: 'bad', bizDate: 0 })).toBe('repeat PARAM_ILLEGAL');
  });

  it('with another body is a conflict, without effect; the first body still has its answer', () => {
    const { platform, receive } = aPlatform();
    expect(receive({ requestId: '1' })).toBe('created SUCCESS');
    expect(receive({ requestId: '1', merchantBizNo: 'OTHER' })).toBe('conflict PARAM_ILLEGAL');
    expect(receive({ requestId: '1' })).toBe('repeat SUCCESS');
    expect(platform.card('OTHER')).toBeNull();
  });

  it('keeps a final answer, but none of unknown outcome or of the gateway', () => {
    const { platform, receive } = aPlatform();
    const open = [null, resultOf('UNKNOWN_EXCEPTION'), resultOf('SYSTEM_ERROR'), resultOf('INVALID_SIGNATURE')];
    for (const [index, result] of open.entries()) {
      const body = aBody({ requestId: `open-${index}`, merchantBizNo: `open-${index}` });
      platform.keepAnswer(`open-${index}`, JSON.stringify(body), result);
      expect(receive(body)).toBe('created SUCCESS');
    }
    const final = [resultOf('UN_SUPPORT_BUSINESS'), resultOf('UNKNOWN_EXCEPTION', undefined, 'F')];
    for (const [index, result] of final.entries()) {
      const body = aBody({ requestId: `final-${index}`, merchantBizNo: `final-${index}` });
      platform.keepAnswer(`final-${index}`, JSON.stringify(body), result);
      expect(receive(body)).toBe(`repeat ${result.code}`);
    }
  });

  it('keeps its first final answer', () => {
    const { platform, receive } = aPlatform();
    const body = aBody();
    expect(receive(body)).toBe('created SUCCESS');
    platform.keepAnswer('r-1', JSON.stringify(body), resultOf('ORDER_NOT_FOUND'));
    expect(receive(body)).toBe('repeat SUCCESS');
  });

  it('that is still open is taken nevertheless', () => {
    const { platform, receive } = aPlatform();
    platform.keepAnswer('r-1', 'another body', null);
    expect(receive()).toBe('conflict PARAM_ILLEGAL');
  });
});

describe('memory', () => {
  it('forgets the card changed longest ago', () => {
    const { platform, receive } = aPlatform({ cardsMax: 2 });
    receive({ requestId: '1', merchantBizNo: 'A' });
    receive({ requestId: '2', merchantBizNo: 'B' });
    receive({ requestId: '3', merchantBizNo: 'A', command: 'UPDATE', bizDate: start + 1 });
    receive({ requestId: '4', merchantBizNo: 'C' });
    expect(platform.cards().map(card => card.merchantBizNo)).toEqual(['C', 'A']);
    expect(platform.cardCount).toBe(2);
  });

  it('forgets the oldest requestIds', () => {
    const { receive } = aPlatform({ requestIdsMax: 1 });
    receive({ requestId: '1' });
    receive({ requestId: '2', merchantBizNo: 'B' });
    expect(receive({ requestId: '1' })).toBe('refused UN_SUPPORT_BUSINESS');
  });

  it('is empty after a reset', () => {
    const { platform, receive } = aPlatform();
    receive();
    platform.reset();
    expect(platform.cards()).toEqual([]);
    expect(receive()).toBe('created SUCCESS');
  });
});
