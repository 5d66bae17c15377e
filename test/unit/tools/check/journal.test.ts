import { describe, expect, it } from 'vitest';
import type { SourceRecord } from '../../../../connector/kernel/record.ts';
import { lookAtJournalOwner, lookAtJournalSize } from '../../../../connector/tools/check/looks/journal.ts';
import { aRecord } from '../../../support/builders.ts';
import { aJournalRecord } from '../../journal/entries.ts';
import { headersOf } from '../../journal/restore-world.ts';
import { linesOf } from './looks.ts';

describe("the journal's owner", () => {
  const look = async (groups: readonly (string | null)[], formerly: readonly string[] = []) => {
    const reader = {
      tail: async (_: string, _count: number, visit: (record: SourceRecord) => Promise<void> | void) => {
        for (const group of groups) await visit(aJournalRecord({ headers: group === null ? [] : headersOf(group) }));
      },
    };
    return linesOf(await lookAtJournalOwner({ topic: 'j', formerly }, 'card-sync', reader))[0];
  };

  it('is this connector, or was; another group is a failure that names both', async () => {
    expect(await look(['card-sync', null])).toBe('well journal.owner: j: of the group card-sync');
    expect(await look(['card-sync', 'cards'], ['cards'])).toMatch(/^well /);
    expect(await look(['card-sync', 'tickets'])).toMatch(
      /^failed journal\.owner: j: the group tickets writes to it; this connector is card-sync → set a journal\.topic/,
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
