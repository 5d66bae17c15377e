import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Runs a tool of node_modules in the project's folder; its whole output is the failure's text. */
function run(tool: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin', tool), args, {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 ? '' : `${tool} ${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`;
}

describe('static checks', () => {
  it.each([
    ['types hold', 'tsc', ['--noEmit']],
    ["types hold in the sandbox's page and its tests", 'tsc', ['-p', 'test/browser']],
    ['format and lint are clean', 'biome', ['check', '--error-on-warnings', '.']],
    ['nothing is unused', 'knip', []],
  ])('%s', (_, tool, args) => expect(run(tool, args)).toBe(''), 60_000);
});
