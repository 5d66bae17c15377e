import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import { type Result, resultOf } from '../gateway/result-codes.ts';
import { problemText } from './schema-problems.ts';
import type { BusinessInfo, SyncRequest } from './sync-request.ts';

/** What the sandbox does with a productTemplateCode it has no schema of. */
export type UnknownTemplates = 'accept' | 'refuse';

/** The templates' schemas, compiled. */
export interface Templates {
  /** The answer that refuses a status or business information its template does not allow, else null. */
  check(request: SyncRequest): Result | null;
  /** True if the status hides the card for good. */
  isEnd(template: string, orderStatus: string): boolean;
  /** The codes there are schemas of. */
  readonly codes: readonly string[];
}

interface Template {
  readonly accepts: ValidateFunction;
  /** Finds all problems, where the other stops at the first. */
  readonly allProblems: ValidateFunction;
  readonly ends: ReadonlySet<unknown>;
}

/** The folder of the schemas of this project. */
export const templateFolder = fileURLToPath(new URL('../../../schemas/json/templates', import.meta.url));

/**
 * Compiles all `*.schema.json` of the folders (form: `schemas/json/templates/README.md`); of one code the last wins.
 * Throws an Error that names the file where one is not a JSON Schema with a `title`.
 */
export function loadTemplates(folders: readonly string[], unknown: UnknownTemplates): Templates {
  const templates = new Map<string, Template>();
  for (const folder of folders) {
    for (const file of readdirSync(folder).filter(entry => entry.endsWith('.schema.json'))) {
      const [code, template] = readTemplate(path.join(folder, file));
      templates.set(code, template);
    }
  }
  return {
    codes: [...templates.keys()],
    isEnd: (code, orderStatus) => templates.get(code)?.ends.has(orderStatus) ?? false,
    check: request => {
      const template = templates.get(request.body.productTemplateCode);
      if (template !== undefined) return checkLanguages(template, request);
      return unknown === 'accept' ? null : resultOf('PARAM_ILLEGAL', 'productTemplateCode is not known');
    },
  };
}

function readTemplate(file: string): [code: string, template: Template] {
  try {
    const schema: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'));
    const ends = schema['x-endStatuses'];
    if (typeof schema.title !== 'string') throw new Error('"title" is to be the productTemplateCode');
    // Not strict: a user's own schema may hold words of its own, and formats are not checked.
    const loose = { strict: false, validateFormats: false };
    return [
      schema.title,
      {
        accepts: new Ajv(loose).compile(schema),
        allProblems: new Ajv({ ...loose, allErrors: true }).compile(schema),
        ends: new Set(Array.isArray(ends) ? ends : []),
      },
    ];
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function checkLanguages(template: Template, { body, languages }: SyncRequest): Result | null {
  const given = Object.entries(languages);
  // A card without a language still has a status to check, and required fields to miss.
  if (given.length === 0) return checkLanguage(template, body.orderStatus, {}, []);
  for (const [language, info] of given) {
    const refusal = checkLanguage(template, body.orderStatus, info, [language]);
    if (refusal !== null) return refusal;
  }
  return null;
}

function checkLanguage(
  { accepts, allProblems }: Template,
  orderStatus: string,
  businessInfo: BusinessInfo,
  language: readonly string[],
): Result | null {
  const checked = { orderStatus, businessInfo };
  if (accepts(checked)) return null;
  allProblems(checked);
  const errors = allProblems.errors ?? [];
  if (errors.some(error => error.instancePath === '/orderStatus')) return resultOf('ORDER_STATUS_INVALID');
  const inInfo = errors.map(error => ({ ...error, instancePath: error.instancePath.replace('/businessInfo', '') }));
  return resultOf('PARAM_ILLEGAL', problemText(inInfo, ['languageBusinessInfo', ...language]));
}
