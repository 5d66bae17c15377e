import type { z } from 'zod';
import { didYouMean } from '../kernel/did-you-mean.ts';
import { keysAt, type MappingFile, mappingSchema } from './document.ts';
import type { MappingDocument, MappingProblem } from './mapping.ts';

/** A mapping file of the right shape, or all that is wrong with its shape. */
export type ReadDocument =
  | { readonly kind: 'read'; readonly mapping: MappingFile }
  | { readonly kind: 'problems'; readonly problems: readonly MappingProblem[] };

/** Checks the shape of a mapping file; expressions are not looked at. */
export function readDocument(document: MappingDocument): ReadDocument {
  const parsed = mappingSchema.safeParse(document.content);
  if (parsed.success) return { kind: 'read', mapping: parsed.data };
  const { file, content } = document;
  return { kind: 'problems', problems: parsed.error.issues.flatMap(issue => problemsOf(file, content, issue)) };
}

type Issue = z.core.$ZodIssue;

function problemsOf(file: string, content: unknown, issue: Issue): readonly MappingProblem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownKey(file, path, key));
  if (issue.code === 'invalid_union') {
    const inner = closestBranch(issue, valueAt(content, issue.path));
    if (inner.length > 0) {
      return inner.flatMap(branch => problemsOf(file, content, { ...branch, path: [...issue.path, ...branch.path] }));
    }
  }
  if (issue.code === 'invalid_key') return [{ file, path, problem: issue.issues[0]?.message ?? issue.message }];
  if (valueAt(content, issue.path) === undefined) return [{ file, path, problem: 'is missing' }];
  return [{ file, path, problem: path === '' ? 'expects a mapping: keys and values' : issue.message }];
}

function unknownKey(file: string, path: string, key: string): MappingProblem {
  const known = keysAt[path] ?? [];
  const hint = didYouMean(key, known) ?? `known here are ${known.join(', ')}`;
  return { file, path: path === '' ? key : `${path}.${key}`, problem: 'unknown key', hint };
}

// Of "an expression or a map" the branch that fits the value's kind has the telling issues.
function closestBranch(issue: Extract<Issue, { code: 'invalid_union' }>, value: unknown): readonly Issue[] {
  if (typeof value !== 'object' || value === null) return [];
  return (
    issue.errors.find(branch => branch.every(inner => inner.path.length > 0 || inner.code !== 'invalid_type')) ?? []
  );
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  let value = content;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
