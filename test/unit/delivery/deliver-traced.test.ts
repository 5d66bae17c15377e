import { verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Trace } from '../../../connector/kernel/record.ts';
import type { Answer } from '../../../connector/order/answer.ts';
import type { CardRequest } from '../../../connector/order/decide.ts';
import { resets } from '../../support/fake-platform.ts';
import { clientId, newDeliveries, ours, path } from './deliveries.ts';

const world = newDeliveries();
const request = { requestId: '1', body: '{"requestId":"1"}' } as CardRequest;
const trace: Trace = {
  traceId: null,
  settled: () => undefined,
  parked: () => undefined,
  tookPlaceOf: () => undefined,
};
const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'shop=1' };

/** Delivers the request; gives what whoever follows it was told. */
async function followed({ mayGo = true, traced = true } = {}) {
  const began: [CardRequest, Trace][] = [];
  const answers: Answer[] = [];
  const attempting = (of: CardRequest, given: Trace) => {
    began.push([of, given]);
    return { headers, answered: (answer: Answer) => void answers.push(answer) };
  };
  await using delivery = world.open({}, attempting);
  const answer = await delivery.deliver(request, new AbortController().signal, () => mayGo, ...(traced ? [trace] : []));
  return { began, answers, answer };
}

describe('a delivery that is traced', () => {
  it('sends the headers of the trace along, which are no part of what is signed', async () => {
    const { began, answers, answer } = await followed();
    expect(began).toEqual([[request, trace]]);
    expect(answers).toEqual([answer]);
    const arrived = world.platform.requests[0];
    expect(arrived?.headers).toMatchObject(headers);
    const signed = `POST ${path}\n${clientId}.${arrived?.headers['request-time']}.${request.body}`;
    const signature = decodeURIComponent(String(arrived?.headers.signature).split('signature=')[1] ?? '');
    expect(verify('sha256', Buffer.from(signed), ours.publicKey, Buffer.from(signature, 'base64'))).toBe(true);
  });

  it('is told what came of it, also where no answer came or nothing went', async () => {
    expect((await followed({ mayGo: false })).answers).toMatchObject([{ cause: 'unsent' }]);
    world.platform.behave(resets);
    expect((await followed()).answers).toMatchObject([{ kind: 'unanswered', cause: 'connection' }]);
  });

  it('is not asked for where the record has no trace', async () => {
    const { began } = await followed({ traced: false });
    expect(began).toEqual([]);
    expect(world.platform.requests[0]?.headers).not.toHaveProperty('traceparent');
  });
});
