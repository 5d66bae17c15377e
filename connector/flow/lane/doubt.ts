import { instant } from '../../kernel/time.ts';
import type { CardChange } from '../../order/change.ts';
import type { CardRequest } from '../../order/decide.ts';
import type { DeliveryUnconfirmed } from '../../order/event.ts';

/** That the card may show this change: it was sent, or may have been, and no more will be learned of it. */
export function doubtOf(change: CardChange, request: CardRequest | null): DeliveryUnconfirmed {
  const { position, source, card } = change;
  const bizDate = request?.bizDate ?? change.bizDate;
  return { kind: 'delivery-unconfirmed', position, source, bizDate, count: 1, ends: card.ends, endDate: card.endDate };
}

/** Two doubts of one order as one; `later` is the later. */
export function mergedDoubt(
  earlier: DeliveryUnconfirmed | null,
  later: DeliveryUnconfirmed | null,
): DeliveryUnconfirmed | null {
  if (earlier === null || later === null) return earlier ?? later;
  return {
    ...later,
    bizDate: instant(Math.max(earlier.bizDate + later.count, later.bizDate)),
    count: earlier.count + later.count,
    ends: earlier.ends || later.ends,
    endDate:
      earlier.endDate === null || later.endDate === null
        ? (earlier.endDate ?? later.endDate)
        : instant(Math.min(earlier.endDate, later.endDate)),
  };
}
