import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Guard } from './guard.ts';

/** What to run. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Beside this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The user and group to run as, where it is not ours. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** The signal that ends it in an orderly way. Default SIGTERM. */
  readonly endSignal?: NodeJS.Signals;
}

/** How to follow what a child prints. */
export interface ChildOutput {
  /** Keeps both streams in this file. */
  readonly file?: string;
  /** Sees each line of both streams. */
  readonly onLine?: (line: string) => void;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const tailLines = 40;

/** A child process in a group of its own, watched by the guard from its first moment to its last. */
export class Child {
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #endSignal: NodeJS.Signals;
  readonly #tail: string[] = [];
  readonly #watchers = new Set<(line: string) => void>();
  #living = true;

  constructor(guard: Guard, command: Command, output: ChildOutput = {}) {
    guard.assertOpen();
    this.#endSignal = command.endSignal ?? 'SIGTERM';
    this.#child = spawn(command.file, command.args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      ...(command.user === undefined ? {} : command.user),
      env: { ...process.env, ...command.env },
    });
    const group = this.#child.pid;
    if (group !== undefined) guard.watch(group, this.#endSignal);
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', () => {
        this.#living = false;
        if (group !== undefined) guard.forget(group);
      });
      // 'close', not 'exit': by then every line it printed has been seen.
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.ended.catch(() => {
      this.#living = false;
    });
    this.#follow(output);
  }

  /** The process id. Throws where the program could not be started. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#child.spawnfile} could not be started`);
    return this.#child.pid;
  }

  get living(): boolean {
    return this.#living;
  }

  /** The last 40 lines it printed. */
  get tail(): string {
    return this.#tail.join('\n');
  }

  /** Resolves with the first line from now on that matches; rejects when the child ends before, or at `deadlineMs`. */
  async line(pattern: RegExp, deadlineMs: number): Promise<string> {
    const found = Promise.withResolvers<string>();
    const watcher = (line: string) => {
      if (pattern.test(line)) found.resolve(line);
    };
    this.#watchers.add(watcher);
    const timer = setTimeout(() => found.reject(new Error(`no line ${pattern} within ${deadlineMs} ms`)), deadlineMs);
    try {
      return await Promise.race([found.promise, this.ended.then(endedEarly)]);
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(watcher);
    }
  }

  /** Sends a signal to the whole group; nothing happens when it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#living) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // It ended in this moment.
    }
  }

  /** Ends it: by its own signal, and by SIGKILL after `graceMs`; resolves when it is gone. `graceMs` 0 kills at once. */
  async end(graceMs: number): Promise<void> {
    if (graceMs > 0) this.signal(this.#endSignal);
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    await this.ended.catch(() => undefined);
    clearTimeout(timer);
  }

  #follow(output: ChildOutput): void {
    const file = output.file === undefined ? undefined : createWriteStream(output.file, { flags: 'a' });
    // The folder may be removed while the last lines are on their way.
    file?.on('error', () => undefined);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', line => {
        this.#tail.push(line);
        if (this.#tail.length > tailLines) this.#tail.shift();
        file?.write(`${line}\n`);
        output.onLine?.(line);
        for (const watcher of this.#watchers) watcher(line);
      });
    }
    this.ended.then(
      () => file?.end(),
      () => file?.end(),
    );
  }
}

function endedEarly(ending: Ending): never {
  throw new Error(`it ended with ${ending.signal ?? `code ${ending.code}`}`);
}
