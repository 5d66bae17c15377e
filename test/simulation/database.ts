import type { Offset, PartitionKey } from '../../connector/kernel/position.ts';
import { partitionKey, splitPartitionKey } from '../../connector/kernel/position.ts';
import type { SourcePosition } from '../../connector/kernel/row-change.ts';
import { type DurationMs, type Instant, instant } from '../../connector/kernel/time.ts';
import { type CardChange, type MerchantBizNo, merchantBizNo } from '../../connector/order/change.ts';
import { isSamePlace } from '../../connector/order/source-position.ts';
import { aCard, aChange, dawn, sourceTopic } from '../support/builders.ts';
import type { SeededRandom } from '../support/flow-world.ts';

// The database and Debezium: the changes of all orders in commit order, and the records that become of them.

/** A change's place in the database's commit order, which is the truth; what was repeated or put back has the place of its origin. */
export interface Version {
  readonly n: number;
  readonly text: string;
  /** Debezium repeats it. */
  readonly repeated: boolean;
}

/** The version travels in a field of the card that the flow does not look at. */
function tagOf({ n, text, repeated }: Version): string {
  return `${repeated ? 'repeated' : 'version'}/${n}/${text}`;
}

/** Of a change that the simulation made. */
export function versionOf({ card }: Pick<CardChange, 'card'>): Version {
  const [kind, n, text = ''] = card.template.split('/');
  return { n: Number(n), text, repeated: kind === 'repeated' };
}

/** One record of a partition's log. */
export interface PlannedRecord {
  readonly index: number;
  readonly key: PartitionKey;
  /** How often its topic was recreated before. */
  readonly incarnation: number;
  readonly offset: Offset;
  readonly at: Instant;
  /** Its change, or that it needs no request, or that it cannot be read. */
  readonly means: CardChange | 'needless' | 'unusable';
  /** Its schema has to be fetched: so long does that take. */
  readonly lateMs: DurationMs | null;
}

/** How the database tells the place of a change. */
export type Dialect = 'postgres' | 'mysql' | 'other';

/** What is drawn of the database. */
export interface DataKnobs {
  readonly dialect: Dialect;
  /** PostgreSQL: changes of long transactions have lower LSNs than those that committed before. MySQL: compressed transactions. */
  readonly tangled: boolean;
  /** Rows of incremental snapshots come between the changes. */
  readonly snapshots: boolean;
  /** A row is inserted again after an end. */
  readonly reinserts: boolean;
  /** Cards have an endDate that the flow takes for near while the history lasts. */
  readonly expiring: boolean;
  /** Cards come whose endDate has passed: whoever's clock is a day behind takes them for alive, which is a known limit. */
  readonly over: boolean;
  readonly topics: number;
  /** Now and then a change of an order comes in another partition. */
  readonly strays: boolean;
  /** From then on there is one more partition, and orders go elsewhere. */
  readonly growsAt: number | null;
  /** From then on the topics are new ones. */
  readonly recreatedAt: number | null;
  /** How often a state is put back to be sent again. */
  readonly replayRate: number;
}

/** All that the database gives. */
export interface Data {
  readonly orders: readonly MerchantBizNo[];
  readonly records: readonly PlannedRecord[];
  readonly topics: readonly string[];
  /** Of each topic, at first. */
  readonly partitions: number;
}

const spanMs: DurationMs = 150;
const marginMs: DurationMs = 60_000;

/** Draws the changes; `odd` is the chance of what is off in most histories, so that the rest of them is the same with and without. */
export function dataOf(random: SeededRandom, odd: SeededRandom, knobs: DataKnobs): Data {
  const orders = Array.from({ length: 1 + random.below(6) }, (_, index) =>
    merchantBizNo(`${random.chance(0.6) ? 'new' : 'old'}-${index}`),
  );
  const partitions = 1 + random.below(3);
  const topics = Array.from({ length: knobs.topics }, (_, n) => (n === 0 ? sourceTopic : `${sourceTopic}-${n + 1}`));
  const database = new Database(random, odd, knobs, orders, { topics, partitions });
  const count = 3 + random.below(26);
  for (let n = 1; n <= count; n++) database.commit(n, n / count);
  return { orders, records: database.records, topics, partitions };
}

