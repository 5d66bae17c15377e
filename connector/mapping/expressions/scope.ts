import type { Row } from '../../kernel/row-change.ts';
import { asCelMap } from '../helpers/json-column.ts';

/** Something of a mapping that gives a value for a change: an expression, a constant, or a list or map of such. */
export interface Source {
  /** Where it stands in the mapping file. */
  readonly path: string;
  /** It can give another value in another language. */
  readonly usesLanguage: boolean;
  /** The value as CEL has it; throws what `explain` can explain. */
  evaluate(scope: Scope): unknown;
}

/** A failed `let`: everything that uses it fails with the same words. */
export class LetFailed extends Error {
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`${path} has no value`, { cause });
    this.path = path;
  }
}

/** The variables of one change: `row`, `op`, `language`, and each `let` of a mapping, evaluated when first used and then kept. */
export class Scope extends Map<string, unknown> {
  readonly row: Row;
  #lets: ReadonlyMap<string, Source> = noLets;
  #failed: Map<string, LetFailed> | null = null;

  constructor(row: Row, op: string) {
    super();
    this.row = row;
    this.set('row', asCelMap(row)).set('op', op);
  }

  /** Takes the lets of a mapping; those of another one are forgotten. */
  begin(lets: ReadonlyMap<string, Source>): this {
    for (const name of this.#lets.keys()) this.delete(name);
    this.#lets = lets;
    this.#failed = null;
    return this;
  }

  override get(name: string): unknown {
    const known = super.get(name);
    if (known !== undefined) return known;
    const source = this.#lets.get(name);
    return source === undefined ? undefined : this.#evaluate(name, source);
  }

  #evaluate(name: string, source: Source): unknown {
    const failed = this.#failed?.get(name);
    if (failed !== undefined) throw failed;
    try {
      const value = source.evaluate(this);
      this.set(name, value);
      return value;
    } catch (error) {
      const failure = error instanceof LetFailed ? error : new LetFailed(source.path, error);
      this.#failed ??= new Map();
      this.#failed.set(name, failure);
      throw failure;
    }
  }
}

const noLets: ReadonlyMap<string, Source> = new Map();
