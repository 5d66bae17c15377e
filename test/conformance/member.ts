import type { ConsumerListener, RecordConsumer } from '../../connector/kafka/record-consumer.ts';
import type { Offset, PartitionKey } from '../../connector/kernel/position.ts';
import type { SourceRecord } from '../../connector/kernel/record.ts';

/** What a consumer told its listener. */
export type Heard =
  | { readonly kind: 'assigned'; readonly keys: readonly PartitionKey[] }
  | { readonly kind: 'rebalancing' }
  | { readonly kind: 'quiescing'; readonly limitMs: number }
  | { readonly kind: 'received'; readonly key: PartitionKey; readonly records: readonly SourceRecord[] };

/** A consumer with a listener that writes down what it hears and minds the rules that always hold. */
export class Member implements ConsumerListener {
  readonly consumer: RecordConsumer;
  readonly heard: Heard[] = [];
  /** Rules that were broken, in words. Must be empty at the end of any test. */
  readonly breaches: string[] = [];
  /** How far each partition was read, and the broker's end of it, as last told. */
  readonly readTo = new Map<PartitionKey, { readonly lastOffset: Offset; readonly highWatermark: Offset }>();
  /** Called within `assigned`, before anything can be fetched. */
  onAssigned: () => void = () => undefined;
  /** Called within `quiesce`, which waits for it. */
  onQuiesce: () => Promise<void> = async () => undefined;
  #assigned: ReadonlySet<PartitionKey> = new Set();
  /** The last offset of each partition since the last join. */
  #last = new Map<PartitionKey, Offset>();
  #changed = Promise.withResolvers<void>();

  constructor(consumer: RecordConsumer) {
    this.consumer = consumer;
  }

  get assignedKeys(): readonly PartitionKey[] {
    return [...this.#assigned].sort();
  }

  rebalancing(): void {
    this.#hear({ kind: 'rebalancing' });
  }

  quiesce(limitMs: number): Promise<void> {
    this.#hear({ kind: 'quiescing', limitMs });
    return this.onQuiesce();
  }

  assigned(keys: readonly PartitionKey[]): void {
    if (!this.consumer.joined) this.breaches.push('it is assigned partitions, but has not joined');
    this.#assigned = new Set(keys);
    this.#last = new Map();
    this.#hear({ kind: 'assigned', keys });
    this.onAssigned();
  }

  receive(key: PartitionKey, records: readonly SourceRecord[], lastOffset: Offset, highWatermark: Offset): void {
    if (!this.#assigned.has(key)) this.breaches.push(`${key} is received, but not assigned`);
    for (const { offset } of records) {
      const last = this.#last.get(key) ?? -1n;
      if (offset <= last) this.breaches.push(`${key}: offset ${offset} comes after ${last} without a join`);
      this.#last.set(key, offset);
    }
    if (lastOffset < (records.at(-1)?.offset ?? 0n))
      this.breaches.push(`${key}: the last offset is behind its records`);
    if (lastOffset >= highWatermark) this.breaches.push(`${key}: read to ${lastOffset}, past the end ${highWatermark}`);
    this.readTo.set(key, { lastOffset, highWatermark });
    this.#hear({ kind: 'received', key, records });
  }

  /** The offsets of a partition in the order they came, again and again where they did. */
  offsets(key: PartitionKey): number[] {
    return this.records(key).map(({ offset }) => Number(offset));
  }

  records(key: PartitionKey): SourceRecord[] {
    return this.heard.flatMap(heard => (heard.kind === 'received' && heard.key === key ? heard.records : []));
  }

  /** How often it was assigned partitions. */
  get joins(): number {
    return this.heard.filter(({ kind }) => kind === 'assigned').length;
  }

  /** Resolves as soon as something that it heard makes this hold. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#changed.promise;
  }

  #hear(heard: Heard): void {
    this.heard.push(heard);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
