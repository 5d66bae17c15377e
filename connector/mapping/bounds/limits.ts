// What one change may cost. docs/limits.md lists these bounds, and a test compares it with them. Apart from what counts them, for the
// settings read their defaults here and load no compiler of expressions.

/** The bounds that the settings give (`mapping.…`). */
export interface MappingLimits {
  /** Steps of all expressions and reading of JSON columns for one change. A step takes some 100 ns. */
  readonly stepsMax: number;
  /** Bytes (UTF-8) of what a card contributes to a request. */
  readonly cardBytesMax: number;
  /** Characters of a JSON column that `json()` reads. */
  readonly jsonCharactersMax: number;
}

/** The settings' defaults. */
export const defaultLimits: MappingLimits = {
  stepsMax: 1_000_000,
  cardBytesMax: 262_144,
  jsonCharactersMax: 4_194_304,
};

/** Levels that lists and maps of a value may nest. */
export const depthMax = 64;

/** Problems of one change that are listed; each is cut to {@link problemCharactersMax}. */
export const problemsMax = 20;

/** Characters of one problem. */
export const problemCharactersMax = 500;
