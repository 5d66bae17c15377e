import type { Offset, PartitionKey } from '../../connector/kernel/position.ts';
import { partitionKey } from '../../connector/kernel/position.ts';
import { type DurationMs, type Instant, instant } from '../../connector/kernel/time.ts';
import type { CardChange, MerchantBizNo } from '../../connector/order/change.ts';
import { merchantBizNo } from '../../connector/order/change.ts';
import { isOlder, isSamePlace } from '../../connector/order/source-position.ts';
import { aChange, dawn, lsnAt, sourceTopic } from '../support/builders.ts';
import { SeededRandom } from '../support/flow-world.ts';

// What is to happen in one history, all drawn from its seed before it begins.

/** How the platform treats every request of a poison order. */
export type Poison = 'rejects' | 'fails' | 'times-out' | 'refuses-us';

/** One record of a partition's log. */
export interface PlannedRecord {
  readonly offset: Offset;
  readonly at: Instant;
  /** Its change, or that it needs no request, or that it cannot be read. */
  readonly means: CardChange | 'needless' | 'unusable';
  /** Its schema has to be fetched: so long does that take. */
  readonly lateMs: DurationMs | null;
}

/** A span of time in which something is out. */
export interface Span {
  readonly from: Instant;
  readonly to: Instant;
}

/** What befalls an instance or the group. */
export interface Blow {
  readonly at: Instant;
  readonly kind: 'crash' | 'restart' | 'stall' | 'second joins' | 'second leaves' | 'rebalance';
}

/** A whole history. */
export interface Plan {
  readonly seed: number;
  readonly logs: ReadonlyMap<PartitionKey, readonly PlannedRecord[]>;
  readonly poison: ReadonlyMap<MerchantBizNo, Poison>;
  /** Orders that have a card before the history begins. */
  readonly carded: ReadonlySet<MerchantBizNo>;
  readonly outage: (Span & { readonly kind: 'connection' | 'timeout' | 'http' | 'credentials' }) | null;
  readonly deadLettersOut: Span | null;
  readonly blows: readonly Blow[];
  /** Share of requests and commits that fail by chance, until all is calm. */
  readonly faultRate: number;
  /** A request that was refused is answered the same when it comes again, whatever happened meanwhile. */
  readonly remembersRefusals: boolean;
  readonly calmFrom: Instant;
  readonly conflate: boolean;
  readonly inFlightMax: number;
  readonly requestsPerSecond: number | null;
  readonly queuedMax: number;
  readonly waitingMax: number;
}

/** A record of the traffic that goes on until the history is over. */
export function isTick({ means }: PlannedRecord): boolean {
  return typeof means !== 'string' && means.merchantBizNo.startsWith('healthy');
}

const spanMs = 150;
const calmMs = 260;
const ticksMax = 200;

/** The history of a seed. */
export function planOf(seed: number): Plan {
  const random = new SeededRandom(seed);
  const conflate = random.chance(0.7);
  const blows = random.chance(0.6) ? blowsOf(random) : [];
  const { logs, orders } = logsOf(random, { seed, strays: blows.length === 0 });
  const poison = poisonOf(random, orders);
  // A poison order that is all alone cannot be told from an outage.
  const lingers = [...poison.values()].some(kind => kind !== 'rejects');
  if (lingers) addHealthyTraffic(logs);
  return {
    seed,
    logs,
    poison,
    carded: new Set(orders.filter(order => !order.startsWith('new') && random.chance(0.5))),
    outage: random.chance(0.3)
      ? { ...spanOf(random), kind: random.pick(['connection', 'timeout', 'http', 'credentials']) }
      : null,
    deadLettersOut: random.chance(0.2) ? spanOf(random) : null,
    blows,
    faultRate: random.pick([0, 0, 0.1, 0.3]),
    remembersRefusals: seed % 2 === 0,
    calmFrom: instant(dawn + calmMs),
    conflate,
    inFlightMax: random.pick([1, 2, 4]),
    requestsPerSecond: seed % 3 === 0 ? 100 : null,
    // Nor when its own changes fill the queue.
    queuedMax: lingers ? 50 : random.pick([3, 6, 50]),
    // While nobody is served nobody is given up: as many poison orders as may wait would stop the source for ever.
    waitingMax: random.pick([3, 4, 20]),
  };
}

function addHealthyTraffic(logs: Map<PartitionKey, PlannedRecord[]>): void {
  for (const [partition, log] of [...logs.values()].entries()) {
    for (let tick = 1; tick <= ticksMax; tick++) {
      const offset = (log.at(-1)?.offset ?? -1n) + 1n;
      const means = aChange({ order: `healthy-${partition}`, n: 1000 + tick, partition, offset, creates: tick === 1 });
      log.push({ offset, at: instant(dawn + calmMs + tick * 50), means, lateMs: null });
    }
  }
}

function spanOf(random: SeededRandom): Span {
  const from = instant(dawn + random.below(spanMs));
  return { from, to: instant(from + 10 + random.below(90)) };
}

