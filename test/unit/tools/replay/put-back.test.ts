import { beforeEach, describe, expect, it } from 'vitest';
import type { OutgoingRecord } from '../../../../connector/kafka/producer.ts';
import type { OffsetRanges } from '../../../../connector/kafka/topic-reader.ts';
import type { SourceRecord } from '../../../../connector/kernel/record.ts';
import type { LastPlace } from '../../../../connector/tools/replay/last-places.ts';
import { putBack } from '../../../../connector/tools/replay/put-back.ts';
import { aRecord, lsnAt, sourceTopic } from '../../../support/builders.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

let log: SourceRecord[];
let batches: OutgoingRecord[][];
let asked: [topic: string, ranges: OffsetRanges][];
let counts: number[];
let clock: ManualClock;
let slept: number[];
let stop: AbortController;

beforeEach(() => {
  [log, batches, asked, counts, slept] = [[], [], [], [], []];
  clock = new ManualClock();
  stop = new AbortController();
});

const place = (offset: number, parts: Partial<LastPlace> = {}): LastPlace => ({
  ...{ topic: sourceTopic, partition: 0, offset: BigInt(offset), source: lsnAt(offset), template: 'T' },
  ...{ replays: 0, done: false, ...parts },
});
const fill = (topic = sourceTopic, partition = 0, count = 10) => {
  for (let n = 0; n < count; n++) {
    const value = Buffer.from(`${topic}/${partition}@${n}`);
    log.push({ ...aRecord({ offset: BigInt(n), partition }), topic, value });
  }
};

function put(
  places: readonly LastPlace[],
  ratePerSecond = 1_000,
  writeAll?: (batch: readonly OutgoingRecord[]) => void,
) {
  const parts = {
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: async (ms: number) => {
        slept.push(ms);
        clock.advance(ms);
      },
    },
    signal: stop.signal,
    producer: {
      writeAll: async (batch: readonly OutgoingRecord[]) => {
        writeAll?.(batch);
        batches.push([...batch]);
      },
    },
    reader: {
      range: async (topic: string, ranges: OffsetRanges, visit: (record: SourceRecord) => Promise<void> | void) => {
        asked.push([topic, ranges]);
        for (const record of log) {
          const range = ranges.get(record.partition);
          if (record.topic === topic && range && record.offset >= range.from && record.offset < range.end)
            await visit(record);
        }
      },
    },
  };
  return putBack(parts, places, { run: 'r1', ratePerSecond, onWritten: count => void counts.push(count) });
}
const written = () => batches.flat().map(({ value }) => Buffer.from(value ?? []).toString());

describe('putting back', () => {
  it('writes the records at the places, and no other, byte for byte into their partitions, marked', async () => {
    fill();
    fill(sourceTopic, 1);
    await put([place(7), place(2, { replays: 2 }), place(5, { partition: 1 })]);
    expect(written()).toEqual([2, 7].map(n => `${sourceTopic}/0@${n}`).concat(`${sourceTopic}/1@5`));
    const [first] = batches.flat();
    expect(first).toEqual({
      ...{ topic: sourceTopic, partition: 0, key: new Uint8Array(2), value: Buffer.from(`${sourceTopic}/0@2`) },
      headers: [
        { name: 'card_sync.replay', value: Buffer.from('r1') },
        { name: 'card_sync.replay_count', value: Buffer.from('3') },
        { name: 'card_sync.replay_origin', value: Buffer.from('2') },
      ],
    });
    // Only from the first place of a partition to its last is read again.
    expect(asked).toEqual([
      [
        sourceTopic,
        new Map([
          [0, { from: 2n, end: 8n }],
          [1, { from: 5n, end: 6n }],
        ]),
      ],
    ]);
    expect(counts).toEqual([3]);
  });

  it('leaves out what the record told of its former life, and keeps what others told', async () => {
    const headers = ['card_sync.replay', 'card_sync.redrive_count', 'traceparent'].map(name => ({
      name,
      value: Buffer.from('before'),
    }));
    log.push({ ...aRecord({ offset: 0n }), headers });
    await put([place(0)]);
    expect(batches.flat()[0]?.headers.map(({ name, value }) => `${name} ${Buffer.from(value)}`)).toEqual([
      'traceparent before',
      'card_sync.replay r1',
      'card_sync.replay_count 1',
      'card_sync.replay_origin 0',
    ]);
  });

  it.each([
    [1, [1, 1, 1, 1], [1000, 1000, 1000]],
    [20, [2, 2], [100]],
    [1_000, [4], []],
  ])('keeps to %i a second, a tenth of a second at once', async (rate, sizes, pauses) => {
    fill();
    await put(
      [0, 1, 2, 3].map(n => place(n)),
      rate,
    );
    expect([counts, slept]).toEqual([sizes, pauses]);
  });

  it('does not make up for time that the broker took', async () => {
    fill();
    await put(
      [0, 1, 2].map(n => place(n)),
      10,
      () => clock.advance(250),
    );
    expect([counts, slept]).toEqual([[1, 1, 1], []]);
  });

  it.each([-86_400_000, -3_600_000, -1_000, 1_000, 3_600_000, 86_400_000])(
    'keeps the rate where the wall clock is set by %d ms',
    async step => {
      fill();
      await put(
        [0, 1, 2].map(n => place(n)),
        10,
        () => clock.setWallClock(step),
      );
      expect([counts, slept]).toEqual([
        [1, 1, 1],
        [100, 100],
      ]);
    },
  );

  it('goes topic by topic, each request to one', async () => {
    fill();
    fill('other');
    await put([place(1), place(2, { topic: 'other' })]);
    expect(batches.map(batch => batch.map(({ topic }) => topic))).toEqual([[sourceTopic], ['other']]);
  });

  it('leaves out a record that lies there no more', async () => {
    fill();
    await put([place(1), place(42)]);
    expect(written()).toEqual([`${sourceTopic}/0@1`]);
  });

  it('ends when it is told to, and what was written by then is counted', async () => {
    fill();
    const writing = put(
      [0, 1, 2, 3].map(n => place(n)),
      10,
      () => {
        if (batches.length === 1) stop.abort(new Error('interrupted'));
      },
    );
    await expect(writing).rejects.toThrow('interrupted');
    expect(counts).toEqual([1, 1]);
  });

  it('ends with what the broker refuses', async () => {
    fill();
    const refuse = () => {
      throw new Error('no leader');
    };
    await expect(put([place(1)], 10, refuse)).rejects.toThrow('no leader');
    expect(counts).toEqual([]);
  });
});
