import type { Fault } from '../../kernel/fault.ts';
import type { MerchantBizNo } from '../../order/change.ts';
import type { ReadRecord } from '../read-record.ts';
import { Rehearsal, type RehearsalOptions } from './rehearsal.ts';
import type { Fate, Known, Trial } from './trial.ts';

/** Says of each record, in the order they are given, what would become of it. Sends nothing. */
export function tryRecords(records: readonly ReadRecord[], options: RehearsalOptions): readonly Trial[] {
  const rehearsal = new Rehearsal(options);
  const lastOf = new Map<MerchantBizNo, number>();
  const orders = records.map(orderOf);
  const followers = new Map<number, number>();
  for (const [index, order] of orders.entries()) {
    if (order === null) continue;
    const before = lastOf.get(order);
    if (before !== undefined) followers.set(before, index);
    lastOf.set(order, index);
  }
  return records.map(({ record, row, interpreted, problems }, index) => {
    const { topic, partition, offset, timestamp } = record;
    const order = orders[index] ?? null;
    const follower = records[followers.get(index) ?? -1]?.record;
    return {
      position: { topic, partition, offset },
      appendedAt: timestamp > 0 ? timestamp : null,
      row: row && { op: row.op, table: row.table, committedAt: row.committedAt },
      fate: fateOf({ record, row, interpreted, problems }, rehearsal),
      known: order === null ? null : knownOf(options.entryOf(order)),
      followedBy: follower ? { topic: follower.topic, partition: follower.partition, offset: follower.offset } : null,
    };
  });
}

/** The order that a record changes, or null. */
export function orderOf({ interpreted }: ReadRecord): MerchantBizNo | null {
  return interpreted.kind === 'change' ? interpreted.change.merchantBizNo : null;
}

function fateOf({ interpreted, problems }: ReadRecord, rehearsal: Rehearsal): Fate {
  switch (interpreted.kind) {
    case 'change':
      return rehearsal.play(interpreted.change);
    case 'skipped':
      return { kind: 'skipped', reason: interpreted.reason, alone: null };
    case 'unusable':
      return { kind: 'dead-letter', reason: reasonOf(interpreted.fault), fault: interpreted.fault, problems };
  }
}

function reasonOf({ code }: Fault): 'undecodable' | 'unmappable' {
  return code === 'CHANGE_UNMAPPABLE' ? 'unmappable' : 'undecodable';
}

function knownOf(entry: ReturnType<RehearsalOptions['entryOf']>): Known | null {
  if (entry === null) return null;
  const { event, at, position, state, command, requestId, detail } = entry;
  return { event, at, position, state: state.kind, command, requestId, detail };
}
