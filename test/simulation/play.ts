import type { SimulateOptions } from './command-line.ts';
import { defects } from './defects.ts';
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
  for (let done = 0; done < runs; done++) {
    const outcome = await simulate(first + done, planted?.defect);
    if (outcome.broken !== null) {
      telling.say(storyOf(outcome, lines));
      return 1;
    }
    telling.progress(done + 1);
  }
  telling.say(`${runs} histories from seed ${first}: every promise was kept`);
  return 0;
}
