import { readdirSync, readFileSync } from 'node:fs';

/** CPU that a process has used since its start, in microseconds, user and system. */
export interface CpuUse {
  readonly all: number;
  /** Of the thread that runs JavaScript. */
  readonly main: number;
  /** Of libuv's thread pool, which signs. */
  readonly pool: number;
}

const microsPerTick = 10_000;

/** Reads it from proc(5) (Linux). What is in neither `main` nor `pool` is mostly garbage collection and compilation. */
export function cpuUseOf(pid: number): CpuUse {
  const use = { all: ticksOf(`/proc/${pid}/stat`).ticks, main: 0, pool: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const { name, ticks } = ticksOf(`/proc/${pid}/task/${thread}/stat`);
    if (thread === String(pid)) use.main = ticks;
    else if (name.startsWith('libuv')) use.pool += ticks;
  }
  return use;
}

function ticksOf(path: string): { readonly name: string; readonly ticks: number } {
  const stat = readFileSync(path, 'utf8');
  const nameEnd = stat.lastIndexOf(')');
  const fields = stat.slice(nameEnd + 2).split(' ');
  const ticks = (Number(fields[11]) + Number(fields[12])) * microsPerTick;
  return { name: stat.slice(stat.indexOf('(') + 1, nameEnd), ticks };
}

/** Resident memory of a process in megabytes: now, and the most it ever had. */
export function memoryOf(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}
