import type { CardChange } from './change.ts';

/**
 * The ids that an answer about a change, or an error, could repeat: the order's, and the user's in the members of its body.
 * They are to be masked wherever such a text is written.
 */
export function customerIdsOf({ merchantBizNo, card }: Pick<CardChange, 'merchantBizNo' | 'card'>): readonly string[] {
  const users = [...card.members.matchAll(/"(?:userId|openId)":"((?:[^"\\]|\\.)*)"/g)].map(([, id]) => id ?? '');
  return [merchantBizNo, ...users];
}
