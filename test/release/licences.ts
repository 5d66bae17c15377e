/** Licences of packages whose package.json names none, as their LICENSE file says; a test reads it. By exact version: the next one may have another. */
export const statedLicences: Readonly<Record<string, string>> = {
  '@kafkajs/confluent-schema-registry@4.1.0': 'MIT',
  'buildcheck@0.0.7': 'MIT',
  'cpu-features@0.0.10': 'MIT',
  'ssh2@1.17.0': 'MIT',
};

/** What runs at a merchant's, and is passed on with it: permissive only. */
export const allowedAtRunTime: readonly string[] = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

/** Tools of ours are passed on to nobody: file-level copyleft will do. */
export const allowedForTools: readonly string[] = [...allowedAtRunTime, 'BlueOak-1.0.0', 'MPL-2.0', 'Unlicense'];

/** Does an SPDX expression leave a way with allowed licences only? Of the operators AND, OR and no brackets. */
export function isAllowed(expression: string, allowed: readonly string[]): boolean {
  return expression.split(' OR ').some(way => way.split(' AND ').every(id => allowed.includes(id)));
}
