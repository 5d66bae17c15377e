import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** What the owner tells the guard, one JSON line each. */
export type GuardOrder =
  | { readonly kind: 'watch'; readonly group: number; readonly signal: NodeJS.Signals }
  | { readonly kind: 'forget'; readonly group: number }
  | { readonly kind: 'remove'; readonly folder: string };

/**
 * Sees to it that no process and no folder outlives this one. A small process of its own watches; it acts when
 * {@link Guard.close} is called or when this process dies in whatever way, so both take the same path.
 */
export class Guard {
  readonly #watcher: ChildProcess;
  readonly #gone: Promise<unknown>;
  #open = true;

  constructor() {
    const main = fileURLToPath(new URL('./guard-main.ts', import.meta.url));
    const { NODE_OPTIONS: _, ...env } = process.env;
    this.#watcher = spawn(process.execPath, [main], { detached: true, stdio: ['pipe', 'ignore', 'inherit'], env });
    this.#gone = once(this.#watcher, 'exit');
    // A guard that is gone takes no orders; what it held is then in nobody's hands, and close() still returns.
    this.#watcher.stdin?.on('error', () => undefined);
    this.#watcher.unref();
  }

  /** Throws once it is closed: what is started then would be in nobody's hands. To be asked before starting anything. */
  assertOpen(): void {
    if (!this.#open) throw new Error('the stack has been ended');
  }

  /** From now on the process group is ended with the guard: by `signal`, and 1 s later by SIGKILL. */
  watch(group: number, signal: NodeJS.Signals): void {
    this.#tell({ kind: 'watch', group, signal });
  }

  /** The group has ended by itself. To be called at once, since its number may be given away again. */
  forget(group: number): void {
    this.#tell({ kind: 'forget', group });
  }

  /** From now on the folder is removed with the guard, after all groups have ended. */
  removeAtEnd(folder: string): void {
    this.#tell({ kind: 'remove', folder });
  }

  /** Ends all groups and removes all folders; resolves when that is done, within 2 s. */
  async close(): Promise<void> {
    this.#open = false;
    this.#watcher.ref();
    this.#watcher.stdin?.end();
    await this.#gone;
    // One wake-up tells of all children that ended; the guard's end may come before theirs.
    await nextTurn();
  }

  #tell(order: GuardOrder): void {
    this.#watcher.stdin?.write(`${JSON.stringify(order)}\n`);
  }
}
