import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../connector/cli/program.ts';
import type { ExitCode } from '../../../connector/cli/run.ts';

async function called(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  exitCode: ExitCode = 0,
) {
  const out: string[] = [];
  const errors: string[] = [];
  const files: string[] = [];
  const code = await runProgram(args, {
    environment,
    print: text => out.push(text),
    printError: text => errors.push(text),
    run: file => {
      files.push(file);
      return Promise.resolve(exitCode);
    },
  });
  return { code, out: out.join(''), errors: errors.join(''), files };
}

describe('card-sync', () => {
  it('runs with the file of --config, else of CARD_SYNC_CONFIG, else the usual one', async () => {
    expect((await called(['run', '--config', 'a.yaml'], { CARD_SYNC_CONFIG: 'b.yaml' })).files).toEqual(['a.yaml']);
    expect((await called(['run', '-c', 'a.yaml'])).files).toEqual(['a.yaml']);
    expect((await called(['run'], { CARD_SYNC_CONFIG: 'b.yaml' })).files).toEqual(['b.yaml']);
    expect((await called(['run'], { CARD_SYNC_CONFIG: '' })).files).toEqual(['config/connector.yaml']);
  });

  it.each([0, 1, 2] as const)('ends with the exit code %d of the run', async exitCode => {
    expect((await called(['run'], {}, exitCode)).code).toBe(exitCode);
  });

  it('prints help with the exit codes, and its version', async () => {
    const help = await called(['--help']);
    expect(help.code).toBe(0);
    expect(help.out).toContain('Usage: card-sync [options] [command]');
    expect(help.out).toMatch(/Exit codes:\n {2}0 {2}stopped/);
    expect((await called(['run', '--help'])).out).toContain('CARD_SYNC_CONFIG');
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await called(['--version'])).toMatchObject({ code: 0, out: `${version}\n` });
  });

  it.each([
    [['rn'], "error: unknown command 'rn'\n(Did you mean run?)"],
    [['run', '--confg', 'x'], "error: unknown option '--confg'\n(Did you mean --config?)"],
    [['run', '--config'], "error: option '-c, --config <file>' argument missing"],
    [['run', 'extra'], 'error: too many arguments'],
    [['dead-letters', 'redrive', '--config', 'no/such.yaml'], 'say which letters are meant'],
    [['dead-letters', 'redrive', '--all', '--rate', '0'], "option '--rate <letters>' argument '0' is invalid"],
    [['dead-letters', 'list', '--config', 'no/such.yaml'], 'no/such.yaml'],
    [['dead-letters', 'show', '7'], 'It is to be <partition>@<offset>'],
    [['replay'], "required option '--from <time>' not specified"],
    [['replay', '--from', 'yesterday'], "option '--from <time>' argument 'yesterday' is invalid"],
    [['replay', '--from', '2h', '--rate', '0.5'], "option '--rate <orders>' argument '0.5' is invalid"],
    [['replay', '--from', '2h', '--run', 'a b'], 'It is to be as the broken-off run printed it.'],
    [['replay', '--from', '2h', '--to', '3h'], '--from is to be before --to'],
    [['replay', '--from', '2h', '--config', 'no/such.yaml'], 'no/such.yaml'],
    [[], 'Usage: card-sync'],
  ])('answers bad usage %j with a hint and exit code 2', async (args, text) => {
    const { code, errors, files } = await called(args);
    expect(code).toBe(2);
    expect(errors).toContain(text);
    expect(files).toEqual([]);
  });
});
