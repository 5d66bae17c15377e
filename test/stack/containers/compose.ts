import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** How a command of {@link Compose} ended. */
export interface Ran {
  /** The exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly output: string;
}

/** How to run a command. */
export interface RunOptions {
  /** `inherit`: on this terminal, with an empty `output`. */
  readonly stdio?: 'pipe' | 'inherit';
  /** Told of the process while it runs. */
  readonly onStart?: (child: ChildProcess) => void;
  /** Out of reach of the terminal's Ctrl-C. */
  readonly ownGroup?: boolean;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A project of docker-compose.yml: everything of it bears its name. */
export class Compose {
  readonly project: string;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(project: string, environment: Readonly<Record<string, string>> = {}) {
    this.project = project;
    this.#environment = environment;
  }

  /** `docker compose <args>`. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return runDocker(['compose', '--project-name', this.project, ...args], {
      ...options,
      environment: this.#environment,
    });
  }

  /** The same; gives its output. Throws with it where it fails. */
  async must(...args: readonly string[]): Promise<string> {
    const { code, output } = await this.run(args);
    if (code !== 0) throw new Error(`docker compose ${args.join(' ')} ended with ${code}:\n${output}`);
    return output;
  }

  /** `127.0.0.1:<port>` of a service's port; empty where it has none. */
  async addressOf(service: string, port: number): Promise<string> {
    const { output } = await this.run(['port', service, String(port)]);
    return output.trim();
  }

  /** Removes all containers, networks and volumes of the project. */
  async remove(options: RunOptions = {}): Promise<void> {
    await this.run(['--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '5'], options);
  }
}

/** `docker <args>` in the project's folder. */
export async function runDocker(
  args: readonly string[],
  options: RunOptions & { readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<Ran> {
  const { stdio = 'pipe', ownGroup = false, environment = {}, onStart } = options;
  const child = spawn('docker', args, {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: stdio === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    detached: ownGroup,
  });
  onStart?.(child);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => resolve(code));
  });
  const streams = [child.stdout, child.stderr].map(stream => (stream === null ? '' : text(stream)));
  const [code, ...outputs] = await Promise.all([ended, ...streams]);
  return { code, output: outputs.join('') };
}
