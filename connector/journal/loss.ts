import type { PartitionOffsets } from '../kafka/admin.ts';
import { Fault } from '../kernel/fault.ts';
import type { PartitionKey } from '../kernel/position.ts';

/**
 * What is wrong between what the group has committed and what is there, or null. kafkajs says no more than "offset out of range" and
 * goes on with the earliest record.
 */
export function lossIn(key: PartitionKey, { low, end, committed }: PartitionOffsets): Fault | null {
  if (committed === null) return null;
  if (committed < low) {
    const detail = `${low - committed} offsets of ${key}, from ${committed} to ${low - 1n}`;
    return new Fault('SOURCE_RECORDS_LOST', { detail });
  }
  if (committed > end) {
    const detail = `${key} ends at ${end}, and the group has read to ${committed}`;
    return new Fault('SOURCE_TOPIC_REMADE', { detail });
  }
  return null;
}
