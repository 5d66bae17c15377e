import type { Reading } from './reading.ts';
import type { Shop } from './shop.ts';

/** What the summary shows beside the connector's reading. */
export interface Scene {
  readonly shop: Pick<Shop, 'orders' | 'changes' | 'counts'>;
  readonly sandboxUrl: string;
  readonly metricsUrl: string;
  readonly elapsedMs: number;
  /** Of late: row changes a second, and the mean time from a row's change to its card (null where there was none). */
  readonly rate: number;
  readonly delayMs: number | null;
  /** What is being done. */
  readonly phase: string;
}

/** The live summary, line by line. */
export function summaryLines(scene: Scene, reading: Reading): string[] {
  const { shop } = scene;
  const { insert, update, delete: deleted } = shop.counts;
  const changes = `${count(update)} updates, ${count(insert)} inserts, ${count(deleted)} deletes`;
  const underWay = `${count(reading.queued)} queued, ${count(reading.inFlight)} in flight`;
  const waiting = reading.waiting === 0 ? '' : `, ${count(reading.waiting)} orders wait for another attempt`;
  const delay = scene.delayMs === null ? 'no card of late' : `${count(scene.delayMs)} ms on average`;
  return [
    `contract card connector, demo   ${clock(scene.elapsedMs)}   ${scene.phase}`,
    '',
    `  sandbox       ${scene.sandboxUrl}`,
    `  metrics       ${scene.metricsUrl}`,
    '',
    `  orders        ${count(shop.orders)}`,
    `  rows changed  ${count(shop.changes)}   (${changes})   ${scene.rate.toFixed(0)}/s`,
    `  delivered     ${count(reading.delivered)}   ${listed(reading.answers)}`,
    `  not needed    ${count(total(reading.skipped))}   ${listed(reading.skipped)}`,
    `  lag           ${count(reading.lag)} records, ${underWay}${waiting}`,
    `  delay         ${delay}   (from the row's change to the card)`,
    `  retries       ${count(reading.retries)}`,
    `  dead letters  ${count(reading.deadLetters)}`,
  ];
}

/** The same in one line, for a log. */
export function progressLine(scene: Scene, reading: Reading): string {
  return [
    `${clock(scene.elapsedMs)} ${scene.phase}`,
    `${count(scene.shop.changes)} rows changed`,
    `${count(reading.delivered)} delivered (${listed(reading.answers) || 'no answer yet'})`,
    `lag ${count(reading.lag)}`,
    `${count(reading.retries)} retries`,
    `${count(reading.deadLetters)} dead letters`,
  ].join(', ');
}

function listed(pairs: readonly (readonly [name: string, count: number])[]): string {
  return pairs.map(([name, number]) => `${name} ${count(number)}`).join('  ');
}

function total(pairs: readonly (readonly [name: string, count: number])[]): number {
  return pairs.reduce((sum, [, number]) => sum + number, 0);
}

function count(number: number): string {
  return number.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
