import type { dataMembers, languageCodes } from './document.ts';
import type { ColumnsUsed } from './expressions/columns.ts';
import type { Source } from './expressions/scope.ts';
import type { Template } from './template.ts';

/** A mapping file with every expression compiled. */
export interface CompiledMapping {
  readonly file: string;
  readonly template: Template;
  readonly tables: readonly string[];
  readonly when: Source | null;
  readonly lets: ReadonlyMap<string, Source>;
  readonly merchantBizNo: Source;
  readonly user: { readonly member: 'userId' | 'openId'; readonly source: Source };
  readonly merchantId: Source | null;
  readonly status: StatusRule;
  readonly bizDate: Source | null;
  readonly endDate: Source | null;
  readonly onDelete: string | null;
  readonly data: readonly DataMember[];
  /** Members that are the same in every language: evaluated once for a change. */
  readonly shared: readonly Source[];
  readonly languages: readonly Language[];
  /** The columns that its expressions use, by the expressions' paths. */
  readonly columns: ReadonlyMap<string, ColumnsUsed>;
}

/** What the source gives is read as a status, by the map if there is one; it may be `skip`. */
export interface StatusRule {
  readonly source: Source;
  read(value: unknown): string;
}

/** A member of syncDataInfo. */
export interface DataMember {
  readonly name: keyof typeof dataMembers;
  readonly source: Source;
}

/** A language's members of businessInfo: each has a source of its own, or the index of a shared one. */
export interface Language {
  readonly code: (typeof languageCodes)[number];
  readonly members: readonly { readonly name: string; readonly source: Source | number }[];
}
