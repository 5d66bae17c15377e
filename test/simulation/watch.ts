import type { DeadLetter } from '../../connector/flow/ports.ts';
import {
  formatPosition,
  type Offset,
  type PartitionKey,
  type Position,
  partitionKey,
} from '../../connector/kernel/position.ts';
import type { CardChange, MerchantBizNo } from '../../connector/order/change.ts';
import type { CardRequest } from '../../connector/order/decide.ts';
import type { Member } from './member.ts';
import { isTick, type Plan, type PlannedRecord } from './plan.ts';
import type { PlatformCard } from './platform.ts';

/** Pauses of the members' schedule. */
const retriesMax = 5;

/** What is looked at of the platform. */
interface Shown {
  card(order: MerchantBizNo): PlatformCard | undefined;
  readonly unlucky: ReadonlySet<string>;
}

/** What is looked at of the journal. */
interface Owing {
  owes(change: CardChange): boolean;
}

/**
 * What must always hold (design, "What must always hold"), as far as it can be seen from outside the flow: from what the
 * instances are given, send, publish and commit. Knows nothing of how the flow works.
 */
export class Watch {
  readonly broken: string[] = [];
  /** What was seen, line by line. */
  readonly trace: string[] = [];
  readonly #plan: Plan;
  readonly #requests = new Map<string, { readonly ids: Set<string>; readonly body: string }>();
  readonly #owners = new Map<string, string>();
  readonly #received = new Map<MerchantBizNo, CardChange>();
  readonly #letters = new Set<string>();
  readonly #committed = new Map<PartitionKey, Offset>();
  readonly #buckets = new Map<Member, { readonly level: number; readonly at: number }>();
  #platform: Shown | null = null;
  #journal: Owing | null = null;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  set platform(platform: Shown) {
    this.#platform = platform;
  }

  set journal(journal: Owing) {
    this.#journal = journal;
  }

  note(line: string): void {
    this.trace.push(line);
  }

  report(broken: string): void {
    this.broken.push(broken);
    this.note(`BROKEN: ${broken}`);
  }

  /** An instance was given records of a partition. */
  received(records: readonly PlannedRecord[]): void {
    for (const { means } of records) {
      if (typeof means === 'string') continue;
      const known = this.#received.get(means.merchantBizNo);
      if (known === undefined || lsnOf(known) < lsnOf(means)) this.#received.set(means.merchantBizNo, means);
    }
  }

  /** An instance sends a request. */
  sent(member: Member, request: CardRequest): void {
    const { change, command, requestId } = request;
    const { merchantBizNo: order, position } = change;
    this.note(`${member.name} ${command} ${order} ${formatPosition(position)} ${request.bizDate}`);
    // Its partitions may be another's, which has sent a newer change by now.
    if (!member.leased) this.report(`${order} is sent without a lease by ${member.name}`);
    if (member.inFlight.has(order)) this.report(`two requests of ${order} are in flight in ${member.name}`);
    const last = member.lastSent.get(order);
    if (last !== undefined && lsnOf(change) < last) this.report(`${order} is sent out of order by ${member.name}`);
    member.lastSent.set(order, lsnOf(change));
    this.#checkRate(member);
    const key = `${formatPosition(position)} ${command} ${request.bizDate}`;
    this.#checkIdentity(key, requestId, request.body.replace(requestId, ''), change.card.ends);
  }

  /** A bucket that leaks at the rate never overflows: it holds what may come at once, with two heals of each that is in flight. */
  #checkRate(member: Member): void {
    const { requestsPerSecond: rate, inFlightMax } = this.#plan;
    if (rate === null) return;
    const before = this.#buckets.get(member) ?? { level: 0, at: member.now };
    const level = Math.max(0, before.level - ((member.now - before.at) * rate) / 1000) + 1;
    this.#buckets.set(member, { level, at: member.now });
    if (level > Math.max(1, rate / 10) + 2 * inFlightMax + 1) this.report(`${member.name} sends more than its rate`);
  }

  /** A command of a change at one bizDate has one id, and others for when it is tried again after the other command; one body, but for the id. */
  #checkIdentity(key: string, requestId: string, body: string, ends: boolean): void {
    const before = this.#requests.get(key);
    const ids = (before?.ids ?? new Set()).add(requestId);
    // An end that finds no card is asked for again as often as the schedule says, in each life of the process.
    const idsMax = ends ? 3 * retriesMax : 3;
    if (ids.size > idsMax) this.report(`${key} is sent under ${ids.size} ids`);
    if (before && before.body !== body && process.env.SIM_DEBUG) this.note(`${before.body}\n${body}`);
    if (before && before.body !== body) this.report(`${key} is sent with two bodies`);
    this.#requests.set(key, { ids, body });
    const owner = this.#owners.get(requestId);
    if (owner !== undefined && owner !== key) this.report(`${key} has the requestId of ${owner}`);
    this.#owners.set(requestId, key);
  }

  /** A dead letter is in its topic. */
  published(member: Member, letter: DeadLetter): void {
    const at = formatPosition(letter.record);
    this.note(`${member.name} dead letter ${at} ${letter.reason}`);
    this.#letters.add(at);
    const change = letter.attempts?.request.change;
    if (change) this.#letters.add(nameOf(change));
    if (letter.reason !== 'retries-exhausted' && letter.reason !== 'rejected') return;
    if (change === undefined || this.#plan.poison.has(change.merchantBizNo)) return;
    if (letter.reason === 'rejected') this.report(`${at} was given up, though the platform never refused it`);
    else if (!this.#platform?.unlucky.has(at)) this.report(`${at} was given up for an outage`);
  }

  /** The broker took a commit. */
  committed(member: Member, key: PartitionKey, offset: Offset): void {
    this.note(`${member.name} commits ${key} ${offset}`);
    const from = this.#committed.get(key) ?? 0n;
    this.#committed.set(key, offset);
    for (const record of this.#plan.logs.get(key) ?? []) {
      if (record.offset >= from && record.offset < offset) this.#checkAccounted(key, record);
    }
  }

  /** After each step. */
  check(members: readonly Member[]): void {
    for (const member of members) member.check();
  }

  /** When the faults are over and everything is committed. */
  checkEnd(): void {
    for (const [key, log] of this.#plan.logs) {
      for (const record of log) {
        if (isTick(record)) continue;
        this.#checkAccounted(key, record);
        this.#checkSentAgain(key, record);
      }
    }
  }

  /** What was put back was sent again after that, if the order has not gone on since and its card is alive. */
  #checkSentAgain(key: PartitionKey, { offset, at, means }: PlannedRecord): void {
    if (typeof means === 'string' || means.replays === undefined) return;
    const { merchantBizNo: order, card } = means;
    const newest = this.#received.get(order);
    if (newest === undefined || lsnOf(newest) > lsnOf(means) || card.ends || card.endDate !== null) return;
    if (this.#letters.has(`${key}@${offset}`) || this.#letters.has(nameOf(means))) return;
    const shown = this.#platform?.card(order);
    if (shown === undefined || !shown.live || shown.takenAt < at) this.report(`${order}@${offset} is not sent again`);
  }

  #checkAccounted(key: PartitionKey, { offset, means }: PlannedRecord): void {
    if (means === 'needless') return;
    const at = `${key}@${offset}`;
    if (this.#letters.has(at)) return;
    if (means === 'unusable') {
      this.report(`${at} cannot be read, and is lost: it is no dead letter`);
      return;
    }
    if (this.#letters.has(nameOf(means))) return;
    if (this.#journal?.owes(means)) return;
    const newest = this.#received.get(means.merchantBizNo);
    if (newest !== undefined && lsnOf(newest) > lsnOf(means)) return;
    if (this.#isStillAhead(means)) return;
    if (newest === undefined || !this.#isShown(means)) this.report(`${at} of ${means.merchantBizNo} is lost`);
  }

  /** Does the same change of the database stand where nothing is committed yet? */
  #isStillAhead(change: CardChange): boolean {
    const name = nameOf(change);
    return [...this.#plan.logs].some(([key, log]) =>
      log.some(
        ({ offset, means }) =>
          typeof means !== 'string' && offset >= (this.#committed.get(key) ?? 0n) && nameOf(means) === name,
      ),
    );
  }

  /** Does the customer see what this change says? */
  #isShown({ merchantBizNo, card }: CardChange): boolean {
    const shown = this.#platform?.card(merchantBizNo);
    if (card.ends) return !shown?.live;
    // Its time was over before the history began.
    if (card.endDate !== null) return true;
    return shown?.live === true && shown.hash === card.hash;
  }
}

/** A change of the database, at whatever offset it stands. */
function nameOf(change: CardChange): string {
  return `${change.merchantBizNo} ${lsnOf(change)}`;
}

export function lsnOf({ source }: CardChange): bigint {
  return source.kind === 'lsn' ? source.lsn : 0n;
}

export function keyOf({ topic, partition }: Position): PartitionKey {
  return partitionKey(topic, partition);
}
