import type { SandboxClock } from '../clock.ts';
import { faultKinds, kindsOfTheTrueAnswer, readFault } from '../faults/fault.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import { resultCodes } from '../gateway/result-codes.ts';
import type { InFlight } from '../journal/in-flight.ts';
import type { RequestJournal, RequestTotals } from '../journal/request-journal.ts';
import type { Card, CardState } from '../rules/cards.ts';
import { cardState } from '../rules/cards.ts';
import type { Platform } from '../rules/platform.ts';
import { findUsers } from '../rules/users.ts';

/** What the control API controls. */
export interface ControlParts {
  readonly clientId: string;
  readonly platform: Platform;
  readonly journal: RequestJournal;
  readonly inFlight: InFlight;
  readonly faults: FaultPlan;
  readonly clock: SandboxClock;
  /** Told of each change made by this API; `all`: of cards and requests, too. */
  readonly onChange: (what?: 'all') => void;
}

/** A card as `/sandbox/cards` shows it. */
export type CardView = Omit<Card, 'ended'> & { readonly state: CardState };

/** Totals of the requests, and what there is now. */
export interface SandboxStats extends RequestTotals {
  readonly inFlight: number;
  readonly cards: number;
  /** Sequence numbers of the journal's oldest and last entry. */
  readonly journal: { readonly oldest: number; readonly last: number };
}

/** A call of the control API. `body` is its parsed JSON, undefined where there is none. */
export interface ControlCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Its answer: an HTTP status, and JSON. */
export interface ControlAnswer {
  readonly status: number;
  readonly json: unknown;
}

type Route = (call: ControlCall, parts: ControlParts) => ControlAnswer;

const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['GET /sandbox/cards', getCards],
  ['GET /sandbox/users', getUsers],
  ['GET /sandbox/requests', getRequests],
  ['GET /sandbox/stats', (_, parts) => ok(sandboxStats(parts))],
  ['GET /sandbox/faults', (_, parts) => ok({ faults: parts.faults.list(performance.now()) })],
  ['GET /sandbox/fault-kinds', () => ok({ kinds: faultKinds, trueAnswerKinds: kindsOfTheTrueAnswer, resultCodes })],
  ['POST /sandbox/faults', postFaults],
  ['DELETE /sandbox/faults', deleteFaults],
  ['POST /sandbox/clock', postClock],
  ['POST /sandbox/reset', postReset],
  ['GET /sandbox/health', (_, parts) => ok({ status: 'ok', clientId: parts.clientId, now: parts.clock.now() })],
]);

/** Carries out a call; what is wrong with it comes back as 400 or 404 with `{ error }`. */
export function control(call: ControlCall, parts: ControlParts): ControlAnswer {
  const faultId = call.method === 'DELETE' ? /^\/sandbox\/faults\/(\d+)$/.exec(call.path)?.[1] : undefined;
  if (faultId !== undefined) return deleteFault(Number(faultId), parts);
  const route = routes.get(`${call.method} ${call.path}`);
  return route === undefined
    ? failed(404, `no such call; there are ${[...routes.keys()].join(', ')}`)
    : route(call, parts);
}

const stateNames = ['live', 'over'] as const;

/** Which cards are wanted. */
export interface CardQuery {
  /** A userId or openId. */
  readonly user?: string;
  readonly order?: string;
  /** Those the customer sees, or those that have ended or expired. */
  readonly state?: (typeof stateNames)[number];
  readonly limit?: number;
}

/** Cards as the API shows them, the one changed last first. */
export function listCards(parts: Pick<ControlParts, 'platform' | 'clock'>, wanted: CardQuery = {}): CardView[] {
  const { user, order, state: wantedState, limit = 100 } = wanted;
  const all = order === undefined ? parts.platform.cards() : [parts.platform.card(order)];
  const now = parts.clock.now();
  const views: CardView[] = [];
  for (const card of all) {
    if (views.length >= limit) break;
    if (card === null || (user !== undefined && card.userId !== user && card.openId !== user)) continue;
    const state = cardState(card, now);
    if (wantedState !== undefined && (state === 'live') !== (wantedState === 'live')) continue;
    const { ended: _, ...shown } = card;
    views.push({ ...shown, state });
  }
  return views;
}

