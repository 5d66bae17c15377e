import { digest128 } from '../../connector/kernel/digest.ts';
import type { SourceRecord } from '../../connector/kernel/record.ts';
import type { SourcePosition } from '../../connector/kernel/row-change.ts';
import { instant } from '../../connector/kernel/time.ts';
import type { Answer, Answered, Unanswered } from '../../connector/order/answer.ts';
import { type Card, type CardChange, merchantBizNo } from '../../connector/order/change.ts';
import { nothingDropped, type Policy } from '../../connector/order/decide.ts';
import { verdictsWith } from '../../connector/order/result-codes.ts';

// Builders: each gives a whole, plausible thing, of which a test names only what it is about.

/** When the tests' world begins: 2026-11-23T00:00:00Z. */
export const dawn = instant(Date.UTC(2026, 10, 23));

/** The source topic of all builders. */
export const sourceTopic = 'shop.public.orders';

/** The `n`-th change of the database's log: its LSN is `n`, its commit `n` ms after {@link dawn}, behind that of `n - 1`. */
export function lsnAt(n: number): SourcePosition {
  return { kind: 'lsn', lsn: BigInt(n), commitLsn: BigInt(n - 1), committedAt: instant(dawn + n) };
}

/** A card; cards of equal `text` (and order) look the same to the customer. */
export function aCard(parts: Partial<Card> & { readonly order?: string; readonly text?: string } = {}): Card {
  const { order = 'A-1', text = 'ready', template = 'RIDE_HAILING_DEFAULT', status = 'PENDING', ...rest } = parts;
  const members =
    `"merchantBizNo":${JSON.stringify(order)},"orderStatus":"${status}","productTemplateCode":"${template}",` +
    `"syncDataInfo":{"languageBusinessInfo":${JSON.stringify(text)}},"userId":"2160000000000001"`;
  return { template, status, ends: false, endDate: null, members, hash: digest128(members), ...rest };
}

/** What a test says of a change; `n` stands for its offset, its place in the database's log and its bizDate alike. */
export interface ChangeParts extends Partial<Omit<CardChange, 'merchantBizNo' | 'position' | 'card'>> {
  readonly order?: string;
  readonly n?: number;
  readonly offset?: bigint;
  readonly partition?: number;
  readonly text?: string;
  readonly ends?: boolean;
  readonly endDate?: Card['endDate'];
}

/** A change of an order. Without a `text` each `n` makes another card. */
export function aChange(parts: ChangeParts = {}): CardChange {
  const { order = 'A-1', n = 1, offset = BigInt(n), partition = 0, text = `text ${n}`, ends = false, ...rest } = parts;
  const { endDate = null, ...change } = rest;
  return {
    merchantBizNo: merchantBizNo(order),
    card: aCard({ order, text, ends, endDate, status: ends ? 'CLOSED' : 'PENDING' }),
    bizDate: instant(dawn + n),
    position: { topic: sourceTopic, partition, offset },
    source: lsnAt(n),
    snapshot: false,
    creates: false,
    ...change,
  };
}

/** A record with `bytes` bytes of value, appended `offset` ms after {@link dawn}. */
export function aRecord(parts: { offset?: bigint; partition?: number; bytes?: number } = {}): SourceRecord {
  const { offset = 1n, partition = 0, bytes = 8 } = parts;
  return {
    topic: sourceTopic,
    partition,
    offset,
    key: new Uint8Array(2),
    value: new Uint8Array(bytes),
    timestamp: instant(dawn + Number(offset)),
    headers: [],
  };
}

/** An answer with a result code; its status is the documented one of that code. */
export function anAnswer(code: string, parts: Partial<Answered> = {}): Answered {
  const entry = documentedVerdicts.codes.get(code);
  const status = entry?.verdict === 'accepted' ? 'S' : entry?.verdict === 'retry' ? 'U' : 'F';
  return {
    kind: 'answered',
    httpStatus: 200,
    result: { code, status, message: '' },
    unreadable: null,
    signature: 'unchecked',
    tracerId: null,
    retryAfterMs: null,
    ...parts,
  };
}

/** An answer without a readable result. */
export function anHttpAnswer(httpStatus: number, parts: Partial<Answered> = {}): Answer {
  return { ...anAnswer('SUCCESS'), httpStatus, result: null, unreadable: 'a body that is no JSON', ...parts };
}

/** No answer. */
export function silence(cause: Unanswered['cause'] = 'timeout'): Answer {
  return { kind: 'unanswered', cause, text: cause };
}

/** A policy at {@link dawn}. */
export function aPolicy(parts: Partial<Policy> = {}): Policy {
  return { now: dawn, requestIdForm: 'uuid', mayBeRepeat: false, dropped: nothingDropped, ...parts };
}

/** What answers mean where the settings say nothing else. */
export const documentedVerdicts = verdictsWith({});
