import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Environment variable that a test puts a mark of its own into: every process that comes of it inherits it. (The connector refuses unknown CARD_SYNC_….) */
export const markName = 'TEST_PROCESS_MARK';

/** The living processes that have this mark in their environment, wherever their parents went: `<pid> <command>` each. */
export function processesWithMark(mark: string): readonly string[] {
  const entry = `${markName}=${mark}`;
  if (process.platform === 'linux') return readdirSync('/proc').flatMap(pid => describeIfMarked(pid, entry));
  // BSD's ps appends the environment to the command.
  const listed = execFileSync('ps', ['-A', '-E', '-ww', '-o', 'pid=,command='], { encoding: 'utf8' });
  return listed.split('\n').filter(line => line.includes(entry));
}

function describeIfMarked(pid: string, entry: string): string[] {
  if (!/^\d+$/.test(pid)) return [];
  try {
    if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(entry)) return [];
    return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
  } catch {
    // It has ended, or is another user's.
    return [];
  }
}
