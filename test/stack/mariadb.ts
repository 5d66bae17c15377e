import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from './child.ts';
import type { Guard } from './guard.ts';
import type { Recipe } from './part.ts';
import type { RunFolder } from './run-folder.ts';

/** Where Debian puts the server, which is not on every user's PATH. */
const serverFile = process.platform === 'linux' ? '/usr/sbin/mariadbd' : 'mariadbd';

/** MariaDB, the system's own (Debian's package mariadb-server-core), with the binary log that Debezium reads. */
export function mariadbRecipe(run: RunFolder, guard: Guard): Recipe {
  const folder = join(run.dir, 'mariadb');
  const data = join(folder, 'data');
  const common = ['--no-defaults', `--datadir=${data}`, ...(process.getuid?.() === 0 ? ['--user=root'] : [])];
  let made = false;
  return {
    name: 'mariadb',
    portCount: 1,
    prepare: async () => {
      if (made) return;
      await mkdir(folder, { recursive: true });
      const args = [...common, '--auth-root-authentication-method=normal', '--skip-test-db'];
      const file = join(run.logs, 'mariadb.log');
      const child = new Child(guard, { file: 'mariadb-install-db', args }, { file });
      const { code } = await child.ended;
      if (code !== 0) throw new Error(`mariadb-install-db failed:\n${child.tail}`);
      made = true;
    },
    command: ports => ({ file: serverFile, args: [...common, ...flags(ports, folder)] }),
    ready: async (child, _ports, deadlineMs) => {
      await child.line(/ready for connections/, deadlineMs);
    },
  };
}

function flags([port]: readonly number[], folder: string): string[] {
  return [
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    `--socket=${join(folder, 'socket')}`,
    '--server-id=1',
    '--log-bin=binlog',
    '--binlog-format=ROW',
    '--binlog-row-image=FULL',
    '--character-set-server=utf8mb4',
    '--innodb-buffer-pool-size=32M',
    // The data lives no longer than the run.
    '--innodb-flush-log-at-trx-commit=0',
  ];
}
