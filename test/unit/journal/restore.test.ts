import { beforeEach, describe, expect, it } from 'vitest';
import type { PartitionOffsets } from '../../../connector/kafka/admin.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import { aJournalRecord, anEntry } from './entries.ts';
import { assign, bills, encoder, endsAre, journalHas, openRestore, orders, turns } from './restore-world.ts';

let world: ReturnType<typeof openRestore>;

beforeEach(() => {
  world = openRestore();
});

describe('a partition that is assigned', () => {
  it('is held back at once, and its journal is read from the beginning', () => {
    assign(world, 0);
    expect(world.calls).toEqual([`assigned ${orders}/0 ${bills}/0`, 'seek journal/0@0', 'resume journal/0']);
    expect(world.restore.progress).toEqual({ restoring: 1, records: 0, unreadable: 0, stopped: new Map() });
  });

  it('is given to the flow when all up to the end is told, each topic with how far it was read', async () => {
    endsAre(world, 0, 3n, { committed: 7n });
    assign(world, 0);
    await turns();
    world.calls = [];
    journalHas(world, 0, 0n, 'A', 'B');
    await turns();
    journalHas(world, 0, 2n, '-A');
    expect(world.calls).toEqual([
      `remember ${orders}/0 A through 1`,
      `remember ${orders}/0 B through 2`,
      `remember ${orders}/0 A forgotten`,
      `remember ${bills}/0 A forgotten`,
      'pause journal/0',
      `restored ${orders}/0 7 of 50`,
      `restored ${bills}/0 7 of 50`,
    ]);
    expect(world.restored).toEqual(['0: 3']);
    expect(world.restore.progress).toEqual({ restoring: 0, records: 3, unreadable: 0, stopped: new Map() });
  });

  it('is given to the flow when its end is known last', async () => {
    assign(world, 0);
    journalHas(world, 0, 0n, 'A');
    expect(world.restored).toEqual([]);
    await turns();
    endsAre(world, 0, 1n);
    (await world.clock.nextSleeper()).wake();
    await turns();
    expect(world.restored).toEqual(['0: 1']);
  });

  it.each([
    ['empty', 0n, 0n],
    ['emptied', 9n, 9n],
  ])('whose journal is %s is given to the flow without a record', async (_, low, end) => {
    endsAre(world, 0, 0n);
    world.ends.set('journal/0', { low, end, committed: null });
    assign(world, 0);
    await turns();
    expect(world.restored).toEqual(['0: 0']);
  });

  it('remembers an order where its last change came from, if that topic is read', async () => {
    endsAre(world, 0, 2n);
    assign(world, 0);
    world.calls = [];
    for (const [offset, topic] of [bills, 'another'].entries()) {
      const { state } = anEntry();
      const through = { topic, partition: 0, offset: BigInt(offset) };
      const entry = anEntry({ state: { ...state, ...(state.kind === 'live' ? { through } : {}) } });
      const record = aJournalRecord({ offset: BigInt(offset), key: Buffer.from('A'), value: encoder.encode(entry) });
      world.listener.receive('journal/0', [record], BigInt(offset), 2n);
    }
    expect(world.calls).toEqual([`remember ${bills}/0 A through 0`, `remember ${orders}/0 A through 1`]);
  });

  it('never has a record handed over before: that would be our own mistake', () => {
    assign(world, 0);
    expect(() => world.listener.receive(`${orders}/0`, [], 0n, 1n)).toThrow('not restored');
  });

  it('waits while no broker tells its end; the fault is told once', async () => {
    world.asking = () => Promise.reject(new Fault('KAFKA_UNREACHABLE', { detail: 'away' }));
    endsAre(world, 0, 0n);
    assign(world, 0);
    for (let time = 0; time < 3; time++) (await world.clock.nextSleeper()).wake();
    world.asking = null;
    await turns();
    expect(world.faults).toEqual(['KAFKA_UNREACHABLE away']);
    expect(world.restored).toEqual(['0: 0']);
  });
});

