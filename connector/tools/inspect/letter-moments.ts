import { type Disposal, readStored, type StoredLetter } from '../../dead-letter/stored-letter.ts';
import { formatPosition, type Position } from '../../kernel/position.ts';
import type { SourceRecord } from '../../kernel/record.ts';
import type { Instant } from '../../kernel/time.ts';
import type { DisposalMoment, LetterMoment } from './story.ts';

/** What was done about a letter, and when. */
interface Marked {
  readonly disposal: Disposal;
  readonly at: Instant;
}

/** Collects an order's dead letters, and what was done about them, while their topic is read. */
export class LetterSearch {
  readonly #order: string;
  /** Places of the order's records in the source: the key alone does not tell, where it is no plain text. */
  readonly #sources: ReadonlySet<string>;
  readonly #letters: StoredLetter[] = [];
  readonly #marked = new Map<string, Marked>();

  constructor(order: string, sources: Iterable<Position>) {
    this.#order = order;
    this.#sources = new Set([...sources].map(formatPosition));
  }

  /** The next record of the dead-letter topic. */
  look(record: SourceRecord): void {
    const stored = readStored(record);
    if (stored?.kind === 'marker') {
      const { topic, timestamp } = record;
      const { partition, offset, disposal } = stored;
      this.#marked.set(formatPosition({ topic, partition, offset }), { disposal, at: timestamp });
    }
    if (stored?.kind !== 'letter') return;
    if (stored.order === this.#order || this.#sources.has(formatPosition(stored.source))) this.#letters.push(stored);
  }

  /** When all is read: a letter's marker lies behind it. */
  moments(): readonly (LetterMoment | DisposalMoment)[] {
    return this.#letters.flatMap(letter => {
      const { topic, partition, offset, timestamp } = letter.record;
      const place = { topic, partition, offset };
      const marked = this.#marked.get(formatPosition(place));
      const { source, reason, code, resultCode, detail } = letter;
      const disposal = marked?.disposal ?? null;
      const written = {
        kind: 'dead-letter',
        at: timestamp,
        place,
        source,
        reason,
        code,
        resultCode,
        detail,
        disposal,
      } as const;
      return marked === undefined ? [written] : [written, { kind: 'disposal', letter: place, ...marked } as const];
    });
  }
}
