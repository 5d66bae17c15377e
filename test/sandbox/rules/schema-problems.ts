import type { ErrorObject } from 'ajv';

const problemsMax = 5;

/**
 * What a schema has against a value, in words that name the fields and repeat no values: `syncDataInfo.amountCurrency is missing`.
 * `under` is put before each path. At most five problems.
 */
export function problemText(errors: readonly ErrorObject[], under: readonly string[] = []): string {
  const problems = new Set<string>();
  for (const error of errors) {
    // An `if` or `anyOf` only sums up what its own errors say.
    if (error.keyword !== 'if' && error.keyword !== 'anyOf') problems.add(describe(error, errors, under));
  }
  const all = [...problems];
  const more = all.length > problemsMax ? `; and ${all.length - problemsMax} more` : '';
  return all.slice(0, problemsMax).join('; ') + more;
}

function describe(error: ErrorObject, errors: readonly ErrorObject[], under: readonly string[]): string {
  const path = [...under, ...error.instancePath.split('/').slice(1)];
  if (error.keyword === 'required') {
    return `${missingNames(error, errors)
      .map(name => [...path, name].join('.'))
      .join(' or ')} is missing`;
  }
  if (error.keyword === 'dependencies') return `${[...path, error.params.missingProperty].join('.')} is missing`;
  return `${path.join('.') || 'body'} ${error.message ?? 'is invalid'}`;
}

/** The name itself; or, where any one of several would do (`anyOf`), all of them. */
function missingNames(error: ErrorObject, errors: readonly ErrorObject[]): string[] {
  const choice = /^(.*\/anyOf)\/\d+\/required$/.exec(error.schemaPath)?.[1];
  const alternatives = errors.filter(
    other =>
      other.keyword === 'required' &&
      other.instancePath === error.instancePath &&
      (choice === undefined ? other === error : other.schemaPath.startsWith(`${choice}/`)),
  );
  return alternatives.map(other => String(other.params.missingProperty));
}
