import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fetchParts } from '../../stack/fetch-parts.ts';
import { Guard } from '../../stack/guard.ts';

let dir: string;
let guard: Guard;
let lines: string[];
const path = process.env.PATH;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fetch-parts-test-'));
  guard = new Guard();
  lines = [];
});

afterEach(async () => {
  process.env.PATH = path;
  await guard.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Puts a Maven of our own before the real one: it notes each call, then runs the lines of shell. */
function fakeMaven(shell: string): void {
  const file = join(dir, 'mvn');
  const target = `for arg; do case $arg in -Dstack.lib=*) lib=\${arg#-Dstack.lib=};; esac; done`;
  writeFileSync(file, `#!/bin/sh\necho call >> ${join(dir, 'calls')}\n${target}\n${shell}\n`);
  chmodSync(file, 0o755);
  process.env.PATH = `${dir}${delimiter}${path}`;
}

const calls = () => readFileSync(join(dir, 'calls'), 'utf8').split('\n').length - 1;
const fetch = () => fetchParts(dir, guard, line => lines.push(line));

const building = (module: string) => `echo '[INFO] Building ${module} 1   [2/4]'`;
const downloaded = (size: string) =>
  `echo '[INFO] Downloaded from central: https://repo.example/a/some.jar (${size} at 2.3 MB/s)'`;

it('has Maven fetch the parts, and says what and how much', async () => {
  fakeMaven(`mkdir -p $lib/kafka\n${building('kafka')}\n${downloaded('5.9 MB')}\n${downloaded('100 kB')}`);
  const lib = await fetch();
  expect(existsSync(join(lib, 'kafka'))).toBe(true);
  expect(lines[1]).toMatch(/^ {2}kafka: 2 files, 6 MB in \d/);
  expect(lines.at(-1)).toMatch(/^fetched: 2 files, 6 MB/);
});

it('runs nothing when they are there', async () => {
  fakeMaven('mkdir -p $lib/kafka');
  const lib = await fetch();
  lines = [];
  expect(await fetch()).toBe(lib);
  expect(calls()).toBe(1);
  expect(lines).toEqual([]);
});

it("throws with Maven's errors, and keeps nothing of a broken fetch", async () => {
  fakeMaven("mkdir -p $lib/kafka\necho '[ERROR] no such artifact'\necho '[ERROR] Re-run Maven with -e'\nexit 1");
  await expect(fetch()).rejects.toThrow(/could not fetch the parts of the stack:\n\[ERROR\] no such artifact$/);
  await guard.close();
  expect(readdirSync(join(dir, 'lib'))).toEqual([]);
});

it('removes what older poms asked for', async () => {
  fakeMaven('mkdir -p $lib/kafka $lib/../000000000000');
  await fetch();
  expect(readdirSync(join(dir, 'lib'))).toHaveLength(1);
});
