import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../connector/order/decide.ts';
import { isOlder } from '../../../connector/order/source-position.ts';
import { aPolicy } from '../../support/builders.ts';
import { histories, play } from './histories.ts';

const runs = { numRuns: 500 };

describe('over any history, decide', () => {
  it('gives the same bytes for the same arguments', () => {
    fc.assert(
      fc.property(histories, steps => {
        expect(play(structuredClone(steps))).toEqual(play(steps));
      }),
      runs,
    );
  });

  it('never delivers at or below the position that was gone through', () => {
    fc.assert(
      fc.property(histories, steps => {
        for (const { before, change, decision } of play(steps)) {
          if (decision.kind === 'deliver') {
            expect(before.through === null || change.position.offset > before.through.offset).toBe(true);
          }
        }
      }),
      runs,
    );
  });

  it('never delivers what the database changed earlier than what was handled', () => {
    fc.assert(
      fc.property(histories, steps => {
        for (const { before, change, decision } of play(steps)) {
          if (decision.kind === 'deliver' && before.source !== null) {
            expect(isOlder(change.source, before.source)).toBe(false);
          }
        }
      }),
      runs,
    );
  });

  it('gives every request a higher bizDate than any that the platform has, or may have', () => {
    fc.assert(
      fc.property(histories, steps => {
        let highest = Number.NEGATIVE_INFINITY;
        for (const { decision, events } of play(steps)) {
          if (decision.kind !== 'deliver') continue;
          const { bizDate } = decision.request;
          expect(bizDate).toBeGreaterThan(highest);
          if (events.every(({ kind }) => kind !== 'delivery-dead-lettered')) highest = bizDate;
        }
      }),
      runs,
    );
  });

  it('never lowers the bizDate of a change', () => {
    fc.assert(
      fc.property(histories, steps => {
        for (const { change, decision } of play(steps)) {
          if (decision.kind === 'deliver') expect(decision.request.bizDate).toBeGreaterThanOrEqual(change.bizDate);
        }
      }),
      runs,
    );
  });

  it('skips as unchanged only what the platform is known to show', () => {
    fc.assert(
      fc.property(histories, steps => {
        let mayShow = new Set<string>();
        for (const { change, decision, events } of play(steps)) {
          if (decision.kind === 'skip') {
            if (decision.reason === 'unchanged') expect([...mayShow]).toEqual([change.card.hash]);
            continue;
          }
          const kind = events[0]?.kind;
          if (kind === 'delivery-unconfirmed') mayShow.add(change.card.hash);
          else if (kind !== 'delivery-dead-lettered') mayShow = new Set([change.card.hash]);
        }
      }),
      runs,
    );
  });

  it('tells a card that may show of its end', () => {
    fc.assert(
      fc.property(histories, steps => {
        let mayShow = false;
        for (const { before, change, decision, events } of play(steps)) {
          const noted = decision.kind === 'skip' ? decision.reason : null;
          if (noted === 'ended' && before.kind !== 'live') expect(mayShow).toBe(false);
          if (decision.kind === 'deliver' && events[0]?.kind !== 'delivery-dead-lettered') {
            const certain = events[0]?.kind !== 'delivery-unconfirmed';
            if (!change.card.ends) mayShow = true;
            else if (certain) mayShow = false;
          }
        }
      }),
      runs,
    );
  });

  it('ends a delivery in a request of its own id, which no other change or command has', () => {
    fc.assert(
      fc.property(histories, steps => {
        const requests = play(steps).flatMap(({ decision }) => (decision.kind === 'deliver' ? [decision.request] : []));
        expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(requests.length);
      }),
      runs,
    );
  });

  it('never sends an end as a new card', () => {
    fc.assert(
      fc.property(histories, steps => {
        for (const { change, decision } of play(steps)) {
          if (decision.kind === 'deliver' && change.card.ends) expect(decision.request.command).toBe('UPDATE');
        }
      }),
      runs,
    );
  });

  it('depends on the clock only through expiry', () => {
    fc.assert(
      fc.property(histories, steps => {
        for (const { before, change } of play(steps)) {
          if (change.card.endDate !== null || before.kind === 'live' || change.snapshot || change.replays) continue;
          const early = decide(before, change, aPolicy());
          const late = decide(before, change, { ...aPolicy(), now: change.bizDate });
          expect(late).toEqual(early);
        }
      }),
      runs,
    );
  });
});
