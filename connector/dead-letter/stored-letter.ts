import type { Position } from '../kernel/position.ts';
import type { SourceRecord } from '../kernel/record.ts';
import { markedOffsetHeader, markerHeader, redriveCountHeader, sourceHeaders, valueOmittedHeader } from './names.ts';

/** What was done about a letter. */
export type Disposal = 'redriven' | 'discarded';

/** A dead letter as it lies in its topic, told by its headers. */
export interface StoredLetter {
  readonly kind: 'letter';
  /** As it lies in the dead-letter topic. */
  readonly record: SourceRecord;
  /** Of the record that it is about. */
  readonly source: Position;
  readonly reason: string;
  /** Of the fault. */
  readonly code: string;
  readonly resultCode: string | null;
  readonly template: string | null;
  readonly detail: string;
  /** The record's key as text: with Debezium as we recommend it, the order's id. */
  readonly order: string | null;
  readonly redriveCount: number;
  /** It was too large for the topic: the value lies only where the record was read. */
  readonly valueOmitted: boolean;
}

/** The note that a letter was dealt with. */
export interface Marker {
  readonly kind: 'marker';
  readonly disposal: Disposal;
  readonly partition: number;
  /** Of the letter, in the same partition. */
  readonly offset: bigint;
}

/** Reads a record of the dead-letter topic; null for what is neither: another tool's record. */
export function readStored(record: SourceRecord): StoredLetter | Marker | null {
  const headers = new Map(record.headers.map(({ name, value }) => [name, Buffer.from(value).toString('utf8')]));
  const disposal = headers.get(markerHeader);
  if (disposal !== undefined) return readMarker(record, disposal, headers.get(markedOffsetHeader));
  const source = sourceOf(headers);
  if (source === null) return null;
  return {
    kind: 'letter',
    record,
    source,
    reason: headers.get('card_sync.reason') ?? '',
    code: headers.get('card_sync.code') ?? '',
    resultCode: headers.get('card_sync.result_code') ?? null,
    template: headers.get('card_sync.template') ?? null,
    detail: headers.get('card_sync.detail') ?? '',
    order: record.key === null ? null : Buffer.from(record.key).toString('utf8'),
    redriveCount: wholeNumber(headers.get(redriveCountHeader)) ?? 0,
    valueOmitted: headers.has(valueOmittedHeader),
  };
}

function readMarker({ partition }: SourceRecord, disposal: string, offset: string | undefined): Marker | null {
  if (disposal !== 'redriven' && disposal !== 'discarded') return null;
  return offset !== undefined && /^\d{1,19}$/.test(offset)
    ? { kind: 'marker', disposal, partition, offset: BigInt(offset) }
    : null;
}

function sourceOf(headers: ReadonlyMap<string, string>): Position | null {
  const topic = headers.get(sourceHeaders.topic);
  const partition = wholeNumber(headers.get(sourceHeaders.partition));
  const offset = headers.get(sourceHeaders.offset) ?? '';
  if (topic === undefined || partition === null || !/^\d{1,19}$/.test(offset)) return null;
  return { topic, partition, offset: BigInt(offset) };
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
