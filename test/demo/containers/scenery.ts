import { setTimeout as sleep } from 'node:timers/promises';
import { readFaultText } from '../../sandbox/faults/fault.ts';
import type { SandboxCard } from '../compare.ts';
import { MetricsPage } from '../live/metrics-page.ts';
import { isSettled, type Reading, readingOf } from '../live/reading.ts';
import type { Scenery } from '../live/scenery.ts';
import type { Order } from '../order.ts';
import { OrdersDb } from '../orders-db.ts';
import type { Surroundings } from './surroundings.ts';

/** What runs in the containers, and how far the shop and the connector are. */
export interface RunningScenery {
  readonly scenery: Scenery;
  readonly orders: readonly Order[];
  readonly firstNumber: number;
  readonly settled: number;
}

const settledMs = 60_000;

/** Meets the database, the sandbox and the connector that run, and waits until the connector has accounted for the table as it is. */
export async function meet(where: Surroundings, faults: readonly string[]): Promise<RunningScenery> {
  const db = await OrdersDb.connect(where.databaseUrl);
  const orders = await db.readAll();
  const metrics = async () => MetricsPage.parse(await (await fetch(where.metricsUrl)).text());
  const { settled } = await untilSettled(metrics, orders.length);
  await addFaults(where.sandboxUrl, faults);
  const cards = await cardsSince(where.sandboxUrl, orders);
  const scenery: Scenery = {
    db,
    sandbox: { url: where.shown.sandboxUrl, cards },
    connector: { metricsUrl: where.shown.metricsUrl, metrics },
    // Containers are watched by Docker.
    broken: new Promise<never>(() => undefined),
    logs: 'shown by docker compose logs connector sandbox',
    setDown: () => db.close(),
  };
  return { scenery, orders, firstNumber: await db.countEver(), settled };
}

async function untilSettled(metrics: () => Promise<MetricsPage>, records: number): Promise<Reading> {
  const deadline = performance.now() + settledMs;
  while (performance.now() < deadline) {
    const reading = readingOf(await metrics());
    if (isSettled(reading, records)) return reading;
    await sleep(100);
  }
  throw new Error(`the connector has not accounted for ${records} orders within ${settledMs / 1000} s`);
}

async function addFaults(sandboxUrl: string, texts: readonly string[]): Promise<void> {
  const faults = texts.map(text => {
    const read = readFaultText(text);
    if (read.kind !== 'read') throw new Error(`--fault ${text}: ${read.problem}`);
    return read.fault;
  });
  if (faults.length === 0) return;
  const answer = await fetch(`${sandboxUrl}/sandbox/faults`, { method: 'POST', body: JSON.stringify(faults) });
  if (!answer.ok) throw new Error(`the sandbox does not take the faults: ${await answer.text()}`);
}

/** The sandbox's cards, without those that had ended before of orders whose rows were deleted: an earlier run compared them. */
async function cardsSince(sandboxUrl: string, orders: readonly Order[]): Promise<() => Promise<SandboxCard[]>> {
  const all = async () => {
    // Above the number of cards there can be: the sandbox's own answer is cut at 100.
    const answer = await fetch(`${sandboxUrl}/sandbox/cards?limit=10000000`);
    return ((await answer.json()) as { cards: SandboxCard[] }).cards;
  };
  const there = new Set(orders.map(order => order.merchantBizNo));
  const gone = (await all()).filter(card => card.state !== 'live' && !there.has(card.merchantBizNo));
  const past = new Set(gone.map(card => card.merchantBizNo));
  return async () => (await all()).filter(card => !past.has(card.merchantBizNo));
}
