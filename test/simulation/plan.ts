import type { PartitionKey } from '../../connector/kernel/position.ts';
import { partitionKey } from '../../connector/kernel/position.ts';
import { type DurationMs, type Instant, instant } from '../../connector/kernel/time.ts';
import type { MerchantBizNo } from '../../connector/order/change.ts';
import { aChange, dawn } from '../support/builders.ts';
import { SeededRandom } from '../support/flow-world.ts';
import { type Data, type DataKnobs, type Dialect, dataOf, type PlannedRecord, tagged } from './database.ts';

// What is to happen in one history, all drawn from its seed before it begins.

/** How the platform treats every request of a poison order. */
export type Poison = 'rejects' | 'fails' | 'times-out' | 'refuses-us';

/** A span of time in which something is out. */
export interface Span {
  readonly from: Instant;
  readonly to: Instant;
}

/** What befalls an instance or the group. */
export interface Blow {
  readonly at: Instant;
  readonly kind: 'crash' | 'restart' | 'stall' | 'second joins' | 'second leaves' | 'rebalance' | 'clock is set';
  /** Of a clock that is set. */
  readonly byMs: DurationMs;
}

/** What is out of the ordinary in a history: in most of them nothing. */
export const oddities = [
  'forgets early',
  'few orders fit in memory',
  'few deliveries may be parked',
  'gives up early',
  'clocks are set',
  'the journal is out',
  'writes are not answered',
  'writes land late',
  'requests take effect late',
  'rows of snapshots',
  'mysql',
  'no log positions',
  'tangled transactions',
  're-inserts',
  'cards expire',
  'the mapping changes',
  'partitions are added',
  'the topic is recreated',
  'two topics',
] as const;

/** One of {@link oddities}. */
export type Oddity = (typeof oddities)[number];

/** A whole history. */
export interface Plan extends Data {
  readonly seed: number;
  readonly odd: ReadonlySet<Oddity>;
  readonly data: DataKnobs;
  /** All partitions that there are at the end. */
  readonly keys: readonly PartitionKey[];
  readonly poison: ReadonlyMap<MerchantBizNo, Poison>;
  /** Orders that have a card before the history begins. */
  readonly carded: ReadonlySet<MerchantBizNo>;
  readonly outage: (Span & { readonly kind: 'connection' | 'timeout' | 'http' | 'credentials' }) | null;
  readonly deadLettersOut: Span | null;
  readonly journalOut: Span | null;
  readonly blows: readonly Blow[];
  /** Share of requests and commits that fail by chance, until all is calm. */
  readonly faultRate: number;
  /** Share of writes to the journal that land, but are not answered. */
  readonly unansweredRate: number;
  /** Share of writes to the journal that land late, though they are not answered. */
  readonly lateWriteRate: number;
  /** A request that is not answered may take effect so much later; 0: at once or never. */
  readonly lateEffectMs: DurationMs;
  /** A request that was refused is answered the same when it comes again, whatever happened meanwhile. */
  readonly remembersRefusals: boolean;
  readonly calmFrom: Instant;
  readonly settings: FlowSettings;
}

/** What is drawn of the flow's settings. */
export interface FlowSettings {
  readonly conflate: boolean;
  readonly inFlightMax: number;
  readonly requestsPerSecond: number | null;
  readonly queuedMax: number;
  readonly waitingMax: number;
  readonly parkedMax: number;
  readonly ordersMax: number;
  readonly forgetAfterMs: DurationMs;
  readonly giveUpAfterMs: DurationMs;
}

const spanMs = 150;
const calmMs = 260;
const ticksMax = 200;

/** A record of the traffic that goes on until the history is over. */
export function isTick({ means }: PlannedRecord): boolean {
  return typeof means !== 'string' && means.merchantBizNo.startsWith('healthy');
}

