import type { Disposal } from '../../dead-letter/stored-letter.ts';
import type { Owed } from '../../flow/ports.ts';
import type { ReadEntry } from '../../journal/entry.ts';
import type { Position } from '../../kernel/position.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Command } from '../../order/change.ts';
import type { OrderState } from '../../order/state.ts';

/** A change of the order's row, as it lies in the source. */
export interface SourceMoment {
  readonly kind: 'source';
  /** When its record was appended. */
  readonly at: Instant;
  readonly position: Position;
  /** The row's; null where it cannot be decoded, or is no row's change. */
  readonly op: string | null;
  readonly table: string | null;
  readonly committedAt: Instant | null;
  /** The card that it maps to; null where there is none. */
  readonly card: { readonly template: string; readonly status: string; readonly ends: boolean } | null;
  /** Where there is no card: why. */
  readonly without: { readonly reason: string; readonly problems: readonly string[] } | null;
  /** Of AlipayHK, in the card: whole. */
  readonly users: readonly string[];
  /** Columns that differ from the change of this row before; null for the first that was read, and where there is no row. */
  readonly changed: readonly string[] | null;
  /** A dead letter that was put back: how often by then; 0: it was not. */
  readonly redriven: number;
}

/** An event of the order in the journal. */
export interface JournalMoment {
  readonly kind: 'journal';
  readonly at: Instant;
  /** In the journal. */
  readonly place: Position;
  readonly event: ReadEntry['event'];
  /** The change that it happened to. */
  readonly position: Position;
  readonly command: Command | null;
  readonly requestId: string | null;
  readonly attempts: number;
  readonly detail: string | null;
  readonly state: OrderState['kind'];
}

/** The order was forgotten: its card had been over for long. */
export interface ForgottenMoment {
  readonly kind: 'forgotten';
  readonly at: Instant;
  readonly place: Position;
}

/** A dead letter of the order was written. */
export interface LetterMoment {
  readonly kind: 'dead-letter';
  readonly at: Instant;
  /** In the dead-letter topic. */
  readonly place: Position;
  /** The record that it is about. */
  readonly source: Position;
  readonly reason: string;
  readonly code: string;
  readonly resultCode: string | null;
  readonly detail: string;
  /** What was done about it since; null: it is open. */
  readonly disposal: Disposal | null;
}

/** A dead letter of the order was dealt with. */
export interface DisposalMoment {
  readonly kind: 'disposal';
  readonly at: Instant;
  readonly disposal: Disposal;
  /** Of the letter. */
  readonly letter: Position;
}

/** What happened at one time. */
export type Moment = SourceMoment | JournalMoment | ForgottenMoment | LetterMoment | DisposalMoment;

/** What is known of the order now, as the journal has it. */
export interface Standing {
  readonly state: OrderState;
  readonly owed: Owed | null;
}

/** All that is to be found of one order. */
export interface Story {
  readonly order: string;
  /** In the sequence of time. */
  readonly moments: readonly Moment[];
  /** Null: the journal has nothing of it, has forgotten it, or there is none. */
  readonly standing: Standing | null;
  /** Records of each kind that were looked at. */
  readonly looked: { readonly source: number; readonly journal: number; readonly deadLetters: number };
  /** The partitions of the source that were read, by topic. */
  readonly partitions: ReadonlyMap<string, readonly number[]>;
  /** Topics that do not exist. */
  readonly absent: readonly ('journal' | 'dead-letters')[];
}
