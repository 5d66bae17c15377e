import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Card, cardState } from '../../../sandbox/rules/cards.ts';
import { Platform } from '../../../sandbox/rules/platform.ts';
import { loadTemplates, templateFolder } from '../../../sandbox/rules/templates.ts';
import { aBody, start } from '../requests.ts';

const templates = loadTemplates([templateFolder], 'accept');

const step = fc.record({
  command: fc.constantFrom('SEND', 'UPDATE'),
  orderStatus: fc.constantFrom('TO_BOARD', 'SERVING', 'FINISHED'),
  bizDate: fc.integer({ min: start, max: start + 20 }),
  lifeMs: fc.option(fc.integer({ min: 1, max: 10 }), { nil: null }),
  restMs: fc.integer({ min: 0, max: 6 }),
  repeats: fc.boolean(),
});

it('the bizDate of a notification only rises, and a new notification comes only where none is valid', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      const platform = new Platform(templates, { cardsMax: 10, requestIdsMax: 100 });
      let now = start;
      let notifications = 0;
      for (const [index, { command, orderStatus, bizDate, lifeMs, restMs, repeats }] of steps.entries()) {
        now += restMs;
        const before = platform.card('ORDER-1');
        const wasValid = before !== null && cardState(before, now) === 'live';
        const endDate = lifeMs === null ? {} : { endDate: now + lifeMs };
        const body = aBody({ requestId: `r-${index}`, command, orderStatus, bizDate, ...endDate });
        const { outcome } = platform.receive(body, JSON.stringify(body), now);
        const after = platform.card('ORDER-1');
        const isNew = after !== null && after !== before && after.history.length === 1;
        if (isNew) {
          notifications += 1;
          expect(wasValid).toBe(false);
          expect(command).toBe('SEND');
        } else if (after !== before) {
          expect(wasValid).toBe(true);
          expect(after?.bizDate).toBeGreaterThan(before?.bizDate ?? Number.POSITIVE_INFINITY);
        }
        expect(after !== before).toBe(['created', 'updated', 'ended'].includes(outcome));
        if (after !== null) expectRising(after);
        if (repeats) {
          expect(platform.receive(body, JSON.stringify(body), now).outcome).toBe('repeat');
          expect(platform.card('ORDER-1')).toBe(after);
        }
      }
      expect(notifications).toBeLessThanOrEqual(steps.filter(({ command }) => command === 'SEND').length);
    }),
    { numRuns: 500 },
  );
});

function expectRising({ history, bizDate }: Card): void {
  const dates = history.map(entry => entry.bizDate);
  expect(dates).toEqual([...new Set(dates)].sort((a, b) => a - b));
  expect(dates.at(-1)).toBe(bizDate);
}
