import { describe, expect, it } from 'vitest';
import { openMetrics } from '../../../connector/observe/exposition.ts';
import type { CardRequest } from '../../../connector/order/decide.ts';
import { judge } from '../../../connector/order/verdict.ts';
import { badAnswers } from '../../corpus/answers.ts';
import { aChange, documentedVerdicts } from '../../support/builders.ts';
import { answers } from '../../support/fake-platform.ts';
import { newDeliveries, success } from '../delivery/deliveries.ts';

// Every bad answer from a real server, through delivery, verdict and metrics; and after it an answer that is well.

const world = newDeliveries();
const request: CardRequest = { requestId: 'r-1', command: 'SEND', change: aChange(), body: '{}' } as CardRequest;
const template = request.change.card.template;

describe('the corpus of bad answers', () => {
  it('names each once', () => {
    expect(badAnswers.length).toBeGreaterThanOrEqual(50);
    expect(new Set(badAnswers.map(({ name }) => name)).size).toBe(badAnswers.length);
  });

  it.each(badAnswers)('$name', async ({ behaviour, answer: expected, verdict: expectedVerdict, counted }) => {
    await world.reopen({ requestTimeoutMs: 500, answerBytesMax: 65_536 });
    world.platform.behave(behaviour, answers(success));
    const answer = await world.deliver();
    expect(answer).toMatchObject(expected);

    const verdict = judge(answer, 'SEND', documentedVerdicts);
    expect(verdict).toMatchObject(expectedVerdict);

    const metrics = openMetrics({ templates: [template], topics: [], resultCodes: [] }, '0');
    metrics.meter.attempted({ request, answer, verdict, durationMs: 1 });
    const [code, status] = counted;
    expect(await metrics.expose()).toContain(
      `card_sync_deliveries_total{result_code="${code}",result_status="${status}",command="SEND",template="${template}"} 1\n`,
    );

    // Nothing of it is left on the way of the next one.
    expect(judge(await world.deliver(), 'SEND', documentedVerdicts)).toEqual({ kind: 'accepted' });
  });

  it('is heard without a byte of the body in what is told', async () => {
    world.platform.behave(answers('<html>2160220011223344 MB-SECRET-1</html>'));
    expect(JSON.stringify(await world.deliver())).not.toMatch(/2160220011223344|MB-SECRET-1/);
  });
});
