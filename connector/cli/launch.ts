// What a process can take only when it starts. Measured in test/bench (README.md there): without these it grows to 460 MB, of which
// all but 110 MB is room that nobody needs.

/** V8's option: the young generation's half in megabytes. Its own choice of 32 to 64 MB does not make it faster here. */
const semiSpace = '--max-semi-space-size';
const semiSpaceMegabytes = 8;

/** glibc's option: each thread that signs would keep a heap of its own; sharing one costs them nothing that can be measured. */
const arenasMax = { MALLOC_ARENA_MAX: '1' };

/** What launching needs of the process; Node's `process` is one. */
export interface LaunchedProcess {
  readonly execPath: string;
  /** Node's own options. */
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Puts another program in this process's place (POSIX); absent on Windows and in older Nodes. */
  readonly execve?: (file: string, args: readonly string[], env: Record<string, string>) => never;
}

/**
 * Puts the same program with its memory bounded in this process's place: same process id, same input and output. Returns where
 * it runs so already (or as the user said, in Node's options or NODE_OPTIONS), and where that cannot be done: it then needs more memory.
 */
export function boundMemory(launched: LaunchedProcess): void {
  const { execPath, execArgv, argv, env, execve } = launched;
  const options = [...execArgv, env.NODE_OPTIONS ?? ''].join(' ');
  if (execve === undefined || options.includes(semiSpace)) return;
  const args = [execPath, `${semiSpace}=${semiSpaceMegabytes}`, ...execArgv, ...argv.slice(1)];
  const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    execve(execPath, args, { ...arenasMax, ...Object.fromEntries(given) });
  } catch {
    // Not permitted (Node's permission model): it runs as it is.
  }
}
