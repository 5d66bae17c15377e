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

  it('runs the demo in containers where Docker answers and Java is missing', () => {
    const fallen = launch(['demo', '--orders', '5', '--exit'], ['docker']);
    expect(fallen.stdout).toContain('demo: there is no Java or no Maven; Docker runs it\n');
    expect(fallen.stdout).toContain('demo: the containers are up\n');
    expect(fallen.stdout).toContain('demo: ending: the containers, their network and their data are removed\n');
    expect(fallen.status).toBe(0);
  });

  it('runs the demo in containers where it is asked to', () => {
    const programs = ['java', 'mvn', 'docker'];
    expect(launch(['demo', '--docker', '--no-such-option'], programs).stderr).toContain(
      "Unknown option '--no-such-option'",
    );
    expect(launch(['demo', '--docker', '--exit'], programs).stdout).toContain('demo: the containers are up\n');
  });

  it.each([['demo', '--docker'], ['test:containers']])(
    'says what is missing where no engine answers, with 2: %j',
    (...args) => {
      const { status, stderr } = launch(args);
      expect(status).toBe(2);
      expect(stderr).toContain('Missing: a Docker engine that answers');
    },
  );

  it("passes the command's own options and its exit code through", () => {
    expect(launch(['demo', '--help']).stdout).toContain('npm run demo -- [options]');
    expect(launch(['stack', '--help']).status).toBe(0);
    expect(launch(['sandbox', '--no-such-option']).status).toBe(2);
  });
});
