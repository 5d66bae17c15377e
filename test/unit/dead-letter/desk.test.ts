import { beforeEach, describe, expect, it } from 'vitest';
import {
  type DisposalOptions,
  disposeOf,
  type LetterOutcome,
  visitLetters,
} from '../../../connector/dead-letter/desk.ts';
import { deadLetterHeaders } from '../../../connector/dead-letter/headers.ts';
import type { LetterFilter } from '../../../connector/dead-letter/select.ts';
import type { Disposal } from '../../../connector/dead-letter/stored-letter.ts';
import type { DeadLetter } from '../../../connector/flow/ports.ts';
import type { OutgoingRecord } from '../../../connector/kafka/producer.ts';
import type { SourceRecord } from '../../../connector/kernel/record.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { anUnreadLetter, aRecord, aRefusedLetter } from './letters.ts';

let stored: SourceRecord[];
let source: SourceRecord[];
let written: OutgoingRecord[];
let refuse: Error | null;
const clock = new ManualClock();

const parts = {
  topic: 'dead',
  clock: {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: async (ms: number) => void slept.push(ms),
  },
  reader: {
    scan: async (_: string, visit: (record: SourceRecord) => Promise<void> | void) => {
      scans++;
      for (const record of [...stored]) await visit(record);
    },
    recordAt: async ({ offset }: { offset: bigint }) => source.find(record => record.offset === offset) ?? null,
    close: async () => undefined,
  },
  producer: {
    write: async (record: OutgoingRecord) => {
      if (refuse) throw refuse;
      written.push(record);
      if (record.topic === 'dead') put(record);
    },
    close: async () => undefined,
  },
};
let slept: number[];
let scans: number;

/** Puts a record at the end of the dead-letter topic. */
function put({ key, value, headers, partition }: OutgoingRecord): void {
  const offset = BigInt(stored.length);
  const timestamp = instant(Date.UTC(2026, 10, 24, stored.length));
  stored.push({ topic: 'dead', partition: partition ?? 0, offset, key, value, headers, timestamp });
}

function putLetter(letter: DeadLetter): void {
  const { key, value, partition } = letter.record;
  put({ topic: 'dead', partition, key, value, headers: deadLetterHeaders(letter, 'card-sync') });
}

beforeEach(() => {
  [stored, source, written, slept, refuse, scans] = [[], [], [], [], null, 0];
});

async function places(filter: LetterFilter = {}): Promise<string[]> {
  const found: string[] = [];
  await visitLetters(parts, filter, (letter, disposal) => {
    found.push(`${letter.record.offset} ${disposal ?? 'open'}`);
  });
  return found;
}

async function dispose(disposal: Disposal, options: Partial<DisposalOptions> = {}, filter: LetterFilter = {}) {
  const outcomes: LetterOutcome[] = [];
  await disposeOf(parts, filter, disposal, {
    dryRun: false,
    ratePerSecond: null,
    redrivesMax: 5,
    onLetter: (_, outcome) => outcomes.push(outcome),
    ...options,
  });
  return outcomes;
}