describe('the end of the journal', () => {
  it('is asked for when the partition is claimed, and never before: a former owner may still write until then', async () => {
    const claimed = Promise.withResolvers<void>();
    world.claim = () => claimed.promise;
    endsAre(world, 0, 0n);
    assign(world, 0);
    await turns();
    expect(world.restored).toEqual([]);
    // It wrote, and then our claim came.
    endsAre(world, 0, 1n);
    claimed.resolve();
    await turns();
    expect(world.restored).toEqual([]);
    journalHas(world, 0, 0n, 'A');
    expect(world.restored).toEqual(['0: 1']);
  });

  it('waits for a claim that fails, which is tried again and reported once', async () => {
    let tries = 0;
    world.claim = () =>
      ++tries < 3 ? Promise.reject(new Fault('KAFKA_REFUSED', { detail: 'no' })) : Promise.resolve();
    endsAre(world, 0, 0n);
    assign(world, 0);
    for (let time = 0; time < 2; time++) (await world.clock.nextSleeper()).wake();
    await turns();
    expect([tries, world.faults, world.restored]).toEqual([3, ['KAFKA_REFUSED no'], ['0: 0']]);
  });

  it('is not asked for where the partition was taken away before it was claimed', async () => {
    const signals: AbortSignal[] = [];
    world.claim = (_, signal) => {
      signals.push(signal);
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    assign(world, 0);
    world.listener.assigned([]);
    await turns();
    expect([signals.map(({ aborted }) => aborted), world.faults, world.restored]).toEqual([[true], [], []]);
  });
});

describe('a join in the midst of it', () => {
  it('goes on where it was with what stays, and is not told again', async () => {
    endsAre(world, 0, 3n);
    assign(world, 0);
    await turns();
    journalHas(world, 0, 0n, 'A', 'B');
    world.calls = [];
    assign(world, 0);
    expect(world.calls).toContain('seek journal/0@2');
    journalHas(world, 0, 2n, 'C');
    expect(world.restored).toEqual(['0: 3']);
  });

  it('tells nothing more of what is taken away, and begins anew with what comes back', async () => {
    endsAre(world, 0, 3n);
    assign(world, 0);
    await turns();
    journalHas(world, 0, 0n, 'A', 'B');
    world.listener.assigned([]);
    world.calls = [];
    journalHas(world, 0, 2n, 'C');
    expect(world.calls).toEqual([]);
    assign(world, 0);
    expect(world.calls).toContain('seek journal/0@0');
    expect(world.restore.progress).toEqual({ restoring: 1, records: 2, unreadable: 0, stopped: new Map() });
  });

  it('leaves alone what is world.restored, and keeps its journal shut', async () => {
    endsAre(world, 0, 0n);
    endsAre(world, 1, 1n);
    assign(world, 0);
    await turns();
    world.calls = [];
    assign(world, 0, 1);
    expect(world.calls).toEqual([
      `assigned ${orders}/0 ${orders}/1 ${bills}/0 ${bills}/1`,
      'pause journal/0',
      'seek journal/1@0',
      'resume journal/1',
    ]);
    world.listener.receive(`${orders}/0`, [], 0n, 1n);
    expect(world.calls.at(-1)).toBe(`receive ${orders}/0: 0`);
  });

  it('makes an end that was asked for before it count for nothing', async () => {
    endsAre(world, 0, 0n);
    const asked = Promise.withResolvers<void>();
    world.asking = () => asked.promise;
    assign(world, 0);
    world.listener.assigned([]);
    // Somebody else had it meanwhile, and wrote.
    endsAre(world, 0, 1n);
    assign(world, 0);
    world.asking = null;
    asked.resolve();
    await turns();
    expect(world.restored).toEqual([]);
    journalHas(world, 0, 0n, 'A');
    await turns();
    expect(world.restored).toEqual(['0: 1']);
  });
});

describe('what is wrong with the source', () => {
  it.each<[string, Partial<PartitionOffsets>, string]>([
    ['records removed before they were read', { low: 20n, committed: 12n }, 'SOURCE_RECORDS_LOST 8 offsets of'],
    ['an end before what was read', { committed: 51n }, 'SOURCE_TOPIC_REMADE'],
  ])('is told: %s', async (_, source, fault) => {
    endsAre(world, 0, 0n, source);
    assign(world, 0);
    await turns();
    expect(world.faults).toHaveLength(2);
    expect(world.faults[0]).toContain(fault);
    expect(world.restored).toEqual(['0: 0']);
  });

  it('is nothing where a group begins behind what retention removed', async () => {
    endsAre(world, 0, 0n, { low: 20n });
    assign(world, 0);
    await turns();
    expect(world.faults).toEqual([]);
  });

  it('is a partition that the journal has not, or that is added: the process ends', () => {
    expect(() => world.listener.assigned([`${orders}/3`])).toThrow('the source has a partition 3, journal has none');
    world.listener.assigned([`${orders}/0`, 'journal/0']);
    expect(() => world.listener.assigned([`${orders}/0`, `${bills}/0`, 'journal/0'])).toThrow('was added to its topic');
  });
});

describe('the end', () => {
  it('ends also the asking', async () => {
    assign(world, 0);
    await turns();
    world.restore.close();
    (await world.clock.nextSleeper()).wake();
    await turns();
    expect(world.restore.progress.restoring).toBe(0);
    endsAre(world, 0, 0n);
    assign(world, 0);
    await turns();
    expect(world.restored).toEqual(['0: 0']);
  });

  it('what the flow is told and asks besides is passed on', async () => {
    world.listener.rebalancing();
    await world.listener.quiesce(5);
    expect(world.calls).toEqual(['rebalancing', 'quiesce 5']);
  });
});
