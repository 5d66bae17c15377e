// The guard: a process of its own that ends others when its owner is gone, however the owner went (also by kill -9).
// The owner holds the other end of its standard input and writes one JSON line for each order; when that end closes, the
// guard ends every group it watches, removes the folders it was told of, and exits. It is in a session of its own, so
// Ctrl-C in the terminal does not reach it.
import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardOrder } from './guard.ts';

const graceMs = 1_000;
const killMs = 1_000;
const watched = new Map<number, NodeJS.Signals>();
const folders = new Set<string>();

function obey(order: GuardOrder): void {
  switch (order.kind) {
    case 'watch':
      watched.set(order.group, order.signal);
      return;
    case 'forget':
      watched.delete(order.group);
      return;
    case 'remove':
      folders.add(order.folder);
      return;
  }
}

function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

/** What has ended and waits to be looked at by its parent lives no more, though it can still be signalled (some containers' process 1 never looks). */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function living(): number[] {
  return [...watched.keys()].filter(group => signalGroup(group, 0) && !isZombie(group));
}

async function allEnded(withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (living().length > 0 && performance.now() < deadline) await sleep(10);
}

async function end(): Promise<void> {
  for (const [group, signal] of watched) signalGroup(group, signal);
  await allEnded(graceMs);
  for (const group of living()) signalGroup(group, 'SIGKILL');
  await allEnded(killMs);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
const lines = createInterface({ input: process.stdin });
lines.on('line', line => obey(JSON.parse(line) as GuardOrder));
lines.on('close', () => void end());
