import type { DurationMs } from '../kernel/time.ts';

/** `1,234,567`. */
export function thousands(count: number | bigint): string {
  return count.toLocaleString('en-US');
}

/** `7 days`, `90 min`, `1.5 s`, `12 ms`. */
export function span(ms: DurationMs): string {
  const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];
  if (ms >= 2 * day) return `${Math.round(ms / day)} days`;
  if (ms >= 2 * hour) return `${Math.round(ms / hour)} hours`;
  if (ms >= 2 * minute) return `${Math.round(ms / minute)} min`;
  if (ms >= 10 * second) return `${Math.round(ms / second)} s`;
  return ms >= second ? `${(ms / second).toFixed(1)} s` : `${Math.round(ms)} ms`;
}

/** `1.2 MB`. */
export function bytesText(bytes: number): string {
  if (bytes >= 1_000_000_000) return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
  if (bytes >= 1_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return bytes >= 1_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${bytes} bytes`;
}
