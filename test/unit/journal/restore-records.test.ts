import { beforeEach, describe, expect, it } from 'vitest';
import { claimKey } from '../../../connector/journal/provenance.ts';
import type { Resolved } from '../../../connector/registry/registry.ts';
import { aJournalRecord, anEntry, journalSchemas } from './entries.ts';
import {
  assign,
  encoder,
  endsAre,
  headersOf,
  journalHas,
  laterHeaders,
  openRestore,
  orders,
  turns,
} from './restore-world.ts';

let world: ReturnType<typeof openRestore>;

beforeEach(() => {
  world = openRestore();
});

describe('a record of the journal', () => {
  const broken = (offset: bigint, partition = 0) =>
    aJournalRecord({ partition, offset, key: Buffer.from('A'), value: Buffer.from('x') });

  it('that cannot be read stops its partition, which is not restored; the others are', async () => {
    endsAre(world, 0, 3n);
    endsAre(world, 1, 1n);
    assign(world, 0, 1);
    await turns();
    world.calls = [];
    journalHas(world, 0, 0n, 'B');
    world.listener.receive('journal/0', [broken(1n)], 1n, 3n);
    journalHas(world, 0, 2n, 'C');
    journalHas(world, 1, 0n, 'D');
    expect(world.faults).toEqual([`JOURNAL_UNREADABLE its value is not in Confluent's wire format`]);
    expect(world.calls.slice(0, 3)).toEqual([
      `remember ${orders}/0 B through 1`,
      'pause journal/0',
      `remember ${orders}/1 D through 1`,
    ]);
    expect(world.restored).toEqual(['1: 1']);
    expect([...world.restore.progress.stopped.values()].map(({ at }) => at)).toEqual([
      expect.objectContaining({ topic: 'journal', partition: 0, offset: 1n }),
    ]);
    // A join that leaves the partition here does not read on.
    world.calls = [];
    assign(world, 0, 1);
    expect(world.calls).toContain('pause journal/0');
    expect(world.calls).not.toContain('resume journal/0');
  });

  it('that cannot be read is skipped and counted where the settings say so, and reported once', async () => {
    world = openRestore({ onUnreadable: 'skip' });
    endsAre(world, 0, 3n);
    assign(world, 0);
    await turns();
    world.calls = [];
    world.listener.receive('journal/0', [broken(0n), broken(1n)], 1n, 3n);
    journalHas(world, 0, 2n, 'B');
    expect(world.faults).toEqual([`JOURNAL_UNREADABLE its value is not in Confluent's wire format`]);
    expect(world.restored).toEqual(['0: 3']);
    expect(world.restore.progress.unreadable).toBe(2);
    expect(world.calls[0]).toBe(`remember ${orders}/0 B through 3`);
  });

  it('of another connector stops its partition, whatever the settings say of unreadable ones; the fault names both groups', async () => {
    world = openRestore({ onUnreadable: 'skip' });
    endsAre(world, 0, 2n);
    assign(world, 0);
    await turns();
    world.calls = [];
    const headers = headersOf('tickets');
    world.listener.receive('journal/0', [aJournalRecord({ value: encoder.encode(anEntry()), headers })], 0n, 2n);
    expect(world.faults).toEqual([
      'JOURNAL_MISMATCH partition 0 of journal holds entries of the consumer group tickets; this connector is card-sync',
    ]);
    expect(world.calls).toEqual(['pause journal/0']);
    expect(world.restored).toEqual([]);
  });

  it('of version 0.1 stops its partition where its source topic is not ours: another connector wrote it', async () => {
    endsAre(world, 0, 1n);
    assign(world, 0);
    await turns();
    const entry = anEntry({ partition: 'shop.public.movies/0' });
    world.listener.receive('journal/0', [aJournalRecord({ value: encoder.encode(entry), headers: [] })], 0n, 1n);
    expect(world.faults).toEqual([
      'JOURNAL_MISMATCH partition 0 of journal holds entries of shop.public.movies, which card-sync does not read',
    ]);
    expect(world.restored).toEqual([]);
  });

  it('of a group or a topic that this connector had before is taken in', async () => {
    world = openRestore({ formerly: ['tickets', 'shop.public.movies'] });
    endsAre(world, 0, 2n);
    assign(world, 0);
    await turns();
    const headers = headersOf('tickets');
    const earlier = anEntry({ partition: 'shop.public.movies/0' });
    const records = [
      aJournalRecord({ value: encoder.encode(anEntry()), headers }),
      aJournalRecord({ offset: 1n, value: encoder.encode(earlier), headers: [] }),
    ];
    world.listener.receive('journal/0', records, 1n, 2n);
    await turns();
    expect(world.restored).toEqual(['0: 2']);
  });

  it('that is a claim of the partition is neither remembered nor counted', async () => {
    endsAre(world, 0, 2n);
    assign(world, 0);
    await turns();
    world.listener.receive('journal/0', [aJournalRecord({ key: claimKey })], 0n, 2n);
    journalHas(world, 0, 1n, 'A');
    expect(world.restored).toEqual(['0: 1']);
  });

  it('of another schema holds up those behind it, in their order, and the reading, until the registry answers', async () => {
    endsAre(world, 0, 3n);
    assign(world, 0);
    await turns();
    world.calls = [];
    const registered = Promise.withResolvers<Resolved>();
    world.resolve = () => registered.promise;
    const later = Buffer.from(encoder.encode(anEntry({ n: 1 })));
    later.writeInt32BE(99, 1);
    world.listener.receive('journal/0', [aJournalRecord({ value: later, headers: laterHeaders })], 0n, 3n);
    journalHas(world, 0, 1n, 'B', 'C');
    expect(world.calls).toEqual(['pause journal/0']);
    registered.resolve(await journalSchemas.resolve(99, new AbortController().signal));
    await turns();
    expect(world.calls.slice(1, 5)).toEqual([
      `remember ${orders}/0 A-1 through 1`,
      'resume journal/0',
      `remember ${orders}/0 B through 2`,
      `remember ${orders}/0 C through 3`,
    ]);
    expect(world.restored).toEqual(['0: 3']);
  });

  it('of a partition that is taken away while its schema is asked for is told to nobody', async () => {
    assign(world, 0);
    const registered = Promise.withResolvers<Resolved>();
    world.resolve = () => registered.promise;
    const later = Buffer.from(encoder.encode(anEntry({ n: 1 })));
    later.writeInt32BE(99, 1);
    world.listener.receive('journal/0', [aJournalRecord({ value: later, headers: laterHeaders })], 0n, 3n);
    world.listener.assigned([]);
    world.calls = [];
    registered.resolve(await journalSchemas.resolve(99, new AbortController().signal));
    await turns();
    expect(world.calls).toEqual([]);
  });
});
