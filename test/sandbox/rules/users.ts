import { type Card, cardState } from './cards.ts';

/** A user who has, or had, cards. */
export interface UserView {
  /** The userId, or the openId where no userId was given. */
  readonly user: string;
  /** All, also those that are over. */
  readonly cards: number;
  /** Those the user sees. */
  readonly live: number;
}

/** The users whose id contains `search`, in the order of their cards; at most `limit` of `total`. */
export function findUsers(
  cards: readonly Card[],
  { search, limit, now }: { readonly search: string; readonly limit: number; readonly now: number },
): { readonly users: readonly UserView[]; readonly total: number } {
  const counts = new Map<string, { cards: number; live: number }>();
  for (const card of cards) {
    const user = card.userId ?? card.openId;
    if (user === null || !user.includes(search)) continue;
    const count = counts.get(user) ?? { cards: 0, live: 0 };
    count.cards += 1;
    if (cardState(card, now) === 'live') count.live += 1;
    counts.set(user, count);
  }
  const users = [...counts].slice(0, limit).map(([user, count]) => ({ user, ...count }));
  return { users, total: counts.size };
}
