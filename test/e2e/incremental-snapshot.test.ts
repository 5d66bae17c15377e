import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RowChange } from '../../connector/kernel/row-change.ts';
import { openRegistry } from '../../connector/registry/registry.ts';
import { createDecoder } from '../../connector/source/decode.ts';
import { systemClock } from '../../connector/system-clock.ts';
import { statesOf } from '../stack/connect-api.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { checkDeliveries } from '../support/delivery-checks.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

const orders = 60;
// Debezium reads no further than it can write.
const smallQueue = { 'max.queue.size': '64', 'max.batch.size': '32' };
// Before the signal, more than Debezium's queue holds; behind it, what Debezium needs a second or more for.
const touchesBefore = 3;
const touchesBehind = 30;

describe('an incremental snapshot beside live changes, while Debezium is behind', () => {
  let stack: RemoteStack;
  let world: ShopWorld;
  let topics: TopicAccess;

  beforeAll(async () => {
    stack = await sharedStack();
    world = await openShop(stack, { name: 'incremental', orders, signals: smallQueue });
    topics = await openTopicAccess(stack.kafka.bootstrap);
  });
  afterAll(async () => {
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  /** Pauses Debezium or lets it go on. */
  async function debezium(command: 'pause' | 'resume'): Promise<void> {
    const answer = await fetch(`${stack.connect.url}/connectors/${world.name}/${command}`, { method: 'PUT' });
    if (!answer.ok) throw new Error(`Kafka Connect answers ${answer.status}`);
    const wanted = command === 'pause' ? 'PAUSED' : 'RUNNING';
    await until(`Debezium is ${wanted}`, async () =>
      (await statesOf(stack.connect.url, world.name)).every(state => state === wanted),
    );
  }

  /** Changes each row so many times, without a change of its card. */
  async function touchAll(times: number): Promise<void> {
    const statement = 'UPDATE orders SET created_at = created_at';
    // The lock: the shop changes several rows in a transaction, in another sequence.
    const lock = 'LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE';
    for (let time = 0; time < times; time++) await world.sql(`BEGIN; ${lock}; ${statement}; COMMIT`);
  }

  /** What the topic holds, by partition and offset. */
  async function changes(): Promise<readonly RowChange[]> {
    const ignore = () => undefined;
    const registry = openRegistry({
      ...{ url: stack.registry.url, tls: null, timeoutMs: 5_000, retryMs: 100, clock: systemClock },
      ...{ onUnavailable: ignore, onAvailable: ignore },
    });
    const decoder = createDecoder(registry);
    const found: RowChange[] = [];
    for (const record of await topics.read(world.topic)) {
      const read = { ...record, topic: world.topic, timestamp: systemClock.now(), headers: [] };
      const decoded = await decoder.decode(read, AbortSignal.timeout(10_000));
      if (decoded.kind === 'change') found.push(decoded.change);
    }
    return found;
  }

  it('leaves every card equal to its row, though rows were read long before they were emitted', {
    timeout: 120_000,
  }, async () => {
    await using connector = await world.startConnector('connector');
    await world.untilEqual();
    const load = new AbortController();
    const changing = world.change({ changes: Infinity, inserts: Infinity, rate: 100, signal: load.signal });

    await debezium('pause');
    // It reads on until its queue is full.
    await touchAll(touchesBefore);
    await world.sql("INSERT INTO debezium_signal VALUES ('all', 'execute-snapshot', $1)", [
      JSON.stringify({ 'data-collections': ['public.orders'], type: 'incremental' }),
    ]);
    // They lie between the signal, at which the rows are read, and the end of the window, at which they are emitted.
    await touchAll(touchesBehind);
    await debezium('resume');
    await connector.untilMetrics(
      'Debezium has written what it was behind',
      now => now.sum('card_sync_records_consumed_total') > orders * (1 + touchesBefore + touchesBehind),
    );
    load.abort();
    await changing;

    await world.untilEqual();
    const samples = await connector.untilMetrics(
      'all is accounted for',
      now => now.sum('card_sync_unsettled_records') === 0 && now.sum('card_sync_consumer_lag') === 0,
    );
    await world.untilEqual();
    expect(samples.sum('card_sync_dead_letters_total')).toBe(0);
    checkDeliveries(world.sandbox);
    const overtaken = overtakenRows(await changes());
    console.log(`${overtaken} rows of the snapshot were emitted after the commit of a change that follows them`);
    // Else nothing was tested.
    expect(overtaken).toBeGreaterThan(5);
    expect(await connector.stop()).toBe(0);
  });
});

/** Rows of an incremental snapshot that lie before a change of their order that was committed before the row was emitted. */
function overtakenRows(changes: readonly RowChange[]): number {
  const lastCommit = new Map<unknown, number>();
  let count = 0;
  for (const { after, source } of changes.toReversed()) {
    const order = after?.merchant_biz_no;
    if (source.kind === 'time' && source.snapshot) {
      if ((lastCommit.get(order) ?? Number.POSITIVE_INFINITY) < source.committedAt) count++;
    } else {
      // Going back: at last the first change behind the row.
      lastCommit.set(order, source.committedAt);
    }
  }
  return count;
}