/** All totals. */
export function sandboxStats(parts: Pick<ControlParts, 'platform' | 'journal' | 'inFlight'>): SandboxStats {
  return {
    ...parts.journal.totals(),
    inFlight: parts.inFlight.total,
    cards: parts.platform.cardCount,
    journal: { oldest: parts.journal.oldest, last: parts.journal.last },
  };
}

/** Forgets cards, answers, requests, counts and faults, and takes the clock back to the real time. */
export function resetAll(parts: ControlParts): void {
  parts.platform.reset();
  parts.journal.reset();
  parts.faults.clear();
  parts.clock.reset();
  parts.onChange('all');
}

function getCards({ query }: ControlCall, parts: ControlParts): ControlAnswer {
  const limit = wholeNumber(query, 'limit', 100);
  if (limit === null) return failed(400, 'limit is not a whole number');
  const user = query.get('user');
  const order = query.get('order');
  const asked = query.get('state');
  const state = stateNames.find(name => name === asked);
  if (asked !== null && state === undefined) return failed(400, 'state is live or over');
  const wanted = { limit, ...(user && { user }), ...(order && { order }), ...(state && { state }) };
  return ok({ cards: listCards(parts, wanted) });
}

function getUsers({ query }: ControlCall, { platform, clock }: ControlParts): ControlAnswer {
  const limit = wholeNumber(query, 'limit', 50);
  if (limit === null) return failed(400, 'limit is not a whole number');
  return ok(findUsers(platform.cards(), { search: query.get('search') ?? '', limit, now: clock.now() }));
}

function getRequests({ query }: ControlCall, { journal }: ControlParts): ControlAnswer {
  const after = wholeNumber(query, 'after', 0);
  const limit = wholeNumber(query, 'limit', 1000);
  if (after === null || limit === null) return failed(400, 'after and limit are whole numbers');
  const order = query.get('order');
  const requests = journal.list({ after, limit, ...(order !== null && { order }) });
  return ok({ requests, oldest: journal.oldest, last: journal.last });
}

function postFaults({ body }: ControlCall, { faults, onChange }: ControlParts): ControlAnswer {
  const reads = (Array.isArray(body) ? body : [body]).map(readFault);
  const problems = reads.flatMap(read => (read.kind === 'invalid' ? [read.problem] : []));
  if (problems.length > 0) return failed(400, problems.join('; '));
  const now = performance.now();
  try {
    const ids = reads.flatMap(read => (read.kind === 'read' ? [faults.add(read.fault, now)] : []));
    onChange();
    return { status: 201, json: { ids } };
  } catch (error) {
    if (error instanceof RangeError) return failed(409, error.message);
    throw error;
  }
}

function deleteFaults(_: ControlCall, { faults, onChange }: ControlParts): ControlAnswer {
  faults.clear();
  onChange();
  return ok({ faults: [] });
}

function deleteFault(id: number, { faults, onChange }: ControlParts): ControlAnswer {
  if (!faults.remove(id)) return failed(404, `there is no fault ${id}`);
  onChange();
  return ok({ faults: faults.list(performance.now()) });
}

function postClock({ body }: ControlCall, { clock, onChange }: ControlParts): ControlAnswer {
  const ms = typeof body === 'object' && body !== null && 'advanceMs' in body ? body.advanceMs : null;
  if (typeof ms !== 'number' || !Number.isSafeInteger(ms) || ms < 0) {
    return failed(400, 'advanceMs is to be a whole number that is not negative');
  }
  try {
    clock.advance(ms);
  } catch (error) {
    if (error instanceof RangeError) return failed(400, error.message);
    throw error;
  }
  onChange();
  return ok({ now: clock.now() });
}

function postReset(_: ControlCall, parts: ControlParts): ControlAnswer {
  resetAll(parts);
  return ok(sandboxStats(parts));
}

function wholeNumber(query: URLSearchParams, name: string, fallback: number): number | null {
  const text = query.get(name);
  if (text === null) return fallback;
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function ok(json: unknown): ControlAnswer {
  return { status: 200, json };
}

function failed(status: number, error: string): ControlAnswer {
  return { status, json: { error } };
}
