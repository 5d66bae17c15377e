import type { DeadLetter } from '../../connector/flow/ports.ts';
import { formatPosition, type Offset, type PartitionKey, partitionKey } from '../../connector/kernel/position.ts';
import type { Instant } from '../../connector/kernel/time.ts';
import type { CardChange, MerchantBizNo } from '../../connector/order/change.ts';
import type { CardRequest } from '../../connector/order/decide.ts';
import { dawn } from '../support/builders.ts';
import { type PlannedRecord, versionOf } from './database.ts';
import type { Member } from './member.ts';
import { isTick, type Plan } from './plan.ts';
import { isLive, isProvable, mayForget, type PlatformCard } from './platform.ts';

/** Pauses of the members' schedule. */
const retriesMax = 5;

/** What is looked at of the platform. */
interface Shown {
  card(order: MerchantBizNo): PlatformCard | undefined;
  readonly unlucky: ReadonlySet<string>;
  readonly revived: ReadonlySet<MerchantBizNo>;
  readonly ignored: ReadonlyMap<MerchantBizNo, number>;
}

/** What is looked at of the rest of the world. */
export interface Watched {
  readonly platform: Shown;
  readonly journal: { owes(change: CardChange): boolean };
  /** The member that the group gave the partition to. */
  ownerOf(key: PartitionKey): string | undefined;
  now(): Instant;
}

/**
 * What must always hold (design, "What must always hold"), as far as it can be seen from outside the flow: from what the
 * instances are given, send, publish and commit, and from the order in which the database committed. Knows nothing of how the
 * flow works.
 */
export class Watch {
  readonly broken: string[] = [];
  /** What was seen, line by line. */
  readonly trace: string[] = [];
  readonly #plan: Plan;
  readonly #watched: () => Watched;
  readonly #requests = new Map<string, { readonly ids: Set<string>; readonly body: string }>();
  readonly #owners = new Map<string, string>();
  readonly #received = new Map<MerchantBizNo, CardChange>();
  readonly #letters = new Set<string>();
  readonly #committed = new Map<PartitionKey, Offset>();
  readonly #buckets = new Map<Member, { readonly level: number; readonly at: number }>();
  #incarnation = 0;

  constructor(plan: Plan, watched: () => Watched) {
    this.#plan = plan;
    this.#watched = watched;
  }

  note(line: string): void {
    this.trace.push(line);
  }

  report(broken: string): void {
    this.broken.push(broken);
    this.note(`BROKEN: ${broken}`);
  }

  /** The topics were recreated: their offsets begin again. */
  recreated(): void {
    this.#incarnation++;
    this.#committed.clear();
  }

  /** An instance was given records of a partition. */
  received(records: readonly PlannedRecord[]): void {
    for (const { means } of records) {
      if (typeof means === 'string') continue;
      const known = this.#received.get(means.merchantBizNo);
      if (known === undefined || placeOf(known) <= placeOf(means)) this.#received.set(means.merchantBizNo, means);
    }
  }

  /** An instance sends a request. */
  sent(member: Member, request: CardRequest): void {
    const { change, command, requestId } = request;
    const { merchantBizNo: order, position } = change;
    const { n, repeated } = versionOf(change);
    this.note(`${member.name} ${command} ${order} ${formatPosition(position)} #${n} ${request.bizDate - dawn}`);
    const owner = this.#watched().ownerOf(partitionKey(position.topic, position.partition));
    // Its partition is another's, which has sent a newer change by now.
    if (owner !== undefined && owner !== member.memberId)
      this.report(`${order} is sent without a lease by ${member.name}`);
    if (member.inFlight.has(order)) this.report(`two requests of ${order} are in flight in ${member.name}`);
    const last = member.lastSent.get(order);
    const mayGoBack = (repeated && !isProvable(this.#plan)) || mayForget(this.#plan);
    if (last !== undefined && n < last && !mayGoBack) this.report(`${order} is sent out of order by ${member.name}`);
    member.lastSent.set(order, n);
    this.#checkRate(member);
    const key = `${formatPosition(position)} #${n} ${change.card.hash} ${command} ${request.bizDate}`;
    this.#checkIdentity(key, requestId, request.body.replace(requestId, ''), change.card.ends);
  }

  /** A bucket that leaks at the rate never overflows: it holds what may come at once, with two heals of each that is in flight. */
  #checkRate(member: Member): void {
    const { requestsPerSecond: rate, inFlightMax } = this.#plan.settings;
    if (rate === null) return;
    const now = this.#watched().now();
    const before = this.#buckets.get(member) ?? { level: 0, at: now };
    const level = Math.max(0, before.level - ((now - before.at) * rate) / 1000) + 1;
    this.#buckets.set(member, { level, at: now });
    if (level > Math.max(1, rate / 10) + 2 * inFlightMax + 1) this.report(`${member.name} sends more than its rate`);
  }

  /** A command of a change at one bizDate has one id, and others for when it is tried again after the other command; one body, but for the id. */
  #checkIdentity(key: string, requestId: string, body: string, ends: boolean): void {
    const before = this.#requests.get(key);
    const ids = (before?.ids ?? new Set()).add(requestId);
    // An end that finds no card is asked for again as often as the schedule says, in each life of the process.
    const idsMax = ends ? 3 * retriesMax : 3;
    if (ids.size > idsMax) this.report(`${key} is sent under ${ids.size} ids`);
    if (before && before.body !== body) this.report(`${key} is sent with two bodies`);
    this.#requests.set(key, { ids, body });
    const owner = this.#owners.get(requestId);
    if (owner !== undefined && owner !== key) this.report(`${key} has the requestId of ${owner}`);
    this.#owners.set(requestId, key);
  }

