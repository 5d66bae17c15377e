import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deadLetterHeaders } from '../../../connector/dead-letter/headers.ts';
import type { DeadLetter } from '../../../connector/flow/ports.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { anUnreadLetter, aRecord, aRefusedLetter } from './letters.ts';

/** The headers that tell the story, as text: all but those the record had, or from another one on. */
function storyOf(letter: DeadLetter, from = letter.record.headers.length): Record<string, string> {
  const told = deadLetterHeaders(letter, 'card-sync').slice(from);
  return Object.fromEntries(told.map(({ name, value }) => [name, Buffer.from(value).toString()]));
}

describe('the headers of a dead letter', () => {
  it("begin with the record's own, byte for byte and in their order", () => {
    const { headers } = aRecord();
    expect(deadLetterHeaders(anUnreadLetter(), 'card-sync').slice(0, 2)).toEqual(headers);
  });

  it("tell of a record that could not be read, under Kafka Connect's names and ours", () => {
    expect(storyOf(anUnreadLetter())).toEqual({
      'card_sync.source.topic': 'shop.public.orders',
      'card_sync.source.partition': '2',
      'card_sync.source.offset': '41',
      'card_sync.redrive_count': '0',
      '__connect.errors.topic': 'shop.public.orders',
      '__connect.errors.partition': '2',
      '__connect.errors.offset': '41',
      '__connect.errors.connector.name': 'card-sync',
      '__connect.errors.stage': 'VALUE_CONVERTER',
      '__connect.errors.exception.class.name': 'RECORD_UNDECODABLE',
      '__connect.errors.exception.message': 'no Avro',
      'card_sync.reason': 'undecodable',
      'card_sync.code': 'RECORD_UNDECODABLE',
      'card_sync.detail': 'no Avro',
      'card_sync.remedy': 'look at the dead letter; check the converter of the Debezium connector',
      'card_sync.source.timestamp': '2026-11-23T00:00:00.000Z',
    });
  });

  it('tell of a card that was refused: request, answer and attempts', () => {
    expect(storyOf(aRefusedLetter())).toMatchObject({
      '__connect.errors.stage': 'TASK_PUT',
      'card_sync.request_id': 'r-1',
      'card_sync.command': 'SEND',
      'card_sync.template': 'AIR_TICKET_DEFAULT',
      'card_sync.result_code': 'PARAM_ILLEGAL',
      'card_sync.result_status': 'F',
      'card_sync.result_message': 'no amount',
      'card_sync.http_status': '200',
      'card_sync.tracer_id': 'T-1',
      'card_sync.attempts': '3',
      'card_sync.first_attempt_at': '2026-11-23T01:00:00.000Z',
      'card_sync.last_attempt_at': '2026-11-23T02:00:00.000Z',
    });
  });

  it('leave out what there was not: a result, an answer', () => {
    const withoutResult = storyOf(aRefusedLetter({ result: null, tracerId: null, httpStatus: 502 }));
    expect(withoutResult).toMatchObject({ 'card_sync.http_status': '502', 'card_sync.attempts': '3' });
    expect(Object.keys(withoutResult).filter(name => /result|tracer/.test(name))).toEqual([]);

    const letter = aRefusedLetter();
    const lastAnswer = { kind: 'unanswered', cause: 'timeout', text: 'slow' } as const;
    const unanswered = storyOf({ ...letter, attempts: letter.attempts && { ...letter.attempts, lastAnswer } });
    expect(Object.keys(unanswered).filter(name => /result|tracer|http/.test(name))).toEqual([]);
  });

  it('do not write over what the record brings, but for where it lies: a letter that died twice keeps its first story', () => {
    const first = anUnreadLetter();
    const again = { ...first, record: aRecord({ headers: deadLetterHeaders(first, 'card-sync'), offset: 99n }) };
    const { trace: _, ...kept } = storyOf(again, 0);
    expect(kept).toEqual({ ...storyOf(first), 'card_sync.source.offset': '99' });
    expect(deadLetterHeaders(again, 'another')).toHaveLength(deadLetterHeaders(first, 'card-sync').length);
  });

  it('count on how often the record was redriven', () => {
    const headers = [{ name: 'card_sync.redrive_count', value: Buffer.from('2') }];
    expect(storyOf(anUnreadLetter({ record: aRecord({ headers }) }), 0)).toMatchObject({
      'card_sync.redrive_count': '2',
    });
  });

  it("mask the order's and the user's ids, whoever repeated them", () => {
    const letter = aRefusedLetter({
      result: {
        code: 'PARAM_ILLEGAL',
        status: 'F',
        message: 'order MB-2026-77 of user 2160220011223344: bad, MB-2026-77',
      },
      tracerId: 'T-0123456789-MB-2026-77',
    });
    const fault = new Fault('CARD_REJECTED', { detail: 'F PARAM_ILLEGAL: order MB-2026-77 of 2160220011223344' });
    const story = storyOf({ ...letter, fault, record: aRecord({ key: Buffer.from('MB-2026-77') }) });
    expect(story).toMatchObject({
      'card_sync.tracer_id': 'T-0123456789-MB…77',
      'card_sync.result_message': 'order MB…77 of user 21…44: bad, MB…77',
      'card_sync.detail': 'F PARAM_ILLEGAL: order MB…77 of 21…44',
      '__connect.errors.exception.message': 'F PARAM_ILLEGAL: order MB…77 of 21…44',
    });
    expect(JSON.stringify(story)).not.toMatch(/MB-2026-77|2160220011223344/);
  });

  it('mask the order of a record that was never sent, by its key', () => {
    const fault = new Fault('CHANGE_UNMAPPABLE', { detail: 'row MB-2026-77 has no amount' });
    const record = aRecord({ key: Buffer.from('MB-2026-77') });
    expect(storyOf(anUnreadLetter({ fault, record }))['card_sync.detail']).toBe('row MB…77 has no amount');
    // A key of two letters would take them out of every word.
    const short = anUnreadLetter({ fault, record: aRecord({ key: Buffer.from('ro') }) });
    expect(storyOf(short)['card_sync.detail']).toBe('row MB-2026-77 has no amount');
  });

  it('are at most 8 KB together, the short ones whole', () => {
    const message = '字'.repeat(512);
    const fault = new Fault('CARD_REJECTED', { detail: message, remedy: message });
    const letter = aRefusedLetter(
      { result: { code: 'PARAM_ILLEGAL', status: 'F', message }, tracerId: message },
      { fault },
    );
    const told = deadLetterHeaders({ ...letter, record: aRecord({ headers: [], topic: 't'.repeat(249) }) }, message);
    expect(told.reduce((sum, { name, value }) => sum + name.length + value.length, 0)).toBeLessThanOrEqual(8_192);
    const texts = new Map(told.map(({ name, value }) => [name, Buffer.from(value).toString()]));
    expect(texts.get('card_sync.last_attempt_at')).toBe('2026-11-23T02:00:00.000Z');
    // Cut between two characters.
    for (const text of texts.values()) expect(text).not.toContain('\uFFFD');
  });

  it('hold at most 512 characters each, whatever was said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 9 }), text => {
        const fault = new Fault('CARD_REJECTED', { detail: text.repeat(600) });
        const result = { code: 'PARAM_ILLEGAL', status: 'F', message: text.repeat(600) } as const;
        const lengths = Object.values(storyOf(aRefusedLetter({ result }, { fault }))).map(({ length }) => length);
        expect(Math.max(...lengths)).toBeLessThanOrEqual(512);
      }),
      { numRuns: 20 },
    );
  });

  it.each([0, -1, 1_795_392_000_000_000, 9_007_199_254_740_991, Number.MAX_VALUE, Number.NaN])(
    'can be made of a record with any time: %d',
    timestamp => {
      const letter = anUnreadLetter({ record: aRecord({ timestamp: instant(timestamp) }) });
      expect(storyOf(letter)['card_sync.source.timestamp']).toMatch(/^[+-]?\d{4,6}-\d\d-|^\d[\d.e+]*$|^NaN$/);
    },
  );
});
