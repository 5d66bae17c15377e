import fc from 'fast-check';
import { type DurationMs, type Instant, instant } from '../../../connector/kernel/time.ts';
import type { CardChange } from '../../../connector/order/change.ts';
import { type CardRequest, type Decision, decide } from '../../../connector/order/decide.ts';
import type { OrderEvent } from '../../../connector/order/event.ts';
import { evolve, initialState, type OrderState } from '../../../connector/order/state.ts';
import { aChange, aPolicy, dawn, lsnAt } from '../../support/builders.ts';
import { deadLettered, skipped, unconfirmed } from './given.ts';

/** One change of a random history, and what comes of it. */
export interface Step {
  readonly change: CardChange;
  readonly fate: 'accepted' | 'healed' | 'rejected' | 'unconfirmed';
  readonly waitMs: DurationMs;
}

/** Random changes of one order: new ones, repeated ones, some put back to be sent again, equal cards, ends, clocks that go back; and what comes of each. */
export const histories: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.record({
      skew: fc.integer({ min: -3, max: 3 }),
      text: fc.constantFrom('a', 'b', 'c'),
      ends: fc.boolean(),
      creates: fc.boolean(),
      snapshot: fc.boolean(),
      endDateMs: fc.constantFrom(null, null, -1000, 3_600_000, 48 * 3_600_000),
      repeats: fc.nat(4),
      replays: fc.nat(4),
      fate: fc.constantFrom('accepted', 'accepted', 'healed', 'rejected', 'unconfirmed'),
      waitMs: fc.constantFrom(0, 1, 60_000, 13 * 3_600_000),
    }),
    { maxLength: 15 },
  )
  .map(list =>
    list.map(({ skew, endDateMs, repeats, replays, fate, waitMs, ...parts }, index) => {
      const n = index * 2 + 2;
      // Sometimes Debezium repeats an older change at this new offset.
      const source = repeats === 0 ? lsnAt(Math.max(1, n - 4)) : lsnAt(n);
      const endDate = endDateMs === null ? null : instant(dawn + endDateMs);
      const change = aChange({ n, ...parts, source, endDate, bizDate: instant(dawn + n + skew) });
      if (replays > 0 || index === 0) return { change, fate, waitMs };
      // The one before, as it is mapped now.
      return { change: { ...change, source: lsnAt(n - 2), replays: 1 }, fate, waitMs };
    }),
  );

/** One step as it went. */
export interface Told {
  readonly before: OrderState;
  readonly change: CardChange;
  readonly decision: Decision;
  readonly events: readonly OrderEvent[];
  readonly after: OrderState;
}

/** Plays a history: decides each change, and evolves the state by what comes of it. */
export function play(steps: readonly Step[]): readonly Told[] {
  let state: OrderState = initialState;
  let now = dawn;
  return steps.map(({ change, fate, waitMs }) => {
    now = instant(now + waitMs);
    const before = state;
    const decision = decide(before, change, aPolicy({ now }));
    const events = eventsOf(decision, change, fate, now);
    state = events.reduce(evolve, before);
    return { before, change, decision, events, after: state };
  });
}

function eventsOf(decision: Decision, change: CardChange, fate: Step['fate'], now: Instant): readonly OrderEvent[] {
  if (decision.kind === 'skip') return decision.reason === 'duplicate' ? [] : [skipped(change)];
  const { request } = decision;
  switch (fate) {
    case 'rejected':
      return [deadLettered(change)];
    case 'unconfirmed':
      return [{ ...unconfirmed(change), bizDate: request.bizDate } as OrderEvent];
    default:
      return [accepted(request, fate === 'healed', now)];
  }
}

function accepted({ change, bizDate, command }: CardRequest, healed: boolean, at: Instant): OrderEvent {
  const { position, source, card } = change;
  if (card.ends) return { kind: 'card-ended', position, source, bizDate, hash: card.hash };
  const kind = (command === 'SEND') !== healed ? 'card-sent' : 'card-updated';
  return { kind, position, source, bizDate, hash: card.hash, endDate: card.endDate, at };
}
