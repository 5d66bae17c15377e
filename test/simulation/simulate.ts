// `npm run simulate`: random histories, as many as are asked for. See --help.
import { spawnSync } from 'node:child_process';
import { readSimulateCommand } from './command-line.ts';
import { defects as planted } from './defects.ts';
import { play, playDefects } from './play.ts';

const progressMs = 1_000;

async function main(args: readonly string[]): Promise<number> {
  const command = readSimulateCommand(args);
  if (command.kind !== 'run') {
    (command.kind === 'help' ? console.log : console.error)(command.text);
    return command.kind === 'help' ? 0 : 2;
  }
  const { seed, runs, defect, defects } = command.options;
  const total = defects ? Object.keys(planted).length : runs;
  console.log(`commit ${commit()}, ${runs} from seed ${seed}${defect === null ? '' : `, defect "${defect}"`}`);
  let toldAt = performance.now();
  return (defects ? playDefects : play)(command.options, {
    say: line => console.log(line),
    progress: done => {
      if (performance.now() - toldAt < progressMs) return;
      toldAt = performance.now();
      console.error(`${done} of ${total}`);
    },
  });
}

/** A history is the same at the same commit only. */
function commit(): string {
  const git = (...args: readonly string[]) => spawnSync('git', args, { encoding: 'utf8' }).stdout?.trim() ?? '';
  const name = git('rev-parse', '--short', 'HEAD') || 'unknown';
  return git('status', '--porcelain') === '' ? name : `${name}, and changes that are not committed`;
}

process.exitCode = await main(process.argv.slice(2));
