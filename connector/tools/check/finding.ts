/** The subjects that are looked at, in the order in which they are told. */
export const checkGroups = [
  'Settings',
  'Keys',
  'Kafka',
  'Topics',
  'Schemas',
  'Rows',
  'Journal',
  'AlipayHK',
  'Instances',
] as const;

/** One of {@link checkGroups}. */
export type CheckGroup = (typeof checkGroups)[number];

/** `warning`: it runs, but. `skipped`: not looked at, or not to be seen now; the detail says why. */
export type FindingState = 'well' | 'warning' | 'failed' | 'skipped';

/** What a look at one thing found. Holds no secret and no customer's id. */
export interface Finding {
  /** Stable, e.g. `kafka.brokers`; findings of several topics or keys share one. */
  readonly id: string;
  readonly group: CheckGroup;
  readonly title: string;
  readonly state: FindingState;
  readonly detail: string;
  /** How to mend it; null where there is nothing to mend. */
  readonly remedy: string | null;
}

/** A finding but for the group, which the subject knows. */
export type Found = Omit<Finding, 'group'>;

/** What a look found, and what others go on from; null where they cannot. */
export interface Looked<T> {
  readonly found: readonly Found[];
  readonly value: T | null;
}

/** All is well. */
export function well(id: string, title: string, detail: string): Found {
  return { id, title, state: 'well', detail, remedy: null };
}

/** It runs, but. */
export function warning(id: string, title: string, detail: string, remedy: string): Found {
  return { id, title, state: 'warning', detail, remedy };
}

/** It must be mended. */
export function failed(id: string, title: string, detail: string, remedy: string): Found {
  return { id, title, state: 'failed', detail, remedy };
}

/** It was not looked at, or could not be seen. */
export function skipped(id: string, title: string, detail: string): Found {
  return { id, title, state: 'skipped', detail, remedy: null };
}

/** The worst of `reasons` as one finding; well with `detail` where there is none. */
export function worstOf(
  id: string,
  title: string,
  detail: string,
  reasons: readonly { readonly state: 'warning' | 'failed'; readonly detail: string; readonly remedy: string }[],
): Found {
  if (reasons.length === 0) return well(id, title, detail);
  const state = reasons.some(reason => reason.state === 'failed') ? 'failed' : 'warning';
  const unique = (texts: readonly string[]) => [...new Set(texts)].join('; ');
  return {
    id,
    title,
    state,
    detail: unique(reasons.map(reason => reason.detail)),
    remedy: unique(reasons.map(({ remedy }) => remedy)),
  };
}
