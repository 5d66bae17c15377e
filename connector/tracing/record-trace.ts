import {
  type Attributes,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { type PartitionKey, partitionKey } from '../kernel/position.ts';
import type { SourceRecord, Trace } from '../kernel/record.ts';
import type { Instant } from '../kernel/time.ts';
import { contextIn } from './carriers.ts';
import { quietly, startQuietly } from './quietly.ts';
import type { Tracing } from './tracing.ts';

/** What a trace is made with. */
export interface RecordTraceParts {
  readonly tracing: Tracing;
  readonly groupId: string;
  /** Those at work. */
  readonly open: Set<RecordTrace>;
  readonly receivedAt: Instant;
}

/**
 * One record's span: from its receipt until it is accounted for (OpenTelemetry, "Semantic conventions for Kafka", an operation
 * of the type `process`). Its parent is who wrote the record, if its headers tell. It is made when there is something to tell:
 * after a join everything is received again, and what is known already goes no further.
 *
 * A delivery that is parked ends its span: the rest may take half an hour, and another instance may take it up. The next attempt
 * begins another one, with the same parent.
 *
 * It keeps nothing of the record: its bytes would keep the whole fetch answer in memory.
 */
export class RecordTrace implements Trace {
  readonly partition: PartitionKey;
  readonly #parts: RecordTraceParts;
  readonly #name: string;
  readonly #attributes: Attributes;
  readonly #parent: Context;
  #span: Span | null = null;
  /** The span before the rest. */
  #before: SpanContext | null = null;
  #over = false;
  #attempts: number;

  /** `attempts`: those that were made of it before. */
  constructor(record: SourceRecord, attempts: number, parts: RecordTraceParts) {
    const { topic, partition, offset, value, headers } = record;
    this.partition = partitionKey(topic, partition);
    this.#parts = parts;
    this.#attempts = attempts;
    this.#name = `process ${topic}`;
    // Not the key: it is the customer's order id.
    this.#attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': String(partition),
      'messaging.consumer.group.name': parts.groupId,
      'messaging.kafka.offset': Number(offset),
      ...(value === null && { 'messaging.kafka.message.tombstone': true }),
    };
    this.#parent = contextIn(headers, parts.tracing);
  }

  get traceId(): string | null {
    const { context } = this;
    return context !== null && isSpanContextValid(context) ? context.traceId : null;
  }

  /** Of the span that is open, or was last. */
  get context(): SpanContext | null {
    return this.#span?.spanContext() ?? this.#before;
  }

  /** The span of the record at work: since it was received, or since its rest. */
  #begin(): Span {
    if (this.#span !== null) return this.#span;
    const { tracing, open, receivedAt } = this.#parts;
    const before = this.#before;
    const isWritersChild = trace.getSpanContext(this.#parent) !== undefined;
    const parent = before === null || isWritersChild ? this.#parent : trace.setSpanContext(this.#parent, before);
    this.#span = startQuietly(
      tracing,
      this.#name,
      {
        kind: SpanKind.CONSUMER,
        attributes: this.#attributes,
        ...(this.#attempts === 0 && { startTime: receivedAt }),
        ...(before !== null && isWritersChild && { links: [{ context: before }] }),
      },
      parent,
    );
    open.add(this);
    return this.#span;
  }

  /** An attempt is made: the context it is made in, and how many were made before. */
  attempt(): { readonly context: Context; readonly before: number } {
    return { context: trace.setSpan(ROOT_CONTEXT, this.#begin()), before: this.#attempts++ };
  }

  /** The attempt came to nothing before its first byte. */
  unsent(): void {
    this.#attempts--;
  }

  /** Told before {@link settled}. `code`: of the fault. */
  deadLettered(reason: string, code: string): void {
    if (this.#over) return;
    const span = this.#begin();
    quietly(() => {
      span.setAttributes({ 'card_sync.dead_letter_reason': reason, 'error.type': code });
      // A text could repeat what the platform says, which may be a customer's id.
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
    }, undefined);
  }

  settled(outcome: string, detail: string | null): void {
    const isSkipped = outcome === 'skipped' || outcome === 'superseded';
    // All other details are the platform's words.
    this.#end(outcome, isSkipped && detail !== null ? { 'card_sync.skip_reason': detail } : {});
    this.#over = true;
  }

  parked(): void {
    this.#end('parked');
  }

  /** Its partition was taken away, or the process ends: whoever has it next begins anew. */
  handOver(): void {
    this.#end('handed-over');
    this.#over = true;
  }

  tookPlaceOf(older: Trace): void {
    if (this.#over || !(older instanceof RecordTrace) || older.context === null) return;
    const link = { context: older.context, attributes: { 'card_sync.link': 'superseded' } };
    const span = this.#begin();
    quietly(() => void span.addLink(link), undefined);
  }

  #end(outcome: string, attributes: Attributes = {}): void {
    // What was handed over may still come to an end here; that is not ours to tell.
    if (this.#over) return;
    const span = this.#begin();
    quietly(() => {
      span.setAttributes({ ...attributes, 'card_sync.outcome': outcome, 'card_sync.attempts': this.#attempts });
      span.end();
    }, undefined);
    this.#before = span.spanContext();
    this.#span = null;
    this.#parts.open.delete(this);
  }
}
