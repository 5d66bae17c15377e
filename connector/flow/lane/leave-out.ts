import type { SkipReason } from '../../order/event.ts';
import type { Accounts } from '../accounts.ts';
import type { OrderBook } from '../memory/order-book.ts';
import type { Entry } from './lane.ts';

/** What leaving out needs of the world. */
export interface LeaveOutParts {
  readonly book: OrderBook;
  readonly accounts: Accounts;
}

/**
 * Leaves a change out, for a reason. Null when that is done with. Else it resolves when the journal has it, and has that the
 * change took others' places: until then nothing newer of the order may be sent, for after a crash the change would be read
 * again by one that knows less, might be sent, and the card would go back.
 */
export function leaveOut(entry: Entry, reason: SkipReason, parts: LeaveOutParts): Promise<unknown> | null {
  const { book, accounts } = parts;
  const { position, source, merchantBizNo } = entry.change;
  const wasTried = entry.pending !== null;
  if (wasTried && !entry.parked) accounts.doubt(entry);
  const isKnown = book.get(merchantBizNo).kind !== 'unknown';
  // Read again, a stale or repeated change would be skipped again; so would one of an order that nothing is known of.
  const moves = isKnown && reason !== 'duplicate' && reason !== 'stale';
  if (moves) accounts.remember(entry, { kind: 'change-skipped', reason, position, source });
  if (!moves && !wasTried) {
    accounts.skip(entry, reason);
    return entry.noted;
  }
  return Promise.all([accounts.leaveOut(entry, reason), entry.noted]);
}
