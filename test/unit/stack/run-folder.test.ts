import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Guard } from '../../stack/guard.ts';
import { openRunFolder } from '../../stack/run-folder.ts';

let dir: string;
let guard: Guard;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'run-folder-test-'));
  guard = new Guard();
});

afterEach(async () => {
  await guard.close();
  rmSync(dir, { recursive: true, force: true });
});

function leaveRun(id: string, pid: number, folders: readonly string[] = []): string {
  const run = join(dir, 'run', id);
  mkdirSync(run, { recursive: true });
  for (const folder of folders) mkdirSync(folder);
  writeFileSync(join(run, 'owner.json'), JSON.stringify({ pid, folders }));
  return run;
}

it('removes the folders of dead runs, also those outside of the run', () => {
  const deadPid = spawnSync(process.execPath, ['-e', '']).pid;
  const outside = join(dir, 'outside');
  const dead = leaveRun('dead', deadPid, [outside]);
  openRunFolder(dir, guard);
  expect(existsSync(dead)).toBe(false);
  expect(existsSync(outside)).toBe(false);
});

it('leaves the folders of living runs alone', () => {
  const living = leaveRun('living', process.pid);
  openRunFolder(dir, guard);
  expect(existsSync(living)).toBe(true);
});

it('gives each run of a process a folder of its own', () => {
  expect(openRunFolder(dir, guard).dir).not.toBe(openRunFolder(dir, guard).dir);
});

it('removes its own folders with the guard', async () => {
  const outside = join(dir, 'outside');
  mkdirSync(outside);
  const run = openRunFolder(dir, guard);
  run.alsoRemove(outside);
  expect(existsSync(run.logs)).toBe(true);
  await guard.close();
  expect(existsSync(run.dir)).toBe(false);
  expect(existsSync(outside)).toBe(false);
});
