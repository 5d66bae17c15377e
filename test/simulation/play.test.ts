import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
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
  const code = await play({ seed: 1, runs: 3, defect: null, defects: false, lines: 30, ...options }, telling);
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

  it('shows the same seed the same way', async () => {
    expect((await simulate(25)).trace).toEqual((await simulate(25)).trace);
  });
});

describe('a planted defect', () => {
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'simulate.ts'), ...args], { encoding: 'utf8' });

  it('ends the histories at the first broken promise, with its seed and its last lines', () => {
    const { status, stdout } = run(
      '--seed',
      '1',
      '--runs',
      '50',
      '--defect',
      'gives a partition to two members',
      '--lines',
      '3',
    );
    expect(status).toBe(1);
    const lines = stdout.trimEnd().split('\n').slice(1);
    expect(lines[0]).toMatch(/^seed \d+: \S+ is sent without a lease/);
    expect(lines).toHaveLength(4);
  });
});

describe('the command line', () => {
  const options = (...args: readonly string[]) => {
    const command = readSimulateCommand(args);
    return command.kind === 'run' ? command.options : command;
  };

  it('plays ten thousand histories, or the one that is named', () => {
    expect(options()).toEqual({ seed: 1, runs: 10_000, defect: null, defects: false, lines: 30 });
    expect(options('--seed', '9')).toMatchObject({ seed: 9, runs: 1 });
    expect(options('--seed', '9', '--runs', '4', '--lines', '5')).toMatchObject({ seed: 9, runs: 4, lines: 5 });
    expect(options('--defect', 'has a lease for two sessions')).toMatchObject({
      defect: 'has a lease for two sessions',
    });
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
    expect(help).toMatchObject({ kind: 'help', text: expect.stringContaining('"has a lease for two sessions"') });
  });
});
