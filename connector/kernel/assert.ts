/** Our own mistake: a broken invariant. The process ends; nothing is committed past it. */
export class BrokenInvariant extends Error {
  constructor(invariant: string) {
    super(`broken invariant: ${invariant}. This is a defect of the connector: please report it with the log.`);
    this.name = 'BrokenInvariant';
  }
}

/** Holds in production too. For our own mistakes only, never for input. Throws {@link BrokenInvariant}. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new BrokenInvariant(invariant);
}

/** The end of an exhaustive `switch`: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new BrokenInvariant(`no case for ${JSON.stringify(value)}`);
}