/** The history of a seed. */
export function planOf(seed: number): Plan {
  const random = new SeededRandom(seed);
  // Drawn apart, so that the rest of a history is the same with and without.
  const chance = new SeededRandom(seed + 2_000_003);
  const odd = odditiesOf(chance);
  const conflate = random.chance(0.7);
  const blows = [...(random.chance(0.6) ? blowsOf(random, odd) : []), ...clocksOf(chance, odd)];
  blows.sort((a, b) => a.at - b.at);
  const data = dataKnobsOf(seed, chance, odd, blows);
  const { orders, records, topics, partitions } = dataOf(random, chance, data);
  // A topic is recreated when all that is in it is done with.
  const poison = poisonOf(random, orders, data.recreatedAt === null ? anyPoison : ['rejects']);
  // A poison order that is all alone cannot be told from an outage.
  const lingers = [...poison.values()].some(kind => kind !== 'rejects');
  const count = partitions + (data.growsAt === null ? 0 : 1);
  const keys = topics.flatMap(topic => Array.from({ length: count }, (_, n) => partitionKey(topic, n)));
  return {
    ...{ seed, odd, data, orders, topics, partitions, keys, poison, blows },
    records: lingers ? withHealthyTraffic(records, topics, partitions) : records,
    carded: new Set(orders.filter(order => !order.startsWith('new') && random.chance(0.5))),
    outage: random.chance(0.3)
      ? { ...spanOf(random), kind: random.pick(['connection', 'timeout', 'http', 'credentials']) }
      : null,
    deadLettersOut: random.chance(0.2) ? spanOf(random) : null,
    faultRate: random.pick([0, 0, 0.1, 0.3]),
    remembersRefusals: seed % 2 === 0,
    calmFrom: instant(dawn + calmMs),
    settings: {
      ...{ conflate, inFlightMax: random.pick([1, 2, 4]), requestsPerSecond: seed % 3 === 0 ? 100 : null },
      // Nor when its own changes fill the queue.
      queuedMax: lingers ? 50 : random.pick([3, 6, 50]),
      // While nobody is served nobody is given up: as many poison orders as may wait would stop the source for ever.
      waitingMax: random.pick([3, 4, 20]),
      ...limitsOf(chance, odd),
    },
    journalOut: odd.has('the journal is out') ? spanOf(chance) : null,
    unansweredRate: odd.has('writes are not answered') ? 0.2 : 0,
    lateWriteRate: odd.has('writes land late') ? 0.2 : 0,
    lateEffectMs: odd.has('requests take effect late') ? 10 + chance.below(50) : 0,
  };
}

function odditiesOf(chance: SeededRandom): ReadonlySet<Oddity> {
  const count = chance.pick([0, 0, 1, 1, 1, 2, 3]);
  const all: readonly [Oddity, ...Oddity[]] = oddities;
  return new Set(Array.from({ length: count }, () => chance.pick(all)));
}

function limitsOf(chance: SeededRandom, odd: ReadonlySet<Oddity>) {
  return {
    parkedMax: odd.has('few deliveries may be parked') ? 1 + chance.below(2) : 100,
    ordersMax: odd.has('few orders fit in memory') ? 1 + chance.below(3) : 1000,
    forgetAfterMs: odd.has('forgets early') ? chance.below(60) : 3_600_000,
    giveUpAfterMs: odd.has('gives up early') ? 150 + chance.below(300) : 86_400_000,
  };
}

