import { type Disposal, readStored } from '../../dead-letter/stored-letter.ts';
import { formatPosition, type Position } from '../../kernel/position.ts';
import type { SourceRecord } from '../../kernel/record.ts';
import type { Instant } from '../../kernel/time.ts';
import type { DisposalMoment, LetterMoment } from './story.ts';

/** What was done about a letter, and when. */
interface Marked {
  readonly disposal: Disposal;
  readonly at: Instant;
}

/** A letter as it is remembered until the order's records are known: without its bytes. */
interface Seen {
  readonly isByKey: boolean;
  readonly moment: Omit<LetterMoment, 'disposal'>;
}

/** Collects dead letters, and what was done about them, while their topic is read. */
export class LetterSearch {
  readonly #order: string;
  readonly #letters: Seen[] = [];
  readonly #marked = new Map<string, Marked>();

  constructor(order: string) {
    this.#order = order;
  }

  /** The next record of the dead-letter topic. */
  look(record: SourceRecord): void {
    const stored = readStored(record);
    const { topic, timestamp } = record;
    if (stored?.kind === 'marker') {
      const { partition, offset, disposal } = stored;
      this.#marked.set(formatPosition({ topic, partition, offset }), { disposal, at: timestamp });
    }
    if (stored?.kind !== 'letter') return;
    const { source, reason, code, resultCode, detail } = stored;
    const place = { topic, partition: record.partition, offset: record.offset };
    const moment = { kind: 'dead-letter', at: timestamp, place, source, reason, code, resultCode, detail } as const;
    this.#letters.push({ isByKey: stored.order === this.#order, moment });
  }

  /**
   * When all is read: those with the order's id as their key, and those of its records in the source (`places`), since the key alone does
   * not tell where it is no plain text. A letter's marker lies behind it.
   */
  moments(places: Iterable<Position>): readonly (LetterMoment | DisposalMoment)[] {
    const sources = new Set([...places].map(formatPosition));
    return this.#letters
      .filter(({ isByKey, moment }) => isByKey || sources.has(formatPosition(moment.source)))
      .flatMap(({ moment }) => {
        const marked = this.#marked.get(formatPosition(moment.place));
        const written = { ...moment, disposal: marked?.disposal ?? null };
        return marked === undefined
          ? [written]
          : [written, { kind: 'disposal', letter: moment.place, ...marked } as const];
      });
  }
}
