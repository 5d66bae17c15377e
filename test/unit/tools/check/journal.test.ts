import { describe, expect, it } from 'vitest';
import type { SourceRecord } from '../../../../connector/kernel/record.ts';
import type { FitAnswer } from '../../../../connector/registry/subjects.ts';
import { lookAtJournalSchema, lookAtJournalSize } from '../../../../connector/tools/check/looks/journal.ts';
import { aRecord } from '../../../support/builders.ts';
import { linesOf } from './looks.ts';

const { signal } = new AbortController();

describe("the journal's schema", () => {
  const look = async (answer: FitAnswer) =>
    linesOf(await lookAtJournalSchema('j', { accepts: async () => answer }, signal))[0];

  it('is registered, would be taken, or refused', async () => {
    expect(await look({ kind: 'registered', id: 1, version: 2 })).toBe(
      'well journal.schema: j-value: registered, version 2',
    );
    expect(await look({ kind: 'compatible', isNewSubject: true })).toMatch(/^well .*registered at the first start$/);
    expect(await look({ kind: 'compatible', isNewSubject: false })).toMatch(/^well .*at the next start$/);
    expect(await look({ kind: 'incompatible', problem: 'no default' })).toMatch(
      /^failed .*refused: no default → name a new/,
    );
    expect(await look({ kind: 'silent', problem: 'HTTP 503' })).toMatch(
      /^failed journal\.schema: HTTP 503 → check registry/,
    );
  });
});

describe("the journal's size", () => {
  const reader = {
    tail: async (_: string, _count: number, visit: (record: SourceRecord) => Promise<void> | void) => {
      for (const bytes of [100, 300]) await visit({ ...aRecord({ bytes }), key: null });
    },
  };
  const look = async (...spans: readonly (readonly [low: bigint, end: bigint])[]) => {
    const offsets = spans.map(([low, end], number) => [`j/${number}`, { low, end, committed: null }] as const);
    const others = [['s/0', { low: 0n, end: 1_000_000_000n, committed: null }]] as const;
    return linesOf(await lookAtJournalSize('j', new Map([...offsets, ...others]), reader))[0];
  };

  it('is estimated from its offsets and its newest records', async () => {
    expect(await look([10n, 510n], [0n, 500n])).toBe(
      'well journal.size: j: at most 1,000 records, some 200.0 kB: read in less than a second',
    );
    expect(await look([0n, 3_000_000n])).toMatch(
      /^warning journal\.size: .*3,000,000 records, some 600\.0 MB: read in some 60 s/,
    );
  });

  it('is nothing yet', async () => {
    expect(await look([5n, 5n])).toBe('well journal.size: j: empty');
    expect(await look()).toBe('skipped journal.size: j: not there yet');
  });
});
