import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TestModule } from 'vitest/node';
import CountReporter from '../../support/count-reporter.ts';

let folder: string;
let printed: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'counts-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A test file with tests in these states; `broken` where it does not load. */
function fileWith(states: readonly string[], broken = false): TestModule {
  const tests = states.map(state => ({ result: () => ({ state }) }));
  const file = {
    children: { allTests: () => tests },
    state: () => 'failed',
    errors: () => (broken ? [new Error()] : []),
  };
  return file as unknown as TestModule;
}

const files = [fileWith(['passed', 'passed', 'failed']), fileWith(['passed', 'skipped']), fileWith([], true)];

it('counts all tests, and files and runs that broke as failed, in one line', () => {
  vi.stubEnv('TEST_COUNTS_FILE', '');
  new CountReporter().onTestRunEnd(files, [new Error('unhandled')]);
  expect(printed).toBe('\n3 passed, 3 failed, 1 skipped\n');
});

it('gives the counts to a file instead, where several runs make one result', () => {
  const file = join(folder, 'counts');
  vi.stubEnv('TEST_COUNTS_FILE', file);
  new CountReporter().onTestRunEnd(files, []);
  new CountReporter().onTestRunEnd([fileWith(['passed'])], []);
  expect(readFileSync(file, 'utf8')).toBe('3 2 1\n1 0 0\n');
  expect(printed).toBe('');
});
