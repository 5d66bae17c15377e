import { problemCharactersMax, problemsMax } from './limits.ts';

/** What is wrong with one change: each problem once, the first of them listed. */
export class ProblemList {
  #listed: Set<string> | null = null;
  #count = 0;

  /** How often a problem was added, also one that is listed already. */
  get count(): number {
    return this.#count;
  }

  /** Adds a problem, cut where it is too long. */
  add(problem: string): void {
    this.#count++;
    this.#listed ??= new Set();
    if (this.#listed.size > problemsMax) return;
    const { length } = problem;
    this.#listed.add(length > problemCharactersMax ? `${problem.slice(0, problemCharactersMax - 1)}…` : problem);
  }

  /** The problems in the order in which they were found. */
  listed(): readonly string[] {
    const problems = [...(this.#listed ?? [])];
    return problems.length > problemsMax
      ? [...problems.slice(0, problemsMax), 'further problems are not listed']
      : problems;
  }
}
