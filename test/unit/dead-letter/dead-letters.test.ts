import { beforeEach, describe, expect, it } from 'vitest';
import { openDeadLetters } from '../../../connector/dead-letter/dead-letters.ts';
import type { DeadLetters } from '../../../connector/flow/ports.ts';
import type { OutgoingRecord } from '../../../connector/kafka/producer.ts';
import type { Fault } from '../../../connector/kernel/fault.ts';
import { type Clock, type DurationMs, instant, monotonic } from '../../../connector/kernel/time.ts';
import { anUnreadLetter, aRecord } from './letters.ts';

const never = new AbortController().signal;

let written: OutgoingRecord[];
let failures: Error[];
let leased: boolean;
let slept: DurationMs[];
let unwritable: Fault[];
let deadLetters: DeadLetters;
let onSleep: () => void;

beforeEach(() => {
  written = [];
  failures = [];
  slept = [];
  unwritable = [];
  onSleep = () => undefined;
  const producer = {
    write: async (record: OutgoingRecord) => {
      const failure = failures.shift();
      if (failure) throw failure;
      written.push(record);
    },
    close: async () => undefined,
  };
  const clock: Clock = {
    now: () => instant(0),
    monotonic: () => monotonic(0),
    sleep: async duration => {
      slept.push(duration);
      onSleep();
    },
  };
  leased = true;
  const options = { topic: 'dead', partitions: 3, connectorName: 'card-sync', leased: () => leased };
  deadLetters = openDeadLetters(producer, { ...options, onUnwritable: fault => unwritable.push(fault) }, clock);
});

/** As kafkajs has it. */
const tooLarge = () =>
  Object.assign(new Error('The request included a message larger than the max message size'), {
    type: 'MESSAGE_TOO_LARGE',
  });

const textOf = (header: string) =>
  Buffer.from(written[0]?.headers.find(({ name }) => name === header)?.value ?? []).toString();

describe('a dead letter', () => {
  it('is the record: the same key and value, its headers first', async () => {
    const { key, value, headers } = aRecord();
    await deadLetters.publish(anUnreadLetter(), never);
    expect(written).toHaveLength(1);
    expect(written[0]).toMatchObject({ topic: 'dead', key, value });
    expect(written[0]?.headers.slice(0, 2)).toEqual(headers);
  });

  it('of a tombstone without key has neither', async () => {
    await deadLetters.publish(anUnreadLetter({ record: aRecord({ key: null, value: null }) }), never);
    expect(written[0]).toMatchObject({ key: null, value: null });
  });

  it.each([
    [0, 0],
    [2, 2],
    [3, null],
    [7, null],
  ])("keeps its record's partition where there are enough: %d → %s", async (partition, kept) => {
    await deadLetters.publish(anUnreadLetter({ record: aRecord({ partition }) }), never);
    expect(written[0]?.partition).toBe(kept);
  });
});

