import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { schemaPattern } from './bounds/linear-pattern.ts';
import type { TemplateSchema } from './mapping.ts';

/** A template's schema, compiled. */
export interface Template {
  readonly code: string;
  /** All statuses; null where the schema leaves them open. */
  readonly statuses: readonly string[] | null;
  /** Statuses that hide the card for good (`x-endStatuses`). */
  readonly ends: ReadonlySet<string>;
  /** Names that the schema knows in `businessInfo`. */
  readonly knownMembers: readonly string[];
  /** What is wrong with a language's card, as member and text; no values. */
  check(status: string, businessInfo: unknown): readonly TemplateProblem[];
}

/** One problem of a card: the member of `businessInfo` (or `''`) and what it lacks. */
interface TemplateProblem {
  readonly member: string;
  readonly problem: string;
  readonly missing: boolean;
}

/** Compiles a template's schema (`schemas/json/templates/README.md`), draft-07 or 2020-12; a text says why it cannot be. */
export function compileTemplate(from: TemplateSchema): Template | string {
  const ends = from.schema['x-endStatuses'] ?? [];
  if (!Array.isArray(ends) || !ends.every(status => typeof status === 'string')) {
    return 'x-endStatuses must be a list of statuses';
  }
  const validate = compileSchema(from.schema);
  if (typeof validate === 'string') return validate;
  const statusSchema = memberOf(memberOf(from.schema, 'properties'), 'orderStatus');
  const statuses =
    memberOf(statusSchema, 'enum') ?? (constOf(statusSchema) === undefined ? null : [constOf(statusSchema)]);
  const info = memberOf(memberOf(memberOf(from.schema, 'properties'), 'businessInfo'), 'properties');
  return {
    code: from.template,
    statuses: Array.isArray(statuses) ? statuses.map(String) : null,
    ends: new Set<string>(ends),
    knownMembers: typeof info === 'object' && info !== null ? Object.keys(info) : [],
    check: (orderStatus, businessInfo) => {
      try {
        return validate({ orderStatus, businessInfo }) ? [] : problemsOf(validate.errors ?? []);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return [{ member: '', problem: `the schema of ${from.template} refers to itself without end`, missing: false }];
      }
    },
  };
}

// Ajv compares every item with every other one.
const uniqueItems = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  error: { message: 'must NOT have duplicate items' },
  validate: (isRequired: boolean, items: readonly unknown[]) =>
    !isRequired || new Set(items.map(item => JSON.stringify(sorted(item)))).size === items.length,
} as const;

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return { members: members.map(([name, member]) => [name, sorted(member)]) };
}

function compileSchema(schema: Readonly<Record<string, unknown>>): ValidateFunction | string {
  const draft = schema.$schema;
  const newer = typeof draft === 'string' && draft.includes('2020-12');
  // Formats are annotations only: the templates' own formats are patterns.
  const options = {
    allErrors: true,
    strictTypes: false,
    validateFormats: false,
    logger: false,
    // Ajv names the engine's source only in code that it writes to a file.
    code: { regExp: Object.assign(schemaPattern, { code: 'schemaPattern' }) },
  } as const;
  try {
    const ajv = newer ? new Ajv2020(options) : new Ajv(options);
    ajv.addKeyword('x-endStatuses').removeKeyword('uniqueItems').addKeyword(uniqueItems);
    return ajv.compile(schema);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function problemsOf(errors: readonly ErrorObject[]): readonly TemplateProblem[] {
  const alternatives = errors.filter(isAlternative).map(missingMember);
  const problems: TemplateProblem[] = [];
  for (const error of errors) {
    const isChoice = error.keyword === 'anyOf' && alternatives.length > 0;
    if (error.keyword === 'if' || isChoice || isAlternative(error)) continue;
    if (error.keyword === 'required') {
      problems.push({ member: missingMember(error), problem: 'is required', missing: true });
    } else {
      problems.push({
        member: memberPath(error.instancePath),
        problem: error.message ?? error.keyword,
        missing: false,
      });
    }
  }
  const [first, ...others] = alternatives;
  if (first === undefined) return problems;
  return [...problems, { member: first, problem: `is required (or ${others.join(', ')})`, missing: true }];
}

// `anyOf: [{ required: [order_url] }, { required: [order_Url] }]`: either spelling will do.
function isAlternative(error: ErrorObject): boolean {
  return error.keyword === 'required' && error.schemaPath.includes('/anyOf/');
}

function missingMember(error: ErrorObject): string {
  const owner = memberPath(error.instancePath);
  const name = String(error.params.missingProperty);
  return owner === '' ? name : `${owner}.${name}`;
}

// `/businessInfo/seat_num/0` → `seat_num.0`
function memberPath(pointer: string): string {
  const [, root = '', ...rest] = pointer.split('/').map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return root === 'businessInfo' ? rest.join('.') : [root, ...rest].join('.');
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function constOf(schema: unknown): unknown {
  return memberOf(schema, 'const');
}
