import { beforeEach, describe, expect, it } from 'vitest';
import { entryOf } from '../../../../connector/flow/lane/lane.ts';
import { acceptedEvent, type Carried, carry, healthOf } from '../../../../connector/flow/lane/lane-worker.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import type { Delivery } from '../../../../connector/flow/ports.ts';
import { partitionKey } from '../../../../connector/kernel/position.ts';
import type { Answer } from '../../../../connector/order/answer.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { type CardRequest, decide } from '../../../../connector/order/decide.ts';
import { evolve, initialState, type OrderState } from '../../../../connector/order/state.ts';
import {
  aChange,
  anAnswer,
  aPolicy,
  aRecord,
  type ChangeParts,
  dawn,
  documentedVerdicts,
  silence,
  sourceTopic,
} from '../../../support/builders.ts';
import { RecordingMeter, ScriptedDelivery, SteppedClock } from '../../../support/flow-world.ts';
import { sent } from '../../order/given.ts';

const order = merchantBizNo('A-1');

describe('carry', () => {
  let clock: SteppedClock;
  let delivery: ScriptedDelivery;
  let meter: RecordingMeter;
  let partition: PartitionFlow;
  let leased: boolean;

  beforeEach(() => {
    clock = new SteppedClock();
    delivery = new ScriptedDelivery(clock);
    meter = new RecordingMeter();
    leased = true;
    partition = new PartitionFlow(partitionKey(sourceTopic, 0));
  });

  const start = (parts: ChangeParts = {}, policy = aPolicy(), state: OrderState = initialState) => {
    const change = aChange(parts);
    const decision = decide(state, change, policy);
    if (decision.kind === 'skip') throw new Error('nothing to carry');
    return { entry: entryOf(change, aRecord(), partition), decision, request: decision.request };
  };
  /** A change of an order that has a card: its first request is an UPDATE. */
  const startUpdate = () => start({}, aPolicy(), evolve(initialState, sent(aChange({ n: 0 }))));
  const carried = async ({ entry, decision }: ReturnType<typeof start>): Promise<Carried> => {
    const pending = carry(
      entry,
      decision,
      aPolicy(),
      { clock, delivery, meter, verdicts: documentedVerdicts, isLeased: () => leased },
      new AbortController().signal,
    );
    while (await clock.step());
    return pending;
  };
  const commands = () => delivery.requests.map(({ command }) => command);

  it('sends the request and gives what came of it', async () => {
    const one = start();
    expect(await carried(one)).toEqual({
      request: one.request,
      answer: anAnswer('SUCCESS'),
      verdict: { kind: 'accepted' },
    });
    expect(one.entry).toMatchObject({ attempts: 1, firstAttemptAt: dawn, lastAttemptAt: dawn + 10 });
    expect(meter.attempts).toBe(1);
  });

  it('heals an UPDATE that finds no card into a SEND, at once', async () => {
    delivery.script = ({ command }) => anAnswer(command === 'UPDATE' ? 'ORDER_NOT_FOUND' : 'SUCCESS');
    const result = await carried(startUpdate());
    expect(commands()).toEqual(['UPDATE', 'SEND']);
    expect(result).toMatchObject({ request: { command: 'SEND' }, verdict: { kind: 'accepted' } });
    expect([meter.attempts, meter.heals]).toEqual([2, 1]);
  });

  it('heals into a SEND also where the refusal is not signed', async () => {
    delivery.script = ({ command }) =>
      command === 'UPDATE' ? anAnswer('ORDER_NOT_FOUND', { signature: 'missing' }) : anAnswer('SUCCESS');
    expect((await carried(start({ replays: 1 }))).verdict).toEqual({ kind: 'accepted' });
    expect(commands()).toEqual(['UPDATE', 'SEND']);
  });

  it('believes no unsigned refusal that there is no card to end: the end is asked for again', async () => {
    delivery.script = () => anAnswer('ORDER_NOT_FOUND', { signature: 'missing' });
    expect((await carried(start({ ends: true }))).verdict).toEqual({
      kind: 'retry',
      cause: 'signature',
      afterMs: null,
    });
    expect(commands()).toEqual(['UPDATE']);
  });

  it('heals a SEND that finds a card into an UPDATE', async () => {
    delivery.script = ({ command }) => anAnswer(command === 'SEND' ? 'UN_SUPPORT_BUSINESS' : 'SUCCESS');
    await carried(start({ creates: true }));
    expect(commands()).toEqual(['SEND', 'UPDATE']);
  });

  it('goes back to the first command, under an id of its own: its refusal may be a memory of before there was a card', async () => {
    const refused = new Set<string>();
    delivery.script = ({ command, requestId }) => {
      if (command === 'SEND') return anAnswer('UN_SUPPORT_BUSINESS');
      if (refused.size === 0) refused.add(requestId);
      return anAnswer(refused.has(requestId) ? 'ORDER_NOT_FOUND' : 'SUCCESS');
    };
    expect((await carried(startUpdate())).verdict).toEqual({ kind: 'accepted' });
    expect(commands()).toEqual(['UPDATE', 'SEND', 'UPDATE']);
    expect(new Set(delivery.requests.map(({ requestId }) => requestId)).size).toBe(3);
  });

  it('heals no further where the platform contradicts itself: it is asked again later, from the request before', async () => {
    delivery.script = ({ command }) => anAnswer(command === 'SEND' ? 'UN_SUPPORT_BUSINESS' : 'ORDER_NOT_FOUND');
    const one = startUpdate();
    expect((await carried(one)).verdict).toMatchObject({ kind: 'retry', cause: 'unknown-outcome' });
    expect(commands()).toEqual(['UPDATE', 'SEND', 'UPDATE']);
    expect((await carried(one)).verdict).toMatchObject({ kind: 'retry', cause: 'unknown-outcome' });
    expect(commands()).toEqual(['UPDATE', 'SEND', 'UPDATE', 'SEND', 'UPDATE']);
    expect(delivery.requests.slice(3)).toEqual(delivery.requests.slice(1, 3));
  });

  it('does not make a card to end it', async () => {
    delivery.script = () => anAnswer('ORDER_NOT_FOUND');
    expect((await carried(start({ ends: true }))).verdict).toEqual({ kind: 'no-card', unsettled: false });
    expect(commands()).toEqual(['UPDATE']);
  });

  it('asks once more, under an id of its own, before it takes a card that may be there for none', async () => {
    let refusals = 0;
    delivery.script = () => anAnswer(refusals++ === 0 ? 'ORDER_NOT_FOUND' : 'SUCCESS');
    const parts = { ends: true };
    const repeat = aPolicy({ mayBeRepeat: true });
    expect((await carried(start(parts, repeat))).verdict).toEqual({ kind: 'accepted' });
    expect(commands()).toEqual(['UPDATE', 'UPDATE']);
    expect(delivery.requests[1]?.requestId).not.toBe(delivery.requests[0]?.requestId);

    delivery.script = () => anAnswer('ORDER_NOT_FOUND');
    expect((await carried(start(parts, repeat))).verdict).toEqual({ kind: 'no-card', unsettled: false });
    expect(commands()).toHaveLength(4);
  });

  it('repeats the healed request, the same id and body, when that one failed', async () => {
    delivery.script = ({ command }) => (command === 'UPDATE' ? anAnswer('ORDER_NOT_FOUND') : silence());
    const one = startUpdate();
    expect((await carried(one)).verdict).toMatchObject({ kind: 'retry', cause: 'timeout' });
    delivery.script = () => anAnswer('SUCCESS');
    expect((await carried(one)).verdict).toEqual({ kind: 'accepted' });
    expect(commands()).toEqual(['UPDATE', 'SEND', 'SEND']);
    expect(delivery.requests[2]).toEqual(delivery.requests[1]);
    expect(one.entry).toMatchObject({ attempts: 3, firstAttemptAt: dawn });
  });

  it('does not heal what was taken away meanwhile: that is for its new owner to send', async () => {
    delivery.script = () => {
      partition.revoke();
      return anAnswer('ORDER_NOT_FOUND');
    };
    expect((await carried(startUpdate())).verdict).toEqual({ kind: 'not-ours' });
    expect(commands()).toEqual(['UPDATE']);
  });

  it('sends nothing, and heals nothing, while it is not certain that its partition is ours', async () => {
    leased = false;
    const one = await carried(startUpdate());
    expect(one.verdict).toEqual({ kind: 'not-ours' });
    expect([delivery.requests, healthOf(order, one, false)]).toEqual([[], null]);
    leased = true;
    delivery.script = () => {
      leased = false;
      return anAnswer('ORDER_NOT_FOUND');
    };
    expect((await carried(startUpdate())).verdict).toEqual({ kind: 'not-ours' });
    expect(commands()).toEqual(['UPDATE']);
  });

  it('sends nothing where the session ran out while the request was being signed: it was no attempt', async () => {
    const late: Delivery = {
      deliver: async (request, signal, mayGo) => {
        leased = false;
        return mayGo() ? delivery.deliver(request, signal) : { kind: 'unanswered', cause: 'unsent', text: 'too late' };
      },
    };
    const { entry, decision } = start();
    const parts = { clock, delivery: late, meter, verdicts: documentedVerdicts, isLeased: () => leased };
    const one = await carry(entry, decision, aPolicy(), parts, new AbortController().signal);
    expect(one.verdict).toEqual({ kind: 'not-ours' });
    expect([delivery.requests, healthOf(order, one, false), meter.attempts]).toEqual([[], null, 0]);
    expect(entry).toMatchObject({ attempts: 0, pending: null, firstAttemptAt: null, lastAttemptAt: null });
  });

  it('leaves no request to repeat of what was not sent: it is decided anew; one that was sent stays as it is', async () => {
    leased = false;
    const one = start();
    one.entry.pending = { request: one.request, heals: 0 };
    await carried(one);
    expect([one.entry.pending, one.entry.attempts]).toEqual([null, 0]);
    const two = start();
    two.entry.pending = { request: two.request, heals: 1 };
    two.entry.attempts = 1;
    await carried(two);
    expect(two.entry.pending).toEqual({ request: two.request, heals: 1 });
  });

  it('hands the signal on, so that a request can be given up', async () => {
    delivery.script = () => 'never';
    const giveUp = new AbortController();
    const { entry, decision } = start();
    const pending = carry(
      entry,
      decision,
      aPolicy(),
      { clock, delivery, meter, verdicts: documentedVerdicts, isLeased: () => leased },
      giveUp.signal,
    );
    giveUp.abort();
    expect((await pending).verdict).toEqual({ kind: 'retry', cause: 'network', afterMs: null });
  });
});

