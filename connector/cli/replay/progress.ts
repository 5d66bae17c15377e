import type { ReplayProgress } from '../../tools/replay/replay.ts';

/** Where progress is shown. */
export interface ProgressParts {
  readonly print: (text: string) => void;
  /** A person looks on: one line is written over and over. */
  readonly isTerminal: boolean;
  /** Milliseconds, from any moment on. */
  readonly now: () => number;
}

/** Between two words on how far it has come. */
const tellMs = 2_000;

const units = { reading: 'records read', 'putting back': 'orders put back' } as const;

/** Tells every two seconds how far a run has come, how fast, and how long it will take. */
export class ProgressLine {
  readonly #parts: ProgressParts;
  #phase: Parameters<ReplayProgress>[0] | null = null;
  /** From the first word of a phase on: to join a group takes its own time. */
  #began = { at: 0, done: 0 };
  #toldAt = 0;
  #isOpen = false;

  constructor(parts: ProgressParts) {
    this.#parts = parts;
  }

  /** How far it is. */
  tell(phase: Parameters<ReplayProgress>[0], done: number, all: number): void {
    const now = this.#parts.now();
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#began = { at: now, done };
      this.#toldAt = now;
      return;
    }
    if (now - this.#toldAt < tellMs) return;
    this.#toldAt = now;
    const perMs = (done - this.#began.done) / (now - this.#began.at);
    const left = perMs > 0 ? `, ${spanOf((all - done) / perMs)} left` : '';
    this.#write(`${done} of ${all} ${units[phase]}, ${Math.round(perMs * 1000)} a second${left}`);
  }

  /** What is printed next begins a line of its own. */
  end(): void {
    if (this.#isOpen) this.#parts.print('\n');
    this.#isOpen = false;
  }

  #write(line: string): void {
    const { print, isTerminal } = this.#parts;
    // Back to the line's begin, and to its end nothing of what stood there.
    print(isTerminal ? `\r${line}\x1b[K` : `${line}\n`);
    this.#isOpen = isTerminal;
  }
}

/** `48 s`, `12 min`, `3 h 5 min`. */
export function spanOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
