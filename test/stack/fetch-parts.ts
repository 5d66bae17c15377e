import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';
import type { Guard } from './guard.ts';
import { type Log, seconds } from './log.ts';

const mavenDir = fileURLToPath(new URL('./maven', import.meta.url));
const stillAtItMs = 5_000;

/**
 * Makes sure that the Java parts are in `<stackDir>/lib/<hash of the poms>`, and answers that folder. Where they are not, Maven fetches them,
 * and `log` hears what and how long; else nothing is run and nothing is asked of the network. Throws with Maven's errors when it fails.
 */
export async function fetchParts(stackDir: string, guard: Guard, log: Log): Promise<string> {
  const lib = join(stackDir, 'lib');
  const name = hashOfPoms();
  const complete = join(lib, name);
  if (existsSync(complete)) return complete;

  mkdirSync(lib, { recursive: true });
  // Fetched beside its place and renamed: a folder of that name is always whole.
  const partial = join(lib, `.${name}.${process.pid}`);
  guard.removeAtEnd(partial);
  await runMaven(partial, guard, log);
  if (existsSync(complete)) rmSync(partial, { recursive: true, force: true });
  else renameSync(partial, complete);
  for (const other of readdirSync(lib)) {
    if (other !== name && !other.startsWith('.')) rmSync(join(lib, other), { recursive: true, force: true });
  }
  return complete;
}

function hashOfPoms(): string {
  const hash = createHash('sha256');
  for (const file of globSync('**/pom.xml', { cwd: mavenDir }).sort()) {
    hash.update(`${file}\n${readFileSync(join(mavenDir, file), 'utf8')}`);
  }
  return hash.digest('hex').slice(0, 12);
}

async function runMaven(partial: string, guard: Guard, log: Log): Promise<void> {
  log('fetching Kafka, Connect with Debezium, and the registry with Maven: once, about 240 MB');
  const startedAt = performance.now();
  const progress = new MavenProgress(log);
  const args = ['-B', '-f', join(mavenDir, 'pom.xml'), 'package', `-Dstack.lib=${partial}`, '-Dstyle.color=never'];
  const child = new Child(guard, { file: 'mvn', args }, { onLine: line => progress.see(line) });
  const timer = setInterval(() => progress.report(), stillAtItMs);
  try {
    const { code } = await child.ended;
    if (code !== 0) throw new Error(`Maven could not fetch the parts of the stack:\n${progress.errors || child.tail}`);
  } finally {
    clearInterval(timer);
  }
  progress.finish();
  log(`fetched: ${progress.total} in ${seconds(performance.now() - startedAt)}`);
}

/** Makes a few readable lines of Maven's many. */
class MavenProgress {
  readonly #log: Log;
  #module = '';
  #moduleAt = 0;
  #files = 0;
  #bytes = 0;
  #allFiles = 0;
  #allBytes = 0;
  #current = '';
  readonly #errors: string[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  /** What was downloaded so far, over all modules. */
  get total(): string {
    return amount(this.#allFiles, this.#allBytes);
  }

  /** What Maven calls errors, without its advice on switches. */
  get errors(): string {
    return this.#errors.join('\n');
  }

  /** Takes in a line of Maven's output. */
  see(line: string): void {
    if (line.startsWith('[ERROR] ') && !/^.ERROR. (\[Help|Re-run|To see|For more|\s*$)/.test(line))
      this.#errors.push(line);
    const module = /Building (\w+) \S+\s+\[/.exec(line)?.[1];
    if (module !== undefined) this.#enter(module);
    const started = /Downloading from \S+: \S*\/(\S+)/.exec(line)?.[1];
    if (started !== undefined) this.#current = started;
    const size = /Downloaded from .*\(([\d.]+) (B|kB|MB|GB)\b/.exec(line);
    if (size === null) return;
    const bytes = Number(size[1]) * (unitBytes[size[2] ?? 'B'] ?? 1);
    this.#files++;
    this.#bytes += bytes;
    this.#allFiles++;
    this.#allBytes += bytes;
  }

  /** Says how far it is, for a slow line. */
  report(): void {
    if (this.#current === '') this.#log('  Maven is starting');
    else this.#log(`  ${this.#module}: ${amount(this.#files, this.#bytes)} so far, now ${this.#current}`);
  }

  /** Says what the last module took. */
  finish(): void {
    if (this.#module !== '' && this.#module !== 'parts') {
      const took = seconds(performance.now() - this.#moduleAt);
      this.#log(`  ${this.#module}: ${amount(this.#files, this.#bytes)} in ${took}`);
    }
  }

  #enter(module: string): void {
    this.finish();
    this.#module = module;
    this.#moduleAt = performance.now();
    this.#files = 0;
    this.#bytes = 0;
  }
}

const unitBytes: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

function amount(files: number, bytes: number): string {
  if (files === 0) return "nothing to download (all in Maven's own store)";
  return `${files} files, ${(bytes / 1e6).toFixed(0)} MB`;
}
