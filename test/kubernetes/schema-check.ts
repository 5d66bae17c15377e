import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Manifest } from './manifests.ts';

const folder = join(import.meta.dirname, 'schemas');
// Patterns are Go's there, which ignores case by "(?i)"; formats too (int32, byte), and the types beside them say enough.
const goPattern = (pattern: string, flags: string) =>
  pattern.includes('(?i)') ? new RegExp(pattern.replace('(?i)', ''), `${flags}i`) : new RegExp(pattern, flags);
const regExp = Object.assign(goPattern, { code: 'goPattern' });
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, code: { regExp } });
const compiled = new Map<string, ValidateFunction>();

/** What the API server would refuse of an object, strictly: unknown fields, wrong types, missing ones. Empty: nothing. */
export function schemaProblems(manifest: Manifest): readonly string[] {
  const file = schemaFile(manifest);
  const known = compiled.get(file);
  if (known === undefined && !readdirSync(folder).includes(file)) return [`there is no schema for it: ${file}`];
  const validate = known ?? ajv.compile(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  compiled.set(file, validate);
  if (validate(manifest)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** As kubeconform names them: kind, first part of the group, version. */
function schemaFile({ apiVersion, kind }: Manifest): string {
  const [version, group] = apiVersion.split('/').reverse();
  return `${[kind.toLowerCase(), ...(group === undefined ? [] : [group.split('.')[0]]), version].join('-')}.json`;
}