function dataKnobsOf(seed: number, chance: SeededRandom, odd: ReadonlySet<Oddity>, blows: readonly Blow[]): DataKnobs {
  const dialect: Dialect = odd.has('mysql') ? 'mysql' : odd.has('no log positions') ? 'other' : 'postgres';
  // Known limit: where changes have no position in the log, or one transaction's share one, nothing tells the new topic's from repetitions.
  const recreatedAt = odd.has('the topic is recreated') && dialect === 'postgres' ? 2 + chance.below(12) : null;
  // Known limit: of an order that was evicted, nothing tells a copy of a change from one behind it in the same transaction.
  const sharesPlaces = dialect === 'mysql' && odd.has('few orders fit in memory');
  return {
    dialect,
    tangled: odd.has('tangled transactions') || (dialect === 'mysql' && chance.chance(0.7)),
    // Of an order in two partitions, nothing tells where such a row belongs.
    snapshots: odd.has('rows of snapshots') && !odd.has('partitions are added'),
    reinserts: odd.has('re-inserts'),
    // A clock that is set may be hours ahead.
    expiring: odd.has('cards expire') && !odd.has('clocks are set'),
    over: !odd.has('clocks are set'),
    topics: odd.has('two topics') ? 2 : 1,
    // Of an order in two partitions only one member knows what comes first.
    strays:
      blows.length === 0 && dialect === 'postgres' && !odd.has('partitions are added') && !odd.has('rows of snapshots'),
    growsAt: odd.has('partitions are added') ? 2 + chance.below(12) : null,
    recreatedAt,
    replayRate: seed % 5 === 0 && recreatedAt === null && !sharesPlaces ? chance.pick([0.05, 0.2, 0.4]) : 0,
  };
}

function withHealthyTraffic(
  records: readonly PlannedRecord[],
  topics: readonly string[],
  partitions: number,
): PlannedRecord[] {
  const all = [...records];
  const incarnation = records.at(-1)?.incarnation ?? 0;
  const ends = new Map(
    records.filter(record => record.incarnation === incarnation).map(({ key, offset }) => [key, offset]),
  );
  for (let tick = 1; tick <= ticksMax; tick++) {
    for (const [t, topic] of topics.entries()) {
      for (let partition = 0; partition < partitions; partition++) {
        const key = partitionKey(topic, partition);
        const offset = (ends.get(key) ?? -1n) + 1n;
        ends.set(key, offset);
        const [n, text] = [1000 + tick, `text ${tick}`];
        const parts = { order: `healthy-${t}-${partition}`, n, text, creates: tick === 1 };
        const change = { ...aChange(parts), position: { topic, partition, offset } };
        const means = tagged(change, { n, text, repeated: false });
        const at = instant(dawn + calmMs + tick * 50);
        all.push({ index: all.length, key, incarnation, offset, at, means, lateMs: null });
      }
    }
  }
  return all;
}

function spanOf(random: SeededRandom): Span {
  const from = instant(dawn + random.below(spanMs));
  return { from, to: instant(from + 10 + random.below(90)) };
}

function blowsOf(random: SeededRandom, odd: ReadonlySet<Oddity>): Blow[] {
  const count = 1 + random.below(6);
  const all: readonly [Blow['kind'], ...Blow['kind'][]] = [
    ...(['crash', 'restart', 'stall', 'second joins', 'second leaves', 'rebalance'] as const),
  ];
  // Where an order's changes come from two partitions, only one member knows what comes first.
  const alone = odd.has('partitions are added');
  return Array.from({ length: count }, () => {
    const at = instant(dawn + 5 + random.below(calmMs - 10));
    const kind = random.pick(all);
    return { at, kind: alone && kind !== 'restart' ? 'crash' : kind, byMs: 0 };
  });
}

const minuteMs: DurationMs = 60_000;

function clocksOf(chance: SeededRandom, odd: ReadonlySet<Oddity>): Blow[] {
  if (!odd.has('clocks are set')) return [];
  // Not a whole day ahead: then each card is over by that clock.
  const steps = [1_000, minuteMs, 60 * minuteMs, 23 * 60 * minuteMs, -1_000, -minuteMs, -24 * 60 * minuteMs] as const;
  return Array.from({ length: 1 + chance.below(2) }, () => {
    const at = instant(dawn + chance.below(calmMs));
    return { at, kind: 'clock is set', byMs: chance.pick(steps) };
  });
}

const anyPoison = ['rejects', 'fails', 'times-out', 'refuses-us'] as const;

function poisonOf(
  random: SeededRandom,
  orders: readonly MerchantBizNo[],
  kinds: readonly [Poison, ...Poison[]],
): Map<MerchantBizNo, Poison> {
  const poisoned = random.chance(0.4) ? orders.slice(0, 1 + random.below(Math.min(2, orders.length))) : [];
  return new Map(poisoned.map(order => [order, random.pick(kinds)]));
}
