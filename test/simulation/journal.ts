import avro from 'avsc';
import { annotatingHook } from '../../connector/avro/annotated-type.ts';
import type { JournalEntry } from '../../connector/flow/ports.ts';
import { createJournalDecoder } from '../../connector/journal/decode.ts';
import { journalSchema } from '../../connector/journal/schema.ts';
import type { OutgoingRecord, RecordProducer } from '../../connector/kafka/producer.ts';
import { type PartitionKey, partitionKey, splitPartitionKey } from '../../connector/kernel/position.ts';
import type { CardChange } from '../../connector/order/change.ts';

import type { LogRecord } from './broker.ts';
import { versionOf } from './database.ts';
import type { Member } from './member.ts';
import type { World } from './world.ts';

/** The journal's topic. */
export const journalTopic = 'journal';

const type = avro.Type.forSchema(JSON.parse(journalSchema()), { typeHook: annotatingHook() });

/** The decoder of the journal's records, with a registry that knows its schema. */
export const journalDecoder = createJournalDecoder({
  typeOf: () => ({ kind: 'type', type }),
  resolve: async () => ({ kind: 'type', type }),
});

/** The journal's topic at the brokers: takes what is produced, and tells what is owed. */
export class SimulatedJournal {
  readonly #world: World;
  /** The last entry of each order in each partition. */
  readonly #last = new Map<string, JournalEntry>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The producer of an instance: its requests may be refused, or land without an answer. */
  producerOf(member: Member): Pick<RecordProducer, 'writeAll'> {
    return {
      writeAll: async records => {
        const { plan, clock, random } = this.#world;
        for (const record of records) this.#checkOwner(member, record);
        await member.sleep(random.below(4));
        const now = clock.now();
        const { journalOut: out } = plan;
        if (out !== null && now >= out.from && now < out.to) throw new Error('NOT_LEADER_FOR_PARTITION');
        const isFaulty = now < plan.calmFrom;
        for (const record of records) this.#append(member, record);
        if (isFaulty && random.chance(plan.unansweredRate)) {
          await member.sleep(5 + random.below(10));
          throw new Error('REQUEST_TIMED_OUT');
        }
        await member.sleep(random.below(3));
      },
    };
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

  #checkOwner(member: Member, { partition }: OutgoingRecord): void {
    const { coordinator, watch } = this.#world;
    const owner = coordinator.ownerOf(partitionKey(journalTopic, partition ?? 0));
    // It would stand behind the word of whoever has the partition now.
    if (owner !== undefined && owner !== member.memberId)
      watch.report(`the journal's partition ${partition} is written without a lease by ${member.name}`);
  }

  #append(member: Member, record: OutgoingRecord): void {
    const { broker, clock, random, watch } = this.#world;
    const key = partitionKey(record.topic, record.partition ?? 0);
    const log = broker.log(key);
    log.append({ at: clock.now(), key: bufferOf(record.key), value: bufferOf(record.value), headers: {} });
    const written = log.records.at(-1);
    const entry = written === undefined ? null : entryIn(key, written);
    const name = `${key} ${record.key}`;
    if (entry === null) this.#last.delete(name);
    else this.#last.set(name, entry);
    watch.note(`${member.name} notes ${entry?.event ?? 'tombstone'} ${record.key} ${entry?.position.offset}`);
    if (random.chance(0.1)) log.compact(random);
  }
}

function entryIn(at: PartitionKey, { key, value, offset, at: timestamp }: LogRecord): JournalEntry | null {
  if (value === null) return null;
  const record = { ...splitPartitionKey(at), offset, key, value, timestamp, headers: [] };
  const told = journalDecoder.decode(record, neverAborted);
  if (told instanceof Promise || told.kind !== 'entry') throw new Error('an entry cannot be read');
  return told.entry;
}

const neverAborted = new AbortController().signal;

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}