/** How often a record is one of these, and not a change. */
const rates = { needless: 0.05, unusable: 0.03, repeated: 0.05 } as const;

class Database {
  readonly records: PlannedRecord[] = [];
  readonly #random: SeededRandom;
  readonly #odd: SeededRandom;
  readonly #knobs: DataKnobs;
  readonly #orders: readonly MerchantBizNo[];
  readonly #topics: readonly string[];
  #partitions: number;
  readonly #ends = new Map<PartitionKey, Offset>();
  readonly #changes = new Map<MerchantBizNo, CardChange[]>();
  /** As Debezium emits them, for when it repeats some. */
  readonly #emitted: CardChange[] = [];
  #incarnation = 0;
  #at: Instant = dawn;
  #binlogAt = 0;

  constructor(
    random: SeededRandom,
    odd: SeededRandom,
    knobs: DataKnobs,
    orders: readonly MerchantBizNo[],
    { topics, partitions }: Pick<Data, 'topics' | 'partitions'>,
  ) {
    this.#random = random;
    this.#odd = odd;
    this.#knobs = knobs;
    this.#orders = orders;
    this.#topics = topics;
    this.#partitions = partitions;
  }

  /** The `n`-th transaction, when so much of the history is over. */
  commit(n: number, share: number): void {
    const { growsAt, recreatedAt, replayRate, snapshots } = this.#knobs;
    this.#at = instant(dawn + Math.floor(share * spanMs));
    if (growsAt === n) this.#partitions++;
    if (recreatedAt === n) this.#recreate();
    const order = this.#orders[this.#random.below(this.#orders.length)] ?? merchantBizNo('new-0');
    const place = this.#placeOf(order, this.#knobs.strays && this.#random.chance(0.05));
    if (this.#random.chance(rates.needless)) this.#emit(place, 'needless');
    else if (this.#random.chance(rates.unusable)) this.#emit(place, 'unusable');
    else if (this.#random.chance(rates.repeated) && this.#emitted.length > 0) this.#repeat();
    else this.#change(order, n, place);
    if (snapshots && this.#odd.chance(0.25)) this.#readRow(n);
    if (this.#odd.chance(replayRate)) this.#putBack();
  }

  #recreate(): void {
    this.#incarnation++;
    this.#ends.clear();
  }

  #placeOf(order: MerchantBizNo, strays: boolean): PartitionKey {
    const index = this.#orders.indexOf(order);
    const topic = this.#topics[index % this.#topics.length] ?? sourceTopic;
    return partitionKey(topic, (index + (strays ? 1 : 0)) % this.#partitions);
  }

  #change(order: MerchantBizNo, n: number, place: PartitionKey): void {
    const random = this.#random;
    const changes = this.#changes.get(order) ?? [];
    const drawn = random.pick(['a', 'b', 'c']);
    const source = this.#sourceOf(n);
    // A change that says the same at the same place cannot be told from a repetition, and need not be.
    const before = changes.at(-1);
    const isSame = before !== undefined && isSamePlace(source, before.source) && versionOf(before).text === drawn;
    const text = isSame ? `${drawn} again` : drawn;
    const wasOver = before?.card.ends === true;
    const creates = (changes.length === 0 && order.startsWith('new')) || (wasOver && this.#knobs.reinserts);
    const ends = random.chance(0.12);
    // The same millisecond as another change, or a clock that went back.
    const bizDate = instant(dawn + Math.max(0, n - random.below(6)));
    const isOver = random.chance(0.04) && this.#knobs.over;
    const isNear = this.#knobs.expiring && this.#odd.chance(0.4);
    const endDate = isOver ? instant(dawn - 1) : isNear ? instant(dawn + marginMs + this.#odd.below(200)) : null;
    const parts = { order, text, creates, ends, bizDate, endDate, source };
    const change = this.#emit(place, tagged(aChange(parts), { n, text, repeated: false }));
    this.#changes.set(order, [...changes, change]);
    this.#emitted.push(change);
  }

  #sourceOf(n: number): SourcePosition {
    const { dialect, tangled } = this.#knobs;
    const committedAt = instant(dawn + n);
    switch (dialect) {
      case 'postgres': {
        const behind = tangled && this.#odd.chance(0.4) ? this.#odd.below(Math.min(n, 5)) : 0;
        const lsn = BigInt(1000 * (n - behind) + n);
        return { kind: 'lsn', lsn, commitLsn: BigInt(1000 * n - 1), committedAt };
      }
      case 'mysql': {
        if (!tangled || !this.#odd.chance(0.5)) this.#binlogAt = n;
        const offset = BigInt(100 * this.#binlogAt);
        return { kind: 'binlog', file: 'binlog.000001', offset, row: 0, committedAt: instant(dawn + this.#binlogAt) };
      }
      case 'other':
        return { kind: 'time', committedAt: instant(dawn + (tangled ? Math.floor(n / 3) : n)) };
    }
  }

  /** Debezium restarts, and repeats the last changes: from the beginning of a transaction on. */
  #repeat(): void {
    let from = Math.max(0, this.#emitted.length - 1 - this.#random.below(4));
    const offsetOf = (index: number) => {
      const source = this.#emitted[index]?.source;
      return source?.kind === 'binlog' ? source.offset : null;
    };
    while (from > 0 && offsetOf(from) !== null && offsetOf(from) === offsetOf(from - 1)) from--;
    for (const change of this.#emitted.slice(from)) {
      const place = this.#placeOf(change.merchantBizNo, false);
      this.#emit(place, tagged(change, { ...versionOf(change), repeated: true }));
    }
  }

  /** A row of an incremental snapshot: as the row stands, in its place among the changes. */
  #readRow(n: number): void {
    const order = this.#orders[this.#odd.below(this.#orders.length)] ?? merchantBizNo('new-0');
    const last = this.#changes.get(order)?.at(-1);
    if (last === undefined) return;
    const source: SourcePosition = {
      kind: 'time',
      snapshot: true,
      committedAt: instant(dawn + n + this.#odd.below(40)),
    };
    this.#emit(this.#placeOf(order, false), { ...last, source, snapshot: true, creates: true });
  }

  /** An order's state as it was known a moment before, put back to be sent again: the database may have changed it since. */
  #putBack(): void {
    const order = this.#orders[this.#odd.below(this.#orders.length)] ?? merchantBizNo('new-0');
    const changes = this.#changes.get(order) ?? [];
    const last = changes.slice(0, changes.length - this.#odd.below(2)).at(-1);
    if (last === undefined) return;
    const { n } = versionOf(last);
    const { topic, partition } = last.position;
    const key = partitionKey(topic, partition);
    // Its last record in the topic, which may be a copy that was put back before.
    const same = this.records.filter(
      ({ means, ...record }) =>
        typeof means !== 'string' && means.merchantBizNo === order && versionOf(means).n === n && record.key === key,
    );
    const replays = same.filter(({ means }) => typeof means !== 'string' && means.replays !== undefined).length + 1;
    this.#emit(key, { ...last, replays, origin: same.at(-1)?.offset ?? last.position.offset });
  }

  #emit(key: PartitionKey, means: 'needless' | 'unusable'): void;
  #emit(key: PartitionKey, means: CardChange): CardChange;
  #emit(key: PartitionKey, means: PlannedRecord['means']): PlannedRecord['means'] {
    const end = this.#ends.get(key) ?? 0n;
    // Compaction and transaction markers leave gaps.
    const offset = end + BigInt(this.#random.chance(0.2) ? this.#random.below(4) : 0);
    this.#ends.set(key, offset + 1n);
    const placed = typeof means === 'string' ? means : { ...means, position: { ...splitPartitionKey(key), offset } };
    this.records.push({
      ...{ index: this.records.length, key, incarnation: this.#incarnation, offset, at: this.#at, means: placed },
      lateMs: this.#random.chance(0.1) ? 1 + this.#random.below(40) : null,
    });
    return placed;
  }
}

/** A change that says which version of its order it is. */
export function tagged(change: CardChange, version: Version): CardChange {
  return { ...change, card: { ...change.card, template: tagOf(version) } };
}

/** The same change under a later mapping, which makes another text of it. */
export function remapped(change: CardChange): CardChange {
  const { card, merchantBizNo: order } = change;
  const { ends, endDate, template, status } = card;
  const { members, hash } = aCard({ order, ends, endDate, status, text: `${versionOf(change).text} in other words` });
  return { ...change, card: { ...card, members, hash, template } };
}