describe('a letter that is redriven', () => {
  it('becomes its record again: bytes, headers and partition; it counts, and is marked behind that', async () => {
    const letter = aRefusedLetter();
    putLetter(letter);
    expect(await dispose('redriven')).toEqual(['done']);
    const [record, marker] = written;
    const { key, value, headers, topic, partition } = letter.record;
    expect(record).toEqual({
      ...{ topic, partition, key, value },
      headers: [
        ...headers,
        { name: 'card_sync.redrive_count', value: Buffer.from('1') },
        { name: 'card_sync.redrive_origin', value: Buffer.from('41') },
      ],
    });
    expect(marker).toMatchObject({ topic: 'dead', partition, value: null });
    expect(Buffer.from(marker?.key ?? []).toString()).toBe('card_sync.marker/shop.public.orders/2@41/0');
    expect(await places()).toEqual(['0 redriven']);
    // Once is enough.
    expect(await dispose('redriven')).toEqual([]);
  });

  it('and dies again is another letter, with its count; past the limit it is left', async () => {
    putLetter(anUnreadLetter());
    for (let times = 1; times <= 2; times++) {
      await dispose('redriven', { redrivesMax: 2 });
      const back = written.findLast(({ topic }) => topic !== 'dead');
      putLetter(anUnreadLetter({ record: aRecord({ headers: back?.headers ?? [], offset: BigInt(50 + times) }) }));
    }
    expect(await dispose('redriven', { redrivesMax: 2 })).toEqual(['too-often']);
    expect(await places()).toEqual(['0 redriven', '2 redriven', '4 open']);
  });

  it('is read where it lies where its value was too large; lost where it lies no more', async () => {
    const whole = aRecord({ value: Buffer.from('all of it') });
    const omitted = (offset: bigint) => {
      const letter = anUnreadLetter({ record: aRecord({ offset }) });
      const headers = [
        ...deadLetterHeaders(letter, 'card-sync'),
        { name: 'card_sync.value_omitted', value: Buffer.from('9 bytes') },
      ];
      put({ topic: 'dead', partition: 2, key: null, value: null, headers });
    };
    omitted(41n);
    omitted(42n);
    source = [whole];
    expect(await dispose('redriven')).toEqual(['done', 'lost']);
    expect(written[0]).toMatchObject({ key: whole.key, value: whole.value });
    expect(await places()).toEqual(['0 redriven', '1 open']);
  });

  it('stays open when the broker refuses the record', async () => {
    putLetter(anUnreadLetter());
    refuse = new Error('no leader');
    await expect(dispose('redriven')).rejects.toThrow('no leader');
    expect(await places()).toEqual(['0 open']);
  });
});

describe('letters', () => {
  it('that are discarded are marked, and nothing is put back', async () => {
    putLetter(anUnreadLetter());
    expect(await dispose('discarded')).toEqual(['done']);
    expect(written.map(({ topic }) => topic)).toEqual(['dead']);
    expect(await places()).toEqual(['0 discarded']);
  });

  it('of a dry run are only told', async () => {
    putLetter(anUnreadLetter());
    expect(await dispose('redriven', { dryRun: true, ratePerSecond: 1 })).toEqual(['done']);
    expect([written, slept]).toEqual([[], []]);
  });

  it('keep to the rate', async () => {
    for (let letter = 0; letter < 3; letter++) putLetter(anUnreadLetter());
    await dispose('redriven', { ratePerSecond: 4 });
    expect(slept).toEqual([250, 250, 250]);
  });

  it('that are too many to hold are read again, and dealt with all the same', async () => {
    const value = Buffer.alloc(30_000_000);
    for (const offset of [1n, 2n, 3n]) putLetter(anUnreadLetter({ record: aRecord({ value, offset }) }));
    expect(await dispose('redriven', {}, { place: { partition: 2, offset: 0n } })).toEqual(['done']);
    expect(scans).toBe(1);
    expect(await dispose('redriven')).toEqual(['done', 'done']);
    expect(scans).toBe(3);
  });

  it("are found by all that a filter says, among others' records", async () => {
    put({ topic: 'dead', partition: 0, key: null, value: Buffer.from('of another tool'), headers: [] });
    putLetter(anUnreadLetter());
    putLetter(aRefusedLetter({}, { record: aRecord({ key: Buffer.from('MB-2026-77') }) }));
    putLetter(
      aRefusedLetter({ result: { code: 'SYSTEM_ERROR', status: 'U', message: '' } }, { reason: 'retries-exhausted' }),
    );
    expect(await places()).toEqual(['1 open', '2 open', '3 open']);
    expect(await places({ code: 'PARAM_ILLEGAL' })).toEqual(['2 open']);
    expect(await places({ code: 'RECORD_UNDECODABLE' })).toEqual(['1 open']);
    expect(await places({ order: 'MB-2026-77' })).toEqual(['2 open']);
    expect(await places({ template: 'AIR_TICKET_DEFAULT' })).toEqual(['2 open', '3 open']);
    expect(await places({ template: 'AIR_TICKET_DEFAULT', reason: 'retries-exhausted' })).toEqual(['3 open']);
    expect(await places({ since: instant(Date.UTC(2026, 10, 24, 2)) })).toEqual(['2 open', '3 open']);
    expect(await places({ until: instant(Date.UTC(2026, 10, 24, 2)) })).toEqual(['1 open']);
    expect(await places({ place: { partition: 2, offset: 3n } })).toEqual(['3 open']);
  });
});