  /** A dead letter is in its topic. */
  published(member: Member, letter: DeadLetter, planned: PlannedRecord): void {
    const at = formatPosition(letter.record);
    this.note(`${member.name} dead letter ${at} ${letter.reason}`);
    this.#letters.add(letterOf(planned));
    const change = letter.attempts?.request.change;
    if (change) this.#letters.add(nameOf(change));
    if (letter.reason !== 'retries-exhausted' && letter.reason !== 'rejected') return;
    if (change === undefined || this.#plan.poison.has(change.merchantBizNo)) return;
    if (letter.reason === 'rejected') this.report(`${at} was given up, though the platform never refused it`);
    else if (!this.#watched().platform.unlucky.has(at)) this.report(`${at} was given up for an outage`);
  }

  /** The broker took a commit. */
  committed(member: Member, key: PartitionKey, offset: Offset): void {
    this.note(`${member.name} commits ${key} ${offset}`);
    const from = this.#committed.get(key) ?? 0n;
    this.#committed.set(key, offset);
    for (const record of this.#plan.records) {
      if (record.key !== key || record.incarnation !== this.#incarnation) continue;
      if (record.offset >= from && record.offset < offset) this.#checkAccounted(record);
    }
  }

  /** After each step. */
  check(members: readonly Member[]): void {
    for (const member of members) member.check();
  }

  /** When the faults are over and everything is committed. */
  checkEnd(): void {
    for (const record of this.#plan.records) {
      if (isTick(record)) continue;
      this.#checkAccounted(record);
      this.#checkSentAgain(record);
    }
  }

  /** What was put back was sent again after that, if the order has not gone on since and its card is alive. */
  #checkSentAgain(record: PlannedRecord): void {
    const { key, offset, at, means } = record;
    if (typeof means === 'string' || means.replays === undefined) return;
    const { merchantBizNo: order, card } = means;
    const newest = this.#received.get(order);
    if (newest === undefined || placeOf(newest) > placeOf(means) || card.ends || card.endDate !== null) return;
    if (this.#letters.has(letterOf(record)) || this.#letters.has(nameOf(means))) return;
    // Of an order that was evicted it is not known under which bizDate its card was sent.
    if (mayForget(this.#plan)) return;
    const { platform, now } = this.#watched();
    const shown = platform.card(order);
    if (!isLive(shown, now()) || shown.takenAt < at) this.report(`${order} ${key}@${offset} is not sent again`);
  }

  #checkAccounted(record: PlannedRecord): void {
    const { key, offset, means } = record;
    if (means === 'needless' || this.#letters.has(letterOf(record))) return;
    const at = `${key}@${offset}`;
    if (means === 'unusable') {
      this.report(`${at} cannot be read, and is lost: it is no dead letter`);
      return;
    }
    const { merchantBizNo: order } = means;
    if (this.#letters.has(nameOf(means)) || this.#watched().journal.owes(means)) return;
    const newest = this.#received.get(order);
    if (newest !== undefined && placeOf(newest) > placeOf(means)) return;
    if (this.#isStillAhead(means)) return;
    if (newest === undefined || !this.#isShown(means)) this.report(`${at} of ${order} #${placeOf(means)} is lost`);
  }

  /** Does the same change of the database stand where nothing is committed yet? */
  #isStillAhead(change: CardChange): boolean {
    const name = nameOf(change);
    return this.#plan.records.some(
      ({ key, incarnation, offset, means }) =>
        typeof means !== 'string' &&
        (incarnation > this.#incarnation || offset >= (this.#committed.get(key) ?? 0n)) &&
        nameOf(means) === name,
    );
  }

  /** Does the customer see what this change says? */
  #isShown(change: CardChange): boolean {
    const { merchantBizNo: order, card } = change;
    const { platform, now } = this.#watched();
    const shown = platform.card(order);
    // Known limit: a SEND that takes effect when the end was answered for the hidden card that was there before.
    if (card.ends) return !isLive(shown, now()) || platform.revived.has(order);
    // Its time was over before the history began.
    if (card.endDate !== null && card.endDate <= dawn) return true;
    return (isLive(shown, now()) && shown.text === versionOf(change).text) || this.#mayBeIgnored(change);
  }

  /** Known limit: of an order that was evicted it is not known that its card is hidden, and then an UPDATE is ignored. */
  #mayBeIgnored(change: CardChange): boolean {
    const ignored = this.#watched().platform.ignored.get(change.merchantBizNo) ?? -1;
    return mayForget(this.#plan) && ignored >= placeOf(change);
  }
}

function letterOf({ index }: PlannedRecord): string {
  return `record ${index}`;
}

/** A change of the database, at whatever offset it stands. */
function nameOf(change: CardChange): string {
  return `${change.merchantBizNo} #${placeOf(change)}`;
}

function placeOf(change: CardChange): number {
  return versionOf(change).n;
}
