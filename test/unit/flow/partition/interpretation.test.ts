import { beforeEach, describe, expect, it } from 'vitest';
import { Interpretation } from '../../../../connector/flow/partition/interpretation.ts';
import { Load } from '../../../../connector/flow/partition/load.ts';
import { Misfits } from '../../../../connector/flow/partition/misfits.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import type { Interpreted } from '../../../../connector/flow/ports.ts';
import { Fault } from '../../../../connector/kernel/fault.ts';
import { partitionKey } from '../../../../connector/kernel/position.ts';
import type { SourceRecord } from '../../../../connector/kernel/record.ts';
import { aChange, aRecord, sourceTopic } from '../../../support/builders.ts';
import { RecordingDeadLetters, RecordingMeter, SteppedClock } from '../../../support/flow-world.ts';

const limits = { recordsMax: 100, bytesMax: 1e6 };

describe('Interpretation', () => {
  let clock: SteppedClock;
  let load: Load;
  let meter: RecordingMeter;
  let deadLetters: RecordingDeadLetters;
  let partition: PartitionFlow;
  let queued: bigint[];
  let failures: unknown[];
  let progress: number;
  let meaning: (offset: bigint) => Interpreted | Promise<Interpreted>;
  let interpretation: Interpretation;

  beforeEach(() => {
    clock = new SteppedClock();
    load = new Load(limits);
    meter = new RecordingMeter();
    deadLetters = new RecordingDeadLetters(clock);
    partition = new PartitionFlow(partitionKey(sourceTopic, 0));
    partition.restore({ begin: 0n, end: 0n });
    queued = [];
    failures = [];
    progress = 0;
    meaning = offset => ({ kind: 'change', change: aChange({ offset }) });
    const interpreter = { interpret: (record: SourceRecord) => meaning(record.offset) };
    const fail = (error: unknown) => void failures.push(error);
    const partitions = new Map([[partition.key, partition]]);
    const onGoOn = (one: PartitionFlow) => interpretation.advance(one);
    const misfits = new Misfits({ interpreter, meter, partitions, load, heldLoad: new Load(limits), onGoOn, fail });
    interpretation = new Interpretation({
      interpreter,
      deadLetters,
      meter,
      load,
      misfits,
      enqueue: entry => void queued.push(entry.record.offset),
      onProgress: () => void progress++,
      fail,
    });
  });

  const take = (...offsets: bigint[]) => {
    for (const offset of offsets) {
      const record = aRecord({ offset });
      partition.frontier.accept(offset, record.timestamp);
      partition.backlog.push(record);
      load.add(record);
    }
    interpretation.advance(partition);
  };
  const late = (offset: bigint): Promise<Interpreted> =>
    clock.sleep(50).then(() => ({ kind: 'change', change: aChange({ offset }) }));

  it('queues changes in order, still counted and open', () => {
    take(1n, 2n, 3n);
    expect(queued).toEqual([1n, 2n, 3n]);
    expect([load.records, partition.frontier.unsettled, progress]).toEqual([3, 3, 1]);
  });

  it('accounts for what is skipped', () => {
    meaning = () => ({ kind: 'skipped', reason: 'ignored' });
    take(1n, 2n);
    expect(meter).toMatchObject({ skips: ['ignored', 'ignored'], outcomes: { skipped: 2 } });
    expect([load.records, partition.frontier.committable]).toEqual([0, 3n]);
  });

  it('accounts for what is unusable once it is a dead letter, and goes on meanwhile', async () => {
    const fault = new Fault('RECORD_UNDECODABLE', { detail: 'magic byte' });
    meaning = offset => (offset === 1n ? { kind: 'unusable', fault } : { kind: 'change', change: aChange({ offset }) });
    take(1n, 2n);
    expect(queued).toEqual([2n]);
    expect([load.records, partition.frontier.committable]).toEqual([2, 1n]);
    await clock.pass(5);
    expect(deadLetters.letters).toMatchObject([{ reason: 'undecodable', fault, attempts: null }]);
    expect(meter).toMatchObject({ letters: 1, outcomes: { 'dead-lettered': 1 } });
    expect([load.records, partition.frontier.committable, progress]).toEqual([1, 2n, 2]);
  });

  it('waits for a late record, and then goes on by itself', async () => {
    meaning = offset => (offset === 1n ? late(offset) : { kind: 'change', change: aChange({ offset }) });
    take(1n, 2n);
    take(3n);
    expect(queued).toEqual([]);
    await clock.pass(50);
    expect(queued).toEqual([1n, 2n, 3n]);
    take(4n);
    expect(queued).toEqual([1n, 2n, 3n, 4n]);
  });

  it.each([
    ['comes all the same', late],
    ['is given up', (offset: bigint) => late(offset).then(() => Promise.reject(new Error('given up')))],
  ])('lets a late record go with its partition, when it %s', async (_, then) => {
    meaning = then;
    take(1n);
    partition.revoke();
    await clock.pass(50);
    expect(queued).toEqual([]);
    expect([load.records, failures, progress]).toEqual([0, [], 2]);
  });

  it('lets an unusable record go with its partition', async () => {
    deadLetters.blocked = true;
    meaning = () => ({ kind: 'unusable', fault: new Fault('RECORD_UNDECODABLE', { detail: 'x' }) });
    take(1n);
    partition.revoke();
    await clock.pass(50);
    expect(deadLetters.letters).toEqual([]);
    expect([load.records, meter.letters, failures]).toEqual([0, 0, []]);
  });

  it('fails on a rejection that nobody asked for: nothing is accounted for', async () => {
    meaning = () => Promise.reject(new TypeError('a defect'));
    take(1n);
    await clock.pass(50);
    expect(failures).toEqual([new TypeError('a defect')]);
    expect(partition.frontier.committable).toBe(1n);
  });
});
