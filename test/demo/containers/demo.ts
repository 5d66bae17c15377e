// The demo in a container: changes the orders of the shop that docker-compose.yml runs, and shows what becomes of them. See --help.
import { readDemoCommand } from '../live/command-line.ts';
import { play } from '../live/play.ts';
import { Screen } from '../live/screen.ts';
import { meet } from './scenery.ts';
import { readSurroundings } from './surroundings.ts';

const screen = new Screen(process.stdout);

async function main(args: readonly string[]): Promise<number> {
  const command = readDemoCommand(args);
  if (command.kind !== 'run') {
    (command.kind === 'help' ? console.log : console.error)(command.text);
    return command.kind === 'help' ? 0 : 2;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  try {
    const { scenery, ...script } = await meet(readSurroundings(process.env), command.options.faults);
    const played = { ...script, counted: false, options: command.options, now: new Date() };
    const code = await play(scenery, played, screen, stop.signal);
    await scenery.setDown();
    return code;
  } catch (error) {
    if (stop.signal.aborted) return 130;
    screen.print(`demo: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

process.exit(await main(process.argv.slice(2)));
