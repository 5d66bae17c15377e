import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { storyOf } from './play.ts';
import { simulate } from './world.ts';

// Whole histories against a simulated world: every promise of the design that can be seen from outside is checked
// after each step. A failure names its seed: SIMULATE_SEED=<seed> plays that one alone, SIMULATE_RUNS=<n> plays more;
// `npm run simulate` plays ten thousand, and says how far it is.

const { SIMULATE_SEED, SIMULATE_RUNS = 2000 } = process.env;
const first = Number(SIMULATE_SEED ?? 1);
const last = SIMULATE_SEED === undefined ? Number(SIMULATE_RUNS) : first;
const chunkSize = 25;
// A history takes some 30 ms of an idle core; a busy one takes its time.
const timeout = 60_000;
const chunks = Array.from({ length: Math.ceil((last - first + 1) / chunkSize) }, (_, n): [number, number] => {
  const from = first + n * chunkSize;
  return [from, Math.min(last, from + chunkSize - 1)];
});

describe('random histories', { timeout }, () => {
  it.each(chunks)('keep every promise: seeds $0 to $1', async (from, to) => {
    for (let seed = from; seed <= to; seed++) {
      const outcome = await simulate(seed);
      if (outcome.broken !== null) expect.fail(storyOf(outcome));
    }
  });

  it('are the same for the same seed, line by line', async () => {
    for (let seed = first; seed < first + 10; seed++) {
      const { trace } = await simulate(seed);
      expect((await simulate(seed)).trace).toEqual(trace);
    }
  });

  it('hold what they are about: every kind of event happens', async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 150; seed++) {
      const { trace, plan } = await simulate(seed);
      for (const { kind } of plan.blows) seen.add(kind);
      for (const poison of plan.poison.values()) seen.add(poison);
      if (plan.outage) seen.add(plan.outage.kind);
      for (const line of trace)
        seen.add(/ (SEND|UPDATE|dead letter|commits|notes [a-z-]+) /.exec(line)?.[1] ?? 'other');
    }
    expect([...seen].sort()).toEqual(
      [
        ...['crash', 'restart', 'stall', 'rebalance', 'second joins', 'second leaves', 'clock is set'],
        ...['rejects', 'fails', 'times-out', 'refuses-us'],
        ...['connection', 'timeout', 'http', 'credentials'],
        ...['SEND', 'UPDATE', 'dead letter', 'commits', 'other'],
        ...['sent', 'updated', 'ended', 'healed', 'skipped', 'superseded'].map(event => `notes ${event}`),
        ...['parked', 'retried', 'rejected', 'dead-lettered', 'tombstone'].map(event => `notes ${event}`),
      ].sort(),
    );
  });
});

it('finds each planted defect by the promise that it breaks', { timeout: 10 * timeout }, async () => {
  const playing = spawn(process.execPath, [join(import.meta.dirname, 'simulate.ts'), '--defects'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await text(playing.stdout);
  expect(said.split('\n').filter(line => line.startsWith('missed'))).toEqual([]);
  expect(Number(/(\d+) of \d+ defects found/.exec(said)?.[1])).toBeGreaterThanOrEqual(20);
});