describe('publishing', () => {
  it('tries until the broker has it, once a second, and tells each time', async () => {
    failures = [new Error('no leader'), new Error('not enough replicas'), new Error('no leader')];
    await deadLetters.publish(anUnreadLetter(), never);
    expect(written).toHaveLength(1);
    expect(slept).toEqual([1_000, 1_000, 1_000]);
    expect(unwritable.map(({ code, detail }) => `${code}: ${detail}`)).toEqual([
      'DEAD_LETTER_UNWRITABLE: no leader',
      'DEAD_LETTER_UNWRITABLE: not enough replicas',
      'DEAD_LETTER_UNWRITABLE: no leader',
    ]);
    expect(unwritable[0]?.message).toContain('shop.public.orders/2@41');
  });

  it('writes a letter that is too large without its value, at once, and says where that lies', async () => {
    failures = [tooLarge()];
    await deadLetters.publish(anUnreadLetter(), never);
    const { key, headers } = aRecord();
    expect(written).toMatchObject([{ topic: 'dead', partition: 2, key, value: null }]);
    expect(written[0]?.headers.slice(0, 2)).toEqual(headers);
    expect(textOf('card_sync.value_omitted')).toBe(
      '6 bytes, too large for this topic: read them at shop.public.orders/2@41',
    );
    expect(slept).toEqual([]);
    expect(unwritable).toMatchObject([{ code: 'DEAD_LETTER_TOO_LARGE' }]);
  });

  it('writes a letter of a batch that was not decompressed without a value, and says where the record lies', async () => {
    const record = aRecord({ key: null, value: Buffer.alloc(0), headers: [], unreadable: 'no LZ4 frame' });
    await deadLetters.publish(anUnreadLetter({ record }), never);
    expect(written).toMatchObject([{ topic: 'dead', partition: 2, key: null, value: null }]);
    expect(textOf('card_sync.value_omitted')).toBe(
      'the batch was not decompressed: read the record at shop.public.orders/2@41',
    );
    expect(textOf('card_sync.source.offset')).toBe('41');
    expect(unwritable).toEqual([]);
  });

  it('leaves out key and headers too where they are what is too large', async () => {
    failures = [tooLarge(), new Error('no leader'), Object.assign(new Error('retried'), { cause: tooLarge() })];
    await deadLetters.publish(anUnreadLetter(), never);
    expect(written).toMatchObject([{ partition: 2, key: null, value: null }]);
    expect(written[0]?.headers.map(({ name }) => name)).not.toContain('trace');
    expect(textOf('card_sync.source.offset')).toBe('41');
    expect(unwritable.map(({ code }) => code)).toEqual([
      'DEAD_LETTER_TOO_LARGE',
      'DEAD_LETTER_UNWRITABLE',
      'DEAD_LETTER_TOO_LARGE',
    ]);
  });

  it('does not spin where not even that is taken', async () => {
    failures = Array.from({ length: 5 }, tooLarge);
    await deadLetters.publish(anUnreadLetter(), never);
    expect(slept).toEqual([1_000, 1_000, 1_000]);
    expect(written).toHaveLength(1);
  });

  it('ends when the partition is taken away between two tries', async () => {
    const revocation = new AbortController();
    failures = [new Error('no leader'), new Error('no leader')];
    onSleep = () => revocation.abort();
    await expect(deadLetters.publish(anUnreadLetter(), revocation.signal)).rejects.toMatchObject({
      code: 'DEAD_LETTER_UNWRITABLE',
      detail: /taken away/,
    });
    expect(written).toEqual([]);
    expect(slept).toEqual([1_000]);
  });

  it('waits while this member may be out of its group, and writes nothing where the partition is taken away', async () => {
    leased = false;
    onSleep = () => {
      leased = slept.length === 3;
    };
    await deadLetters.publish(anUnreadLetter(), never);
    expect([slept, written.length, unwritable]).toEqual([[50, 50, 50], 1, []]);
    const revocation = new AbortController();
    leased = false;
    onSleep = () => revocation.abort();
    await expect(deadLetters.publish(anUnreadLetter(), revocation.signal)).rejects.toThrow('taken away');
    expect(written).toHaveLength(1);
  });

  it('writes a letter whose value the journal did not keep without it, and says where that lies', async () => {
    await deadLetters.publish(anUnreadLetter({ record: aRecord({ value: null, valueOmitted: true }) }), never);
    expect(written).toMatchObject([{ partition: 2, key: aRecord().key, value: null }]);
    expect(textOf('card_sync.value_omitted')).toBe('too large for the journal: read it at shop.public.orders/2@41');
    expect(unwritable).toEqual([]);
  });

  it('does not begin when the partition is taken away already', async () => {
    await expect(deadLetters.publish(anUnreadLetter(), AbortSignal.abort())).rejects.toThrow('taken away');
    expect(written).toEqual([]);
  });
});