describe('acceptedEvent', () => {
  const event = (parts: ChangeParts, command: CardRequest['command']) => {
    const change = aChange(parts);
    return acceptedEvent({ requestId: 'id', command, bizDate: dawn, body: '{}', change }, dawn);
  };

  it.each([
    ['SEND', 'card-sent'],
    ['UPDATE', 'card-updated'],
  ] as const)('of a %s: %s', (command, kind) => {
    const { position, source, card } = aChange({ n: 3 });
    expect(event({ n: 3 }, command)).toEqual({
      kind,
      position,
      source,
      bizDate: dawn,
      hash: card.hash,
      endDate: null,
      at: dawn,
    });
  });

  it('of an end: card-ended, whatever the command', () => {
    expect(event({ ends: true }, 'UPDATE').kind).toBe('card-ended');
    expect(event({ ends: true }, 'SEND').kind).toBe('card-ended');
  });
});

describe('healthOf', () => {
  const { request } = {
    request: { requestId: 'id', command: 'SEND', bizDate: dawn, body: '{}', change: aChange() } as const,
  };
  const health = (verdict: Carried['verdict'], answer: Answer = anAnswer('SUCCESS'), alone = false) =>
    healthOf(order, { request, answer, verdict }, alone);
  const retry = { kind: 'retry', cause: 'network', afterMs: null } as const;
  const halt = { kind: 'halt', reason: 'INVALID_CLIENT' } as const;

  it('an answer about the order, good or bad, is a sign of life', () => {
    for (const kind of ['accepted', 'not-ours'] as const) expect(health({ kind })).toEqual({ kind: 'answered' });
    expect(health({ kind: 'no-card', unsettled: true })).toEqual({ kind: 'answered' });
    expect(health({ kind: 'reject', reason: 'PARAM_ILLEGAL' })).toEqual({ kind: 'answered' });
  });

  it.each([
    ['connection', true],
    ['timeout', false],
    ['too-large', false],
  ] as const)("a failure is the order's until others fail too; %s is unreachable: %s", (cause, unreachable) => {
    expect(health(retry, silence(cause))).toMatchObject({ kind: 'failed', order, unreachable });
  });

  it('an answer that asks to come back is not unreachable', () => {
    expect(health(retry, anAnswer('SYSTEM_ERROR'))).toMatchObject({ kind: 'failed', unreachable: false });
  });

  it('a refusal is about us, unless this order alone is known to be refused', () => {
    expect(health(halt, anAnswer('INVALID_CLIENT'))).toMatchObject({ kind: 'halted' });
    expect(health(halt, anAnswer('INVALID_CLIENT'), true)).toMatchObject({ kind: 'failed', unreachable: false });
  });
});
