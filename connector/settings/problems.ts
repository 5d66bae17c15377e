/** One thing that is wrong with the settings. No part of it ever holds a secret. */
export interface SettingsProblem {
  /** `kafka.groupId`; empty where no one key is meant. */
  readonly path: string;
  /** Where it came from: `config/connector.yaml:12:3`, or the environment variable. Where a key is missing, the section it is missing from. */
  readonly source: string;
  readonly problem: string;
  readonly hint?: string;
}

/** A value as problems show it: short, and not where it may hold a password (`user:password@host`, a PEM text). */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    if (value.length > 80 || value.includes('@') || value.includes('-----'))
      return `a text of ${value.length} characters`;
    return JSON.stringify(value);
  }
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a section' : String(value);
}
