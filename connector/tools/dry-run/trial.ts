import type { ReadEntry } from '../../journal/entry.ts';
import type { Fault } from '../../kernel/fault.ts';
import type { Position } from '../../kernel/position.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Command } from '../../order/change.ts';
import type { CardRequest } from '../../order/decide.ts';
import type { SkipReason } from '../../order/event.ts';

/** What would become of one record. */
export interface Trial {
  readonly position: Position;
  /** The record's own time; null where its file has none. */
  readonly appendedAt: Instant | null;
  /** Of the row; null where the record is no row's change, or cannot be decoded. */
  readonly row: { readonly op: string; readonly table: string; readonly committedAt: Instant } | null;
  readonly fate: Fate;
  /** What the journal has of the order; null: nothing, or it was not asked. */
  readonly known: Known | null;
  /** A later record of the same order was read: where both wait, only the last one is sent. */
  readonly followedBy: Position | null;
}

/** The end that a record would come to. */
export type Fate =
  /** It would be sent. */
  | { readonly kind: 'request'; readonly request: CardRequest }
  /** The journal says that it waits for its next attempt: this very request is repeated then. */
  | { readonly kind: 'owed'; readonly request: CardRequest; readonly dueAt: Instant; readonly attempts: number }
  /** Nothing would be sent for it. `alone`: its request, had these records come by themselves; null: not even then. */
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly alone: CardRequest | null }
  | {
      readonly kind: 'dead-letter';
      readonly reason: 'undecodable' | 'unmappable';
      readonly fault: Fault;
      readonly problems: readonly string[];
    };

/** The latest word of the journal about an order. */
export interface Known {
  readonly event: ReadEntry['event'];
  readonly at: Instant;
  /** Of the change it happened to. */
  readonly position: Position;
  readonly state: 'unknown' | 'live' | 'ended';
  readonly command: Command | null;
  readonly requestId: string | null;
  readonly detail: string | null;
}

/** The request that a trial shows, whether it would be sent or not; null where there is none. */
export function requestOf({ fate }: Trial): CardRequest | null {
  switch (fate.kind) {
    case 'request':
    case 'owed':
      return fate.request;
    case 'skipped':
      return fate.alone;
    case 'dead-letter':
      return null;
  }
}