function blowsOf(random: SeededRandom): Blow[] {
  const count = 1 + random.below(6);
  return Array.from({ length: count }, () => ({
    at: instant(dawn + 5 + random.below(calmMs - 10)),
    kind: random.pick<Blow['kind']>(['crash', 'restart', 'stall', 'second joins', 'second leaves', 'rebalance']),
  })).sort((a, b) => a.at - b.at);
}

function poisonOf(random: SeededRandom, orders: readonly MerchantBizNo[]): Map<MerchantBizNo, Poison> {
  const poisoned = random.chance(0.4) ? orders.slice(0, 1 + random.below(Math.min(2, orders.length))) : [];
  return new Map(poisoned.map(order => [order, random.pick(['rejects', 'fails', 'times-out', 'refuses-us'])]));
}

function logsOf(random: SeededRandom, { seed, strays: mayStray }: { seed: number; strays: boolean }) {
  const orders = Array.from({ length: 1 + random.below(6) }, (_, index) =>
    merchantBizNo(`${random.chance(0.6) ? 'new' : 'old'}-${index}`),
  );
  const partitions = 1 + random.below(3);
  const logs = new Map(
    Array.from({ length: partitions }, (_, n) => [partitionKey(sourceTopic, n), [] as PlannedRecord[]]),
  );
  const life = new Map<MerchantBizNo, { changes: CardChange[] }>(orders.map(order => [order, { changes: [] }]));
  const count = 3 + random.below(26);
  // Drawn apart, so that the rest of a history is the same with and without.
  const replaying = new SeededRandom(seed + 2_000_003);
  const replayRate = seed % 5 === 0 ? replaying.pick([0.05, 0.2, 0.4]) : 0;
  for (let n = 1; n <= count; n++) {
    const order = orders[random.below(orders.length)] ?? merchantBizNo('new-0');
    const { changes } = life.get(order) ?? { changes: [] };
    const strays = mayStray && random.chance(0.05);
    const partition = (orders.indexOf(order) + (strays ? 1 : 0)) % partitions;
    const log = logs.get(partitionKey(sourceTopic, partition)) ?? [];
    // Compaction and transaction markers leave gaps.
    const offset = (log.at(-1)?.offset ?? -1n) + 1n + BigInt(random.chance(0.2) ? random.below(4) : 0);
    const means = meaningOf(random, { order, n, partition, offset, changes });
    if (typeof means !== 'string') changes.push(means);
    const at = instant(dawn + Math.floor((n / count) * spanMs));
    log.push({ offset, at, means, lateMs: random.chance(0.1) ? 1 + random.below(40) : null });
    if (replaying.chance(replayRate))
      putBack(replaying, life.get(orders[replaying.below(orders.length)] ?? order)?.changes ?? [], logs, at);
  }
  return { logs, orders };
}

/** An order's state as it was known a moment before, put back to be sent again: the database may have changed it since. */
function putBack(
  random: SeededRandom,
  changes: readonly CardChange[],
  logs: ReadonlyMap<PartitionKey, PlannedRecord[]>,
  at: Instant,
): void {
  const known = changes.slice(0, changes.length - random.below(2));
  const [first, ...others] = known;
  if (first === undefined) return;
  const last = others.reduce((latest, next) => (isOlder(next.source, latest.source) ? latest : next), first);
  const { topic, partition } = last.position;
  const log = logs.get(partitionKey(topic, partition)) ?? [];
  const replayed = log.filter(({ means }) => isReplayOf(means, last)).length;
  const offset = (log.at(-1)?.offset ?? -1n) + 1n;
  const means = { ...last, position: { topic, partition, offset }, replays: replayed + 1 };
  log.push({ offset, at, means, lateMs: random.chance(0.1) ? 1 + random.below(40) : null });
}

function isReplayOf(means: PlannedRecord['means'], { merchantBizNo: order, source }: CardChange): boolean {
  if (typeof means === 'string' || means.replays === undefined || means.merchantBizNo !== order) return false;
  return isSamePlace(means.source, source);
}

function meaningOf(
  random: SeededRandom,
  place: {
    readonly order: MerchantBizNo;
    readonly n: number;
    readonly partition: number;
    readonly offset: Offset;
    readonly changes: readonly CardChange[];
  },
): PlannedRecord['means'] {
  const { order, n, partition, offset, changes } = place;
  if (random.chance(0.05)) return 'needless';
  if (random.chance(0.03)) return 'unusable';
  // Debezium repeats old changes at new offsets.
  const repeated = random.chance(0.05) ? changes[random.below(changes.length)] : undefined;
  if (repeated) return { ...repeated, position: { topic: sourceTopic, partition, offset } };
  const creates = changes.length === 0 && order.startsWith('new');
  return aChange({
    order,
    n,
    partition,
    offset,
    creates,
    text: random.pick(['a', 'b', 'c']),
    ends: random.chance(0.12),
    source: lsnAt(n),
    // The same millisecond as another change, or a clock that went back.
    bizDate: instant(dawn + Math.max(0, n - random.below(6))),
    endDate: random.chance(0.04) ? instant(dawn - 1) : null,
  });
}
