import { type CardChange, isCopy, type MerchantBizNo } from '../../order/change.ts';
import { isOlder, isSamePlace } from '../../order/source-position.ts';
import type { ReplayMark } from '../../source/replay-mark.ts';

/** Where the last change of an order lies. */
export interface LastPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly source: CardChange['source'];
  readonly template: string;
  /** How often this very change was put back by now. */
  readonly replays: number;
  /** This run has put the order back already, before it was broken off. */
  readonly done: boolean;
}

/** A record's change, as a run looks at it. */
export interface SeenChange {
  readonly change: CardChange;
  readonly mark: ReplayMark | null;
  /** It was committed in the span of the run. Of others only orders that have changes in it are kept. */
  readonly within: boolean;
}

/**
 * The last change of each order that changed in a span of time. Of each it keeps a place and little else, some 300 bytes; past
 * `ordersMax` it takes no more, and says so.
 */
export class LastPlaces {
  readonly #run: string;
  readonly #ordersMax: number;
  readonly #places = new Map<MerchantBizNo, LastPlace>();

  constructor(run: string, ordersMax: number) {
    this.#run = run;
    this.#ordersMax = ordersMax;
  }

  get size(): number {
    return this.#places.size;
  }

  /** False: there are more orders than may be kept. */
  see({ change, mark, within }: SeenChange): boolean {
    const { merchantBizNo: order } = change;
    const known = this.#places.get(order);
    if (known === undefined) {
      if (!within) return true;
      if (this.#places.size >= this.#ordersMax) return false;
    }
    this.#places.set(order, this.#placeAfter(known, change, mark));
    return true;
  }

  /** Each order with its place, in no particular order. */
  entries(): Iterable<readonly [MerchantBizNo, LastPlace]> {
    return this.#places;
  }

  #placeAfter(known: LastPlace | undefined, change: CardChange, mark: ReplayMark | null): LastPlace {
    const { position, source, card } = change;
    const done = known?.done === true || mark?.run === this.#run;
    // Debezium repeats old changes at new offsets: the database's own position tells which is the last.
    if (known !== undefined && !isLast(change, known)) return { ...known, done };
    const isSame = known !== undefined && (mark !== null || isSamePlace(source, known.source));
    const replays = Math.max(mark?.count ?? 0, isSame ? known.replays : 0);
    return { ...position, source, template: card.template, replays, done };
  }
}

/** A copy is the last only where nothing came between it and the record that it is a copy of. */
function isLast(change: CardChange, known: LastPlace): boolean {
  const { source, origin, position } = change;
  if (!isCopy(change)) return !isOlder(source, known.source);
  if (origin !== undefined && position.partition === known.partition && position.topic === known.topic) {
    return origin >= known.offset;
  }
  return isSamePlace(source, known.source) || isOlder(known.source, source);
}
