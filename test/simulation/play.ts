import type { SimulateOptions } from './command-line.ts';
import type { Defect } from './defect.ts';
import { defects } from './defects.ts';
import { simulationWith } from './plant.ts';
import { type Outcome, simulate } from './world.ts';

/** Where it is told how it goes. */
export interface Telling {
  /** Something to stay. */
  readonly say: (line: string) => void;
  /** How many histories are over; called after each. */
  readonly progress: (done: number) => void;
}

/** A broken history: its seed, the promise that broke first, and its last lines. */
export function storyOf({ seed, broken, trace }: Outcome, lines = 30): string {
  return `seed ${seed}: ${broken}\n${trace.slice(-lines).join('\n')}`;
}

/** Plays histories until one breaks; answers the exit code. */
export async function play(options: SimulateOptions, telling: Telling): Promise<0 | 1> {
  const { seed: first, runs, defect, lines } = options;
  const planted = defect === null ? undefined : defects[defect];
  const simulation = planted === undefined ? simulate : await simulationWith(planted);
  for (let done = 0; done < runs; done++) {
    const outcome = await simulation(first + done);
    if (outcome.broken !== null) {
      telling.say(storyOf(outcome, lines));
      return 1;
    }
    telling.progress(done + 1);
  }
  telling.say(`${runs} histories from seed ${first}: every promise was kept`);
  return 0;
}

/** Plants each defect in turn, and plays histories until the promise breaks that it is to break; answers the exit code. */
export async function playDefects(options: SimulateOptions, telling: Telling): Promise<0 | 1> {
  const all = Object.entries(defects);
  const counts = { found: 0, missed: 0, elusive: 0 };
  for (const [n, [name, defect]] of all.entries()) {
    const finding = defect.elusive === true ? null : await find(defect, options);
    const result = defect.elusive === true ? 'elusive' : finding === null ? 'missed' : 'found';
    counts[result]++;
    telling.say(`${result.padEnd(7)}  ${name}${finding === null ? '' : `: ${finding}`}`);
    telling.progress(n + 1);
  }
  const { found, missed, elusive } = counts;
  telling.say(`${found} of ${all.length} defects found, ${missed} missed, ${elusive} elusive and not looked for`);
  return missed === 0 ? 0 : 1;
}

/** The seed and the promise that a defect breaks, or null. A part that fails unexpectedly breaks no promise of that kind. */
async function find(defect: Defect, { seed: first, runs }: SimulateOptions): Promise<string | null> {
  const ignore = () => undefined;
  process.on('unhandledRejection', ignore);
  try {
    const simulation = await simulationWith(defect);
    for (let seed = first; seed < first + runs; seed++) {
      const { broken } = await simulation(seed);
      if (broken !== null && defect.breaks.test(broken)) return `seed ${seed}: ${broken}`;
    }
    return null;
  } finally {
    process.off('unhandledRejection', ignore);
  }
}
