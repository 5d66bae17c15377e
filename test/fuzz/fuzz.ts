import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../demo/random.ts';
import { shrunk } from './mutate.ts';
import { type FuzzTarget, targets } from './targets.ts';

/** An input that once did what none may; replayed by test/unit/fuzz/regressions.test.ts. */
export interface Regression {
  readonly target: string;
  /** Of the run that found it. */
  readonly seed: number;
  readonly what: string;
  /** Base64. */
  readonly input: string;
}

/** Where regressions are kept. */
export const regressionsFile = new URL('regressions.json', import.meta.url);

/** The regressions kept so far. */
export function readRegressions(): readonly Regression[] {
  return JSON.parse(readFileSync(regressionsFile, 'utf8'));
}

/** Runs `count` inputs of a seed; the first bad one, shrunk, or null. An input that takes longer than a second is bad too. */
export async function fuzz(
  name: string,
  seed: number,
  count: number,
  onProgress: (done: number) => void = () => undefined,
): Promise<Regression | null> {
  const target = targets[name];
  if (target === undefined) throw new Error(`there is no target ${name}: ${Object.keys(targets).join(', ')}`);
  for (let number = 0; number < count; number++) {
    const input = target.make(Random.of(seed, number));
    const what = await badnessOf(target, input);
    if (what !== null) {
      const least = await shrunk(input, async shorter => (await badnessOf(target, shorter)) !== null);
      return { target: name, seed, what, input: least.toString('base64') };
    }
    if (number % 50_000 === 49_999) onProgress(number + 1);
  }
  return null;
}

/** Why an input is bad; null where it is not. */
export async function badnessOf(target: FuzzTarget, input: Buffer): Promise<string | null> {
  const startedAt = performance.now();
  try {
    await target.run(input);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  const tookMs = performance.now() - startedAt;
  return tookMs > 1_000 ? `it took ${Math.round(tookMs)} ms` : null;
}

const help = `Throws mutated input at what strangers' bytes go into, and keeps what breaks it.

  npm run fuzz -- [options]

  --count N        inputs in all, shared out among the targets (1000000)
  --seed N         the same seed makes the same inputs; drawn and printed where it is not given
  --target NAME    only this one: ${Object.keys(targets).join(', ')}
  --help

Exit codes: 0 nothing found, 1 an input is bad: it is added to test/fuzz/regressions.json, which the tests replay.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      target: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const names = values.target === undefined ? Object.keys(targets) : [values.target];
  const [seed, count] = [Number(values.seed), Math.ceil(Number(values.count) / names.length)];
  console.log(`seed ${seed}, up to ${count} inputs for each of ${names.join(', ')}`);
  let found = 0;
  for (const name of names) {
    const startedAt = performance.now();
    const inputs = Math.ceil(count / (targets[name]?.cost ?? 1));
    const bad = await fuzz(name, seed, inputs, done => console.log(`  ${name}: ${done}`));
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(bad === null ? `${name}: ${inputs} inputs, ${seconds} s, none bad` : `${name}: ${bad.what}`);
    if (bad === null) continue;
    found++;
    writeFileSync(regressionsFile, `${JSON.stringify([...readRegressions(), bad], null, 2)}\n`);
  }
  return found === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
