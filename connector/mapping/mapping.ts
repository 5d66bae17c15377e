import type { RowChange } from '../kernel/row-change.ts';
import type { CardChange } from '../order/change.ts';
import type { SkipReason } from '../order/event.ts';
import type { MappingLimits } from './bounds/limits.ts';

/** A mapping file after YAML: unchecked. `file` is named in problems. */
export interface MappingDocument {
  readonly file: string;
  readonly content: unknown;
}

/** A template's JSON Schema (see `schemas/json/templates/README.md`): `template` is the productTemplateCode. */
export interface TemplateSchema {
  readonly template: string;
  readonly file: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** What the mapping room is told by the settings. */
export interface MappingOptions {
  readonly templates: readonly TemplateSchema[];
  /** Whether `languageBusinessInfo` is one JSON string (the API document's example) or an object of JSON strings (its table). */
  readonly languageBusinessInfo: 'string' | 'object';
  /** What one change may cost; the settings' defaults where it is not given. */
  readonly limits?: MappingLimits;
}

/** All problems of all mappings, each with its file and key: never only the first. */
export interface MappingProblem {
  readonly file: string;
  /** Path of the key, e.g. `languages.zh_HK.bill_name`. */
  readonly path: string;
  readonly problem: string;
  readonly hint?: string;
}

/** Compiled mappings, ready to make cards. Holds no state: the same change always gives the same card. */
export interface Mapping {
  /** Makes the card of a row's change. Never throws: whatever is wrong with the row comes back as `invalid`. */
  mapChange(change: RowChange): Mapped;
  /** Columns of the row before an update that tell whether the order number changed. Null: none are asked for. */
  readonly earlierColumns: ReadonlySet<string> | 'all' | null;
  /** The templates the mappings make, for metric series that exist from the start. */
  readonly templates: readonly string[];
}

/** What became of a row's change. */
export type Mapped =
  /** `former`: the end of the card under the order number that the row had before. */
  | { readonly kind: 'change'; readonly change: CardChange; readonly former?: CardChange }
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };
