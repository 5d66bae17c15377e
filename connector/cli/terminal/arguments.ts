import { InvalidArgumentError } from 'commander';
import { type Instant, instant } from '../../kernel/time.ts';

const spans: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads an ISO 8601 moment, or a span that lies back. Throws commander's error for anything else. */
export function momentOf(text: string, now: Instant): Instant {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return instant(now - Number(count) * (spans[unit] ?? 0));
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It is to be like 2026-11-23T08:00:00Z, or 30m, 2h, 7d ago.');
  return instant(ms);
}

/** Reads `<partition>@<offset>`. Throws commander's error for anything else. */
export function placeOf(text: string): { readonly partition: number; readonly offset: bigint } {
  const [, partition, offset] = /^(\d{1,9})@(\d{1,19})$/.exec(text) ?? [];
  if (partition === undefined || offset === undefined) {
    throw new InvalidArgumentError('It is to be <partition>@<offset>, as dead-letters list shows it.');
  }
  return { partition: Number(partition), offset: BigInt(offset) };
}

/** Reads a whole number of at least 1. Throws commander's error for anything else. */
export function countOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is to be a whole number of at least 1.');
  return Number(text);
}
