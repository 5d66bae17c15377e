import { setTimeout as sleep } from 'node:timers/promises';
import { readFaultText } from '../../sandbox/faults/fault.ts';
import type { SandboxCard } from '../compare.ts';
import { MetricsPage } from '../live/metrics-page.ts';
import { compareAtRest } from '../live/play.ts';
import type { Scenery } from '../live/scenery.ts';
import { Shop } from '../live/shop.ts';
import type { Order } from '../order.ts';
import { OrdersDb } from '../orders-db.ts';
import type { Surroundings } from './surroundings.ts';

/** What runs in the containers, and how far the shop is. */
export interface RunningScenery {
  readonly scenery: Scenery;
  readonly orders: readonly Order[];
  readonly firstNumber: number;
}

const startsAgainMs = 60_000;
/** The connector that is met is ready: what it has to do with the table as it is, it does now. */
const restMs = 10_000;

/** Meets the database, the sandbox and the connector that run, when the table as it is has become cards. */
export async function meet(where: Surroundings, faults: readonly string[]): Promise<RunningScenery> {
  const db = await OrdersDb.connect(where.databaseUrl);
  const orders = await db.readAll();
  const metrics = () => pageOf(where.metricsUrl);
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
  await compareAtRest(scenery, new Shop(orders), restMs);
  await addFaults(where.sandboxUrl, faults);
  return { scenery, orders, firstNumber: await db.countEver() };
}

/** Reads the metrics; waits where the connector is being started again. */
async function pageOf(metricsUrl: string): Promise<MetricsPage> {
  const deadline = performance.now() + startsAgainMs;
  for (;;) {
    try {
      return MetricsPage.parse(await (await fetch(metricsUrl)).text());
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(200);
    }
  }
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
