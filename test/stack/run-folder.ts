import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Guard } from './guard.ts';

/** Where one run of the stack keeps everything it writes. Nothing of it outlives the run. */
export interface RunFolder {
  readonly id: string;
  readonly dir: string;
  /** Each part's output, `<part>.log`. */
  readonly logs: string;
  /** Has a folder outside of this one removed with it. */
  alsoRemove(folder: string): void;
}

interface Owner {
  readonly pid: number;
  readonly folders: readonly string[];
}

const ownerFile = 'owner.json';

/** Makes the folder of a new run under `<stackDir>/run`, after removing those of runs whose process is dead. */
export function openRunFolder(stackDir: string, guard: Guard): RunFolder {
  const runs = join(stackDir, 'run');
  mkdirSync(runs, { recursive: true });
  removeDeadRuns(runs);
  const id = newRunId(runs);
  const dir = join(runs, id);
  const folders: string[] = [];
  const writeOwner = () =>
    writeFileSync(join(dir, ownerFile), JSON.stringify({ pid: process.pid, folders } satisfies Owner));
  mkdirSync(join(dir, 'logs'), { recursive: true });
  writeOwner();
  guard.removeAtEnd(dir);
  return {
    id,
    dir,
    logs: join(dir, 'logs'),
    alsoRemove: folder => {
      folders.push(folder);
      writeOwner();
      guard.removeAtEnd(folder);
    },
  };
}

function newRunId(runs: string): string {
  for (let number = 1; ; number++) {
    const id = `${process.pid}-${number}`;
    if (!existsSync(join(runs, id))) return id;
  }
}

/** A run whose guard was killed too leaves its folder; its owner's process id tells that it is dead. */
function removeDeadRuns(runs: string): void {
  for (const id of readdirSync(runs)) {
    const owner = readOwner(join(runs, id, ownerFile));
    if (owner !== undefined && isLiving(owner.pid)) continue;
    for (const folder of [join(runs, id), ...(owner?.folders ?? [])]) {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    }
  }
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function isLiving(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
