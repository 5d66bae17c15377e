import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../launch.mjs', import.meta.url));

let bin: string;

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'launch-test-'));
});

afterEach(() => {
  rmSync(bin, { recursive: true, force: true });
});

/** Runs the launcher on a PATH that has nothing but the named programs, each of which only ends with code 0. */
function launch(args: readonly string[], programs: readonly string[] = []) {
  for (const name of programs) writeFileSync(join(bin, name), '#!/bin/sh\n', { mode: 0o755 });
  return spawnSync(process.execPath, [script, ...args], { env: { PATH: bin }, encoding: 'utf8' });
}

describe('the launcher', () => {
  it('lists the commands', () => {
    const { status, stdout } = launch(['--help']);
    expect(status).toBe(0);
    for (const name of ['demo', 'test', 'sandbox', 'bench', 'stack']) expect(stdout).toContain(`\n  ${name} `);
  });

  it('refuses a command that it does not know, with 2', () => {
    const { status, stderr } = launch(['dmeo']);
    expect(status).toBe(2);
    expect(stderr).toContain('There is no command "dmeo"');
  });

  it('says what is missing and how to get it, with 2', () => {
    const { status, stderr } = launch(['demo']);
    expect(status).toBe(2);
    expect(stderr).toContain('Missing: Java 17 or newer, Maven.');
    expect(stderr).toContain('docker compose up');
  });

  it('takes a Java that does not tell its version for none (macOS has one that only says so)', () => {
    const { status, stderr } = launch(['stack'], ['java', 'mvn']);
    expect(status).toBe(2);
    expect(stderr).toContain('Missing: Java 17 or newer.');
  });

  it("passes the command's own options and its exit code through", () => {
    expect(launch(['demo', '--help']).stdout).toContain('npm run demo -- [options]');
    expect(launch(['stack', '--help']).status).toBe(0);
    expect(launch(['sandbox', '--no-such-option']).status).toBe(2);
  });
});
