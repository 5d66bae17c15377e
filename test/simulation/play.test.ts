import { describe, expect, it } from 'vitest';
import { readSimulateCommand, type SimulateOptions } from './command-line.ts';
import { play } from './play.ts';
import { simulate } from './world.ts';

const told = async (options: Partial<SimulateOptions>) => {
  const lines: string[] = [];
  const progress: number[] = [];
  const telling = {
    say: (line: string) => void lines.push(line),
    progress: (done: number) => void progress.push(done),
  };
  const code = await play({ seed: 1, runs: 3, defect: null, lines: 30, ...options }, telling);
  return { code, text: lines.join('\n'), progress };
};

describe('playing histories', () => {
  it('tells that all was kept', async () => {
    expect(await told({ seed: 7 })).toEqual({
      code: 0,
      text: '3 histories from seed 7: every promise was kept',
      progress: [1, 2, 3],
    });
  });

  it('ends at the first broken promise, with its seed and its last lines', async () => {
    const defect = 'sends everything twice at once';
    const { code, text, progress } = await told({ seed: 5, defect, lines: 3 });
    expect([code, progress]).toEqual([1, []]);
    const lines = text.split('\n');
    expect(lines[0]).toMatch(/^seed 5: two requests of \S+ are in flight/);
    expect(lines).toHaveLength(4);
  });

  it('shows the same seed the same way', async () => {
    const options = { seed: 25, runs: 1, defect: 'says that it writes the journal, and does not' };
    expect(await told(options)).toEqual(await told(options));
    expect((await simulate(25)).trace).toEqual((await simulate(25)).trace);
  });
});

describe('the command line', () => {
  const options = (...args: readonly string[]) => {
    const command = readSimulateCommand(args);
    return command.kind === 'run' ? command.options : command;
  };

  it('plays ten thousand histories, or the one that is named', () => {
    expect(options()).toEqual({ seed: 1, runs: 10_000, defect: null, lines: 30 });
    expect(options('--seed', '9')).toMatchObject({ seed: 9, runs: 1 });
    expect(options('--seed', '9', '--runs', '4', '--lines', '5')).toMatchObject({ seed: 9, runs: 4, lines: 5 });
    expect(options('--defect', 'forgets to resume')).toMatchObject({ defect: 'forgets to resume' });
  });

  it('says what is wrong, all at once', () => {
    const command = readSimulateCommand(['--seed', '0', '--runs', 'x', '--defect', 'toString']);
    const problems = command.kind === 'wrong' ? command.text.split('\n') : [];
    expect(problems.map(problem => /--seed|--runs|no defect "toString"/.exec(problem)?.[0]).sort()).toEqual([
      '--runs',
      '--seed',
      'no defect "toString"',
    ]);
    expect(options('--bogus')).toMatchObject({ kind: 'wrong' });
  });

  it('helps, with the names of all defects', () => {
    const help = options('--help');
    expect(help).toMatchObject({ kind: 'help', text: expect.stringContaining('"forgets to resume"') });
  });
});
