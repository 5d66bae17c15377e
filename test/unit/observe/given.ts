import type { AttemptReport, DeadLetter, FlowSnapshot, PartitionSnapshot } from '../../../connector/flow/ports.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import type { Position } from '../../../connector/kernel/position.ts';
import { type Clock, instant, monotonic } from '../../../connector/kernel/time.ts';
import type { Answer, Answered } from '../../../connector/order/answer.ts';
import { merchantBizNo } from '../../../connector/order/change.ts';
import type { CardRequest } from '../../../connector/order/decide.ts';
import type { Verdict } from '../../../connector/order/verdict.ts';

/** The ids that no log may show. */
export const orderId = 'MB20260001';
export const userId = '2160123412341234';
export const openId = 'open-Xy_77';

const position: Position = { topic: 'shop.public.orders', partition: 2, offset: 123_456_789n };

/** A SEND of an order of template FILM. */
export function aRequest(over: Partial<CardRequest> & { readonly template?: string } = {}): CardRequest {
  const { template = 'FILM', ...request } = over;
  const members = `"merchantBizNo":"${orderId}","syncDataInfo":{},"userId":"${userId}","openId":"${openId}"`;
  return {
    requestId: 'a3bb189e-8bf9-3888-9912-ace4e6543002',
    command: 'SEND',
    bizDate: instant(1_763_000_000_000),
    body: `{${members}}`,
    change: {
      merchantBizNo: merchantBizNo(orderId),
      card: { template, status: 'AWAIT_SCREENING', ends: false, endDate: null, members, hash: 'h' },
      bizDate: instant(1_763_000_000_000),
      position,
      source: { kind: 'lsn', lsn: 1n, committedAt: instant(0) },
      snapshot: false,
      creates: true,
    },
    ...request,
  };
}

/** An answer with this result code. */
export function anAnswer(code: string, status: 'S' | 'F' | 'U', over: Partial<Answered> = {}): Answer {
  return {
    kind: 'answered',
    httpStatus: 200,
    result: { code, status, message: 'as it is' },
    unreadable: null,
    signature: 'verified',
    tracerId: '0b1c2d3e17630000001234567',
    retryAfterMs: null,
    ...over,
  };
}

/** One attempt; accepted where nothing else is said. */
export function anAttempt(
  answer: Answer = anAnswer('SUCCESS', 'S'),
  verdict: Verdict = { kind: 'accepted' },
  request: CardRequest = aRequest(),
): AttemptReport {
  return { request, answer, verdict, durationMs: 40 };
}

/** A record that the platform refused. */
export function aDeadLetter(detail = `PARAM_ILLEGAL: no order ${orderId} of ${openId}`): DeadLetter {
  return {
    record: { ...position, key: Buffer.from(orderId), value: Buffer.from('{}'), timestamp: instant(0), headers: [] },
    reason: 'rejected',
    fault: new Fault('CARD_REJECTED', { detail, at: position }),
    attempts: {
      count: 1,
      firstAt: instant(0),
      lastAt: instant(1),
      request: aRequest(),
      lastAnswer: anAnswer('PARAM_ILLEGAL', 'F'),
    },
  };
}

/** A partition with nothing unsettled. */
export function aPartition(over: Partial<PartitionSnapshot> = {}): PartitionSnapshot {
  return {
    topic: 'orders',
    partition: 0,
    frontier: 10n,
    highest: 9n,
    unsettled: 0,
    oldestUnsettledAt: null,
    uncommittedSince: null,
    uncommittedFrom: null,
    highWatermark: 10n,
    paused: false,
    restored: true,
    received: 0,
    recalled: 0,
    settled: { delivered: 0, skipped: 0, superseded: 0, 'dead-lettered': 0 },
    parked: 0,
    ...over,
  };
}

/** A flow at rest. */
export function aFlow(over: Partial<FlowSnapshot> = {}): FlowSnapshot {
  return {
    partitions: [],
    queued: 0,
    queuedBytes: 0,
    inFlight: 0,
    inFlightMax: 64,
    limits: { inFlight: 64, requestsPerSecond: null, tokens: null },
    waiting: 0,
    parked: 0,
    lanes: 0,
    orders: 0,
    breaker: 'closed',
    degraded: null,
    ...over,
  };
}

/** A clock that stands until it is set. */
export function aClock(): Clock & { set(now: number): void; setWallClock(offset: number): void } {
  let [current, wallOffset] = [0, 0];
  return {
    now: () => instant(current + wallOffset),
    monotonic: () => monotonic(current),
    sleep: () => Promise.reject(new Error('nobody sleeps here')),
    set: now => {
      current = now;
    },
    setWallClock: offset => {
      wallOffset = offset;
    },
  };
}
