import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type JournalAppender, openJournal } from '../../../connector/journal/append.ts';
import { createJournalDecoder } from '../../../connector/journal/decode.ts';
import type { BatchResult, FencedProducer, SequencedBatch } from '../../../connector/kafka/fenced-producer.ts';
import type { OutgoingRecord } from '../../../connector/kafka/producer.ts';
import { monotonic } from '../../../connector/kernel/time.ts';
import { merchantBizNo } from '../../../connector/order/change.ts';
import { dawn } from '../../support/builders.ts';
import { anOwed } from '../flow/owed.ts';
import { aJournalRecord, anEntry, journalSchemas } from './entries.ts';

const never = new AbortController().signal;
const clock = { now: () => dawn, monotonic: () => monotonic(0), sleep: async () => void (await nextTurn()) };
const order = merchantBizNo('A-1');

/** One partition, which refuses epochs below the highest that was written to it, as Kafka does (`fenced-producer.test.ts`). */
class Partition {
  readonly log: OutgoingRecord[] = [];
  #highest = -1;
  #epochs = 0;

  /** Opens a producer; each of its requests reaches the partition when `way` lets it. */
  open(way: () => Promise<void>): FencedProducer {
    return {
      newEpoch: async () => ({ producerId: 1n, epoch: this.#epochs++ }),
      leaderOf: () => 0,
      refresh: async () => undefined,
      write: async (_, { epoch }, batches) => {
        await way();
        return batches.map(batch => this.#append(epoch, batch));
      },
      close: async () => undefined,
    };
  }

  #append(epoch: number, { records }: SequencedBatch): BatchResult {
    if (epoch < this.#highest) return { kind: 'fenced' };
    this.#highest = epoch;
    this.log.push(...records);
    return { kind: 'written' };
  }
}

function openOwner(producer: FencedProducer, leased = () => true): JournalAppender {
  const ignore = () => undefined;
  return openJournal(producer, {
    topic: 'journal',
    groupId: 'card-sync',
    lingerMs: 1,
    clock,
    leased,
    onUnwritable: ignore,
    onWritable: ignore,
    onTooLarge: ignore,
  });
}

describe('a journal request that is on its way when the partition is lost (a network that was cut, then heals)', () => {
  it("does not stand behind the new owner's entry, which compaction would then remove", async () => {
    const partition = new Partition();
    const healed = Promise.withResolvers<void>();
    let way = Promise.resolve();
    let isLeased = true;
    const former = openOwner(
      partition.open(() => way),
      () => isLeased,
    );
    await former.claim(0, never);
    // In the send buffer of a socket: the request times out, and the connection stays open.
    way = healed.promise;
    const lost = new AbortController();
    const late = former.append(anEntry({ n: 4, event: 'updated', order }), lost.signal);
    const rejected = expect(late).rejects.toThrow('taken away');
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    isLeased = false;
    lost.abort(new Error('taken away'));
    await rejected;

    const owner = openOwner(partition.open(async () => undefined));
    await owner.claim(0, never);
    // The end of the partition is asked for here.
    const end = partition.log.length;
    await owner.append(anEntry({ n: 5, event: 'parked', order, owed: anOwed({ n: 5 }) }), never);
    healed.resolve();
    for (let turn = 0; turn < 5; turn++) await nextTurn();

    expect(partition.log.length).toBe(end + 1);
    const { key, value } = partition.log.at(-1) ?? { key: null, value: null };
    const last = aJournalRecord({ key: Buffer.from(key ?? []), value: value && Buffer.from(value) });
    expect(createJournalDecoder(journalSchemas).decode(last, never)).toMatchObject({ entry: { event: 'parked' } });
  });
});
