import { describe, expect, it } from 'vitest';
import { defects, noDefect } from './defects.ts';
import { storyOf } from './play.ts';
import { simulate } from './world.ts';

// Whole histories against a simulated world: every promise of the design that can be seen from outside is checked
// after each step. A failure names its seed: SIMULATE_SEED=<seed> plays that one alone, SIMULATE_RUNS=<n> plays more;
// `npm run simulate` plays ten thousand, and says how far it is.

const { SIMULATE_SEED, SIMULATE_RUNS = 2000 } = process.env;
const first = Number(SIMULATE_SEED ?? 1);
const last = SIMULATE_SEED === undefined ? Number(SIMULATE_RUNS) : first;
const chunkSize = 100;
const chunks = Array.from({ length: Math.ceil((last - first + 1) / chunkSize) }, (_, n): [number, number] => {
  const from = first + n * chunkSize;
  return [from, Math.min(last, from + chunkSize - 1)];
});

describe('random histories', () => {
  it.each(chunks)('keep every promise: seeds $0 to $1', async (from, to) => {
    for (let seed = from; seed <= to; seed++) {
      const outcome = await simulate(seed);
      if (outcome.broken !== null) expect.fail(storyOf(outcome));
    }
  });

  it('are the same for the same seed, line by line', async () => {
    for (let seed = first; seed < first + 20; seed++) {
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
        ...['crash', 'restart', 'stall', 'rebalance', 'second joins', 'second leaves'],
        ...['rejects', 'fails', 'times-out', 'refuses-us'],
        ...['connection', 'timeout', 'http', 'credentials'],
        ...['SEND', 'UPDATE', 'dead letter', 'commits', 'other'],
        ...['sent', 'updated', 'ended', 'healed', 'skipped', 'superseded'].map(event => `notes ${event}`),
        ...['parked', 'retried', 'rejected', 'dead-lettered'].map(event => `notes ${event}`),
      ].sort(),
    );
  });
});

// Some take a blow and a parked order at once.
const seedsMost = 300;

describe('a planted defect is found by the promise that it breaks:', () => {
  it.each(Object.entries(defects))('%s', async (_, { breaks, defect }) => {
    let found = 0;
    for (let seed = 1; seed <= seedsMost && found === 0; seed++) {
      const { broken } = await simulate(seed, defect);
      if (broken !== null && breaks.test(broken)) found = seed;
    }
    expect(found).toBeGreaterThan(0);
  });

  it('and nothing where the ports are wrapped, and no defect is planted', async () => {
    for (let seed = 1; seed <= seedsMost; seed++) expect((await simulate(seed, noDefect)).broken).toBeNull();
  });
});
