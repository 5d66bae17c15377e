import { Fault, messageOf } from '../../kernel/fault.ts';
import { scrub } from '../../kernel/mask.ts';
import type { Clock, DurationMs } from '../../kernel/time.ts';
import { type CheckGroup, checkGroups, type Finding, type Found, failed, type Looked, skipped } from './finding.ts';

/** What is looked at. */
export interface Subject {
  readonly group: CheckGroup;
  readonly id: string;
  readonly title: string;
  /** Longer is taken for no answer. */
  readonly limitMs: DurationMs;
}

/** A look that is under way; others may wait for what it gives. */
export interface Step<T> {
  readonly title: string;
  /** Null where there is nothing to go on from. Never rejects. */
  readonly value: Promise<T | null>;
}

/** The same look, for one that can go on without what it gives. */
export function optional<T>({ title, value }: Step<T>): Step<{ readonly value: T | null }> {
  return { title, value: value.then(found => ({ value: found })) };
}

/** What steps give. */
type Values<S extends readonly Step<unknown>[]> = { [K in keyof S]: S[K] extends Step<infer T> ? T : never };

/** How it goes on, for whoever waits. */
export interface ExaminationProgress {
  readonly done: number;
  readonly of: number;
  /** Titles of what is looked at now. */
  readonly underway: readonly string[];
}

/**
 * Looks at many subjects side by side, each when those it needs have been looked at, each within its time, all within `limitMs` and until `stop`.
 * What one needs and does not get is said, not guessed: it is skipped.
 */
export class Examination {
  readonly #clock: Clock;
  readonly #over: Promise<'over'>;
  readonly #ended = new AbortController();
  readonly #onProgress: (progress: ExaminationProgress) => void;
  readonly #slots: (readonly Finding[])[] = [];
  readonly #steps: Promise<unknown>[] = [];
  readonly #underway = new Set<string>();
  #done = 0;

  constructor(
    clock: Clock,
    limitMs: DurationMs,
    stop: AbortSignal,
    onProgress: (progress: ExaminationProgress) => void,
  ) {
    this.#clock = clock;
    this.#onProgress = onProgress;
    this.#over = clock.sleep(limitMs, AbortSignal.any([this.#ended.signal, stop])).then(() => 'over');
  }

  /** Looks at a subject when all of `needs` gave something. */
  look<const S extends readonly Step<unknown>[], T>(
    subject: Subject,
    needs: S,
    work: (...values: Values<S>) => Looked<T> | Promise<Looked<T>>,
  ): Step<T> {
    const slot = this.#slots.push([]) - 1;
    const value = this.#carryOut(subject, needs, work).then(({ found, value }) => {
      this.#slots[slot] = found.map(one => ({ ...safe(one), group: subject.group }));
      this.#done++;
      this.#underway.delete(subject.title);
      this.#tell();
      return value;
    });
    this.#steps.push(value);
    return { title: subject.title, value };
  }

  /** The findings of all looks, in the order in which they were begun, by group. */
  async findings(): Promise<readonly Finding[]> {
    await Promise.all(this.#steps);
    this.#ended.abort();
    return checkGroups.flatMap(group => this.#slots.flat().filter(finding => finding.group === group));
  }

  async #carryOut<const S extends readonly Step<unknown>[], T>(
    { id, title, limitMs }: Subject,
    needs: S,
    work: (...values: Values<S>) => Looked<T> | Promise<Looked<T>>,
  ): Promise<Looked<T>> {
    const values = await Promise.race([this.#over, Promise.all(needs.map(({ value }) => value))]);
    if (values === 'over') return nothing(skipped(id, title, 'there was no time left for it'));
    const missing = needs.filter((_, index) => values[index] === null).map(need => need.title);
    if (missing.length > 0) return nothing(skipped(id, title, `needs what was not found above: ${missing.join(', ')}`));
    this.#underway.add(title);
    this.#tell();
    const waiting = new AbortController();
    const late = this.#clock.sleep(limitMs, waiting.signal).then(() => 'late' as const);
    try {
      const looked = await Promise.race([this.#over, late, (async () => work(...(values as unknown as Values<S>)))()]);
      if (looked === 'over') return nothing(skipped(id, title, 'there was no time left for it'));
      if (looked !== 'late') return looked;
      return nothing(failed(id, title, `no answer within ${limitMs / 1000} s`, 'check the network, or try again'));
    } catch (error) {
      return nothing(failureOf(id, title, error));
    } finally {
      waiting.abort();
    }
  }

  #tell(): void {
    this.#onProgress({ done: this.#done, of: this.#slots.length, underway: [...this.#underway] });
  }
}

function nothing<T>(found: Found): Looked<T> {
  return { found: [found], value: null };
}

/** What was thrown, as a finding. */
function failureOf(id: string, title: string, thrown: unknown): Found {
  if (thrown instanceof Fault) return failed(id, title, thrown.detail, thrown.remedy);
  return failed(id, title, messageOf(thrown), 'this was not expected; please report it');
}

/** Others wrote a part of it: brokers, registries, libraries. */
function safe(found: Found): Found {
  return { ...found, detail: scrub(found.detail), remedy: found.remedy === null ? null : scrub(found.remedy) };
}
