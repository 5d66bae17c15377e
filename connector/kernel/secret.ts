/** A secret text that no log, error or JSON shows: only {@link Secret.reveal} gives it, at the place of its use. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself; call it where it is used, and keep the result nowhere. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  // Node's inspect (console, assert, crash reports) asks for this name.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
