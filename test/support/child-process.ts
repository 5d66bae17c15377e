import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A Node process of the project, ended for sure when the test is over. */
export interface NodeProcess extends AsyncDisposable {
  readonly pid: number;
  /** All lines it printed so far, both outputs. */
  readonly lines: readonly string[];
  /** Resolves with the first line for which `pick` gives something, from the start of its output; rejects when it ends before. */
  line<T>(pick: (line: string) => T | undefined): Promise<T>;
  /** Sends a signal; with `group` to the whole group that it was given, as a terminal's Ctrl-C goes. */
  send(signal: NodeJS.Signals, to?: 'process' | 'group'): void;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  /** Resolves with the exit code when it has ended and all its lines are there. */
  readonly ended: Promise<number | null>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** How to start a Node process. */
export interface NodeProcessOptions {
  /** Beside this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Gives it a process group of its own, to which a signal can be sent. It then outlives a Ctrl-C to the tests. */
  readonly ownGroup?: boolean;
  /** Node's own options, before the script. */
  readonly nodeOptions?: readonly string[];
}

/** Starts `node <script> <args>` in the project's folder. */
export function startNode(script: string, args: readonly string[], options: NodeProcessOptions = {}): NodeProcess {
  const { environment = {}, ownGroup = false, nodeOptions = [] } = options;
  const quiet = ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...quiet, ...nodeOptions, script, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    detached: ownGroup,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${script} could not be started`);
  const { lines, watch } = collectLines(child);
  const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)));
  const living = () => child.exitCode === null && child.signalCode === null;
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (living()) child.kill(signal);
    return ended;
  };
  return {
    pid,
    lines,
    line: pick =>
      Promise.race([
        watch(pick),
        ended.then(code => {
          throw new Error(`${script} ended with ${code}:\n${lines.slice(-20).join('\n')}`);
        }),
      ]),
    send: (signal, to = 'process') => {
      if (living()) process.kill(to === 'group' ? -pid : pid, signal);
    },
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
