import type { Attempts, DeadLetter } from '../../../connector/flow/ports.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import type { SourceRecord } from '../../../connector/kernel/record.ts';
import { instant } from '../../../connector/kernel/time.ts';
import type { Answered } from '../../../connector/order/answer.ts';
import type { CardRequest } from '../../../connector/order/decide.ts';
import { aChange } from '../../support/builders.ts';

/** A record whose key, value and headers are no text. */
export function aRecord(change: Partial<SourceRecord> = {}): SourceRecord {
  return {
    topic: 'shop.public.orders',
    partition: 2,
    offset: 41n,
    key: Buffer.from([0, 0xff, 1]),
    value: Buffer.from([0, 0, 0, 0, 7, 0xfe]),
    timestamp: instant(Date.UTC(2026, 10, 23)),
    headers: [
      { name: 'trace', value: Buffer.from([0xff, 0]) },
      { name: 'trace', value: Buffer.from('2') },
    ],
    ...change,
  };
}

/** A letter of a record that was never sent. */
export function anUnreadLetter(change: Partial<DeadLetter> = {}): DeadLetter {
  const fault = new Fault('RECORD_UNDECODABLE', { detail: 'no Avro' });
  return { record: aRecord(), reason: 'undecodable', fault, attempts: null, ...change };
}

/** A letter of a record whose card the platform refused. */
export function aRefusedLetter(answer: Partial<Answered> = {}, change: Partial<DeadLetter> = {}): DeadLetter {
  const base = aChange({ order: 'MB-2026-77' });
  const request = {
    requestId: 'r-1',
    command: 'SEND',
    change: { ...base, card: { ...base.card, template: 'AIR_TICKET_DEFAULT' } },
  };
  const attempts: Attempts = {
    count: 3,
    firstAt: instant(Date.UTC(2026, 10, 23, 1)),
    lastAt: instant(Date.UTC(2026, 10, 23, 2)),
    request: request as CardRequest,
    lastAnswer: {
      kind: 'answered',
      httpStatus: 200,
      result: { code: 'PARAM_ILLEGAL', status: 'F', message: 'no amount' },
      unreadable: null,
      signature: 'verified',
      tracerId: 'T-1',
      retryAfterMs: null,
      ...answer,
    },
  };
  const fault = new Fault('CARD_REJECTED', { detail: 'F PARAM_ILLEGAL' });
  return { record: aRecord(), reason: 'rejected', fault, attempts, ...change };
}
