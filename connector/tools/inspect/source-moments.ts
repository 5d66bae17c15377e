import { redriveCountHeader } from '../../dead-letter/names.ts';
import type { SourceRecord } from '../../kernel/record.ts';
import type { Row, RowValue } from '../../kernel/row-change.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import { customerIdsOf } from '../../order/customer-ids.ts';
import type { Decoder } from '../../source/decode.ts';
import { type ReadRecord, readDecoded } from '../read-record.ts';
import type { SourceMoment } from './story.ts';

/** Picks an order's records out of a topic. */
export interface SourceSearch {
  /** Null at once where the record cannot be the order's; else a promise of its moment, or of null where it is another's after all. */
  look(record: SourceRecord, signal: AbortSignal): Promise<SourceMoment | null> | null;
}

/**
 * A search for the records of one order: those with its id as their key, and those that map to it. With `deep` false, only records that hold
 * the id somewhere, byte for byte, are decoded at all: many times faster, and enough but where a mapping makes ids of something else.
 */
export function searchFor(order: string, decoder: Decoder, mapping: Mapping, deep: boolean): SourceSearch {
  const id = Buffer.from(order);
  // The row before, of each table: an order may have several.
  const rows = new Map<string, Row>();
  async function lookInto(record: SourceRecord, hasKey: boolean, signal: AbortSignal): Promise<SourceMoment | null> {
    const read = await readDecoded(record, await decoder.decode(record, signal), mapping, signal);
    const isOfOrder = hasKey || read.row?.key === order || isMappedTo(order, read);
    return isOfOrder ? momentOf(read, rows) : null;
  }
  return {
    look(record, signal) {
      const hasKey = record.key !== null && id.equals(record.key);
      return hasKey || deep || holds(record, id) ? lookInto(record, hasKey, signal) : null;
    },
  };
}

function holds({ key, value }: SourceRecord, id: Buffer): boolean {
  return [key, value].some(
    bytes => bytes !== null && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(id),
  );
}

function isMappedTo(order: string, { interpreted }: ReadRecord): boolean {
  return interpreted.kind === 'change' && interpreted.change.merchantBizNo === order;
}

function momentOf(read: ReadRecord, rows: Map<string, Row>): SourceMoment {
  const { record, row, interpreted } = read;
  const { topic, partition, offset, timestamp } = record;
  const change = interpreted.kind === 'change' ? interpreted.change : null;
  return {
    kind: 'source',
    at: timestamp,
    position: { topic, partition, offset },
    op: row?.op ?? null,
    table: row?.table ?? null,
    committedAt: row?.committedAt ?? null,
    card: change && { template: change.card.template, status: change.card.status, ends: change.card.ends },
    without: withoutCard(read),
    users: change === null ? [] : customerIdsOf(change).slice(1),
    changed: row === null ? null : changedColumns(row.table, row.after, rows),
    redriven: redrivesOf(record),
  };
}

function withoutCard({ interpreted, problems }: ReadRecord): SourceMoment['without'] {
  switch (interpreted.kind) {
    case 'change':
      return null;
    case 'skipped':
      return { reason: interpreted.reason, problems: [] };
    case 'unusable': {
      const { code, detail } = interpreted.fault;
      return { reason: code, problems: problems.length > 0 ? problems : [detail] };
    }
  }
}

/** Names only: what stands in them is the customer's. */
function changedColumns(table: string, after: Row | null, rows: Map<string, Row>): readonly string[] | null {
  const before = rows.get(table);
  if (after === null) {
    rows.delete(table);
    return null;
  }
  rows.set(table, after);
  if (before === undefined) return null;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter(name => formOf(before[name]) !== formOf(after[name]));
}

function formOf(value: RowValue | undefined): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)) ?? 'absent';
}

function redrivesOf({ headers }: SourceRecord): number {
  const header = headers.find(({ name }) => name === redriveCountHeader);
  return header === undefined ? 0 : Number(Buffer.from(header.value).toString('utf8')) || 0;
}
