import { createJournalDecoder } from '../../connector/journal/decode.ts';
import type { ReadEntry } from '../../connector/journal/entry.ts';
import { journalSchema, typeOfSchema } from '../../connector/journal/schema.ts';
import type {
  BatchResult,
  FencedProducer,
  ProducerEpoch,
  SequencedBatch,
} from '../../connector/kafka/fenced-producer.ts';
import type { OutgoingRecord } from '../../connector/kafka/producer.ts';
import { type PartitionKey, partitionKey, splitPartitionKey } from '../../connector/kernel/position.ts';
import type { CardChange } from '../../connector/order/change.ts';
import type { LogRecord } from './broker.ts';
import { versionOf } from './database.ts';
import type { Member } from './member.ts';
import type { World } from './world.ts';

/** The journal's topic. */
export const journalTopic = 'journal';

/** So many brokers lead its partitions. */
const leaders = 2;
const lateMs = 150;

/** The decoder of the journal's records; its registry knows nothing. */
export const journalDecoder = createJournalDecoder({
  typeOf: () => undefined,
  resolve: async () => ({ kind: 'type', type: typeOfSchema(journalSchema()) }),
});

/** The journal's topic at the brokers: takes what is produced, and tells what is owed. */
export class SimulatedJournal {
  readonly #world: World;
  /** The last entry of each order in each partition. */
  readonly #last = new Map<string, ReadEntry>();
  /** Of each partition: the highest epoch that wrote to it, and the next number in its sequence. */
  readonly #sequences = new Map<number, { readonly epoch: number; readonly next: number }>();
  #epoch = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** The producer of an instance: its requests may be refused, land without an answer, or land late. */
  producerOf(member: Member): FencedProducer {
    return {
      newEpoch: async () => {
        await member.sleep(this.#world.random.below(3));
        if (this.#isOut) throw new Error('COORDINATOR_NOT_AVAILABLE');
        const epoch = { producerId: 1n, epoch: ++this.#epoch };
        await member.sleep(this.#world.random.below(3));
        return epoch;
      },
      leaderOf: partition => partition % leaders,
      refresh: () => member.sleep(this.#world.random.below(3)),
      write: (_, epoch, batches) => this.#write(member, epoch, batches),
      close: async () => undefined,
    };
  }

  async #write(
    member: Member,
    epoch: ProducerEpoch,
    batches: readonly SequencedBatch[],
  ): Promise<readonly BatchResult[]> {
    const { plan, clock, random } = this.#world;
    const failed = batches.map(() => ({ kind: 'failed', problem: 'REQUEST_TIMED_OUT' }) as const);
    for (const { partition } of batches) member.checkOwner(partitionKey(journalTopic, partition), 'the journal');
    await member.sleep(random.below(4));
    if (this.#isOut) return failed;
    const isFaulty = clock.now() < plan.calmFrom;
    if (isFaulty && random.chance(plan.lateWriteRate)) {
      // It sits in a socket, whatever becomes of the process.
      void clock.sleep(5 + random.below(lateMs)).then(() => this.#land(member, epoch, batches));
      await member.sleep(5 + random.below(5));
      return failed;
    }
    const results = this.#land(member, epoch, batches);
    const isUnanswered = isFaulty && random.chance(plan.unansweredRate);
    await member.sleep(isUnanswered ? 5 + random.below(10) : random.below(3));
    return isUnanswered ? failed : results;
  }

  get #isOut(): boolean {
    const { plan, clock } = this.#world;
    const { journalOut: out } = plan;
    return out !== null && clock.now() >= out.from && clock.now() < out.to;
  }

  #land(member: Member, epoch: ProducerEpoch, batches: readonly SequencedBatch[]): readonly BatchResult[] {
    return batches.map(batch => {
      const kind = this.#admit(epoch, batch);
      if (kind === 'new') for (const record of batch.records) this.#append(member, record);
      else this.#world.watch.note(`a batch of ${member.name} is ${kind}`);
      return { kind: kind === 'new' || kind === 'repeated' ? 'written' : kind };
    });
  }

  /** What Kafka does with an idempotent producer's batch, by its epoch and its number in the sequence. */
  #admit({ epoch }: ProducerEpoch, { partition, firstSequence, records }: SequencedBatch) {
    const known = this.#sequences.get(partition) ?? { epoch: -1, next: 0 };
    if (epoch < known.epoch) return 'fenced';
    const next = epoch > known.epoch ? 0 : known.next;
    if (firstSequence < next) return 'repeated';
    if (firstSequence > next) return 'lost';
    this.#sequences.set(partition, { epoch, next: next + records.length });
    return 'new';
  }

  /** Is this change, or a later one of its order, written down as owed? */
  owes(change: CardChange): boolean {
    return this.#owed.some(
      owed => owed.merchantBizNo === change.merchantBizNo && versionOf(owed).n >= versionOf(change).n,
    );
  }

  get owesAnything(): boolean {
    return this.#owed.length > 0;
  }

  get #owed(): readonly CardChange[] {
    return [...this.#last.values()].flatMap(entry => (entry.owed === null ? [] : [entry.owed.request.change]));
  }

  #append(member: Member, record: OutgoingRecord): void {
    const { broker, clock, random, watch } = this.#world;
    const key = partitionKey(record.topic, record.partition ?? 0);
    const log = broker.log(key);
    const headers = Object.fromEntries(record.headers.map(({ name, value }) => [name, Buffer.from(value)]));
    log.append({ at: clock.now(), key: bufferOf(record.key), value: bufferOf(record.value), headers });
    const written = log.records.at(-1);
    const entry = written === undefined ? null : entryIn(key, written);
    const name = `${key} ${record.key}`;
    if (entry === null) this.#last.delete(name);
    else this.#last.set(name, entry);
    watch.note(`${member.name} notes ${entry?.event ?? 'tombstone'} ${nameOf(record)} ${entry?.position.offset}`);
    if (random.chance(0.1)) log.compact(random);
  }
}

function nameOf({ key }: OutgoingRecord): string {
  return Buffer.from(key ?? [])
    .toString()
    .replaceAll('\u0000', '~');
}

function entryIn(at: PartitionKey, { key, value, offset, at: timestamp, headers }: LogRecord): ReadEntry | null {
  if (value === null) return null;
  const named = Object.entries(headers).map(([name, bytes]) => ({ name, value: bytes }));
  const record = { ...splitPartitionKey(at), offset, key, value, timestamp, headers: named };
  const told = journalDecoder.decode(record, neverAborted);
  if (told instanceof Promise || told.kind !== 'entry') throw new Error('an entry cannot be read');
  return told.entry;
}

const neverAborted = new AbortController().signal;

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}
