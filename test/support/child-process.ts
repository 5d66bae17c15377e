import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A Node process of the project, ended for sure when the test is over. */
export interface NodeProcess extends AsyncDisposable {
  readonly pid: number;
  /** All lines it printed so far, both outputs. */
  readonly lines: readonly string[];
  /** Resolves with the first line for which `pick` gives something, from the start of its output; rejects when it ends before. */
  line<T>(pick: (line: string) => T | undefined): Promise<T>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  /** Resolves with the exit code when it ends. */
  readonly ended: Promise<number | null>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Starts `node <script> <args>` in the project's folder. */
export function startNode(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): NodeProcess {
  const child = spawn(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning', script, ...args],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } },
  );
  const { lines, watch } = collectLines(child);
  const ended = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return ended;
  };
  return {
    pid: child.pid ?? 0,
    lines,
    line: pick =>
      Promise.race([
        watch(pick),
        ended.then(code => {
          throw new Error(`${script} ended with ${code}:\n${lines.slice(-20).join('\n')}`);
        }),
      ]),
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    ended,
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  };
}

function collectLines(child: ChildProcess) {
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', line => {
      lines.push(line);
      for (const watcher of watchers) watcher(line);
    });
  }
  const watch = <T>(pick: (line: string) => T | undefined) =>
    new Promise<T>(resolve => {
      const watcher = (line: string) => {
        const picked = pick(line);
        if (picked === undefined) return;
        watchers.delete(watcher);
        resolve(picked);
      };
      watchers.add(watcher);
      for (const line of [...lines]) watcher(line);
    });
  return { lines, watch };
}
