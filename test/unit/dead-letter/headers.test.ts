import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deadLetterHeaders } from '../../../connector/dead-letter/headers.ts';
import type { DeadLetter } from '../../../connector/flow/ports.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { anUnreadLetter, aRecord, aRefusedLetter } from './letters.ts';

/** The headers that tell the story, as text: all but those the record had. */
function storyOf(letter: DeadLetter): Record<string, string> {
  const told = deadLetterHeaders(letter, 'card-sync').slice(letter.record.headers.length);
  return Object.fromEntries(told.map(({ name, value }) => [name, Buffer.from(value).toString()]));
}

describe('the headers of a dead letter', () => {
  it("begin with the record's own, byte for byte and in their order", () => {
    const { headers } = aRecord();
    expect(deadLetterHeaders(anUnreadLetter(), 'card-sync').slice(0, 2)).toEqual(headers);
  });

  it("tell of a record that could not be read, under Kafka Connect's names and ours", () => {
    expect(storyOf(anUnreadLetter())).toEqual({
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

  it('do not write over what the record brings: a letter that died twice keeps its first story', () => {
    const first = anUnreadLetter();
    const again = { ...first, record: aRecord({ headers: deadLetterHeaders(first, 'card-sync'), offset: 99n }) };
    expect(deadLetterHeaders(again, 'another')).toEqual(
      first.record.headers.concat(deadLetterHeaders(first, 'card-sync').slice(2)),
    );
  });

  it('hold at most 512 characters each, whatever was said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 9 }), text => {
        const fault = new Fault('CARD_REJECTED', { detail: text.repeat(600) });
        const result = { code: 'PARAM_ILLEGAL', status: 'F', message: text.repeat(600) } as const;
        const lengths = Object.values(storyOf(aRefusedLetter({ result }, { fault }))).map(({ length }) => length);
        expect(Math.max(...lengths)).toBe(512);
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
