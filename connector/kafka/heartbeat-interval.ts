import { createRequire } from 'node:module';

/** What is used of kafkajs' consumer group (consumer/consumerGroup.js). */
interface ConsumerGroup {
  /** When its last heartbeat was answered, by the wall clock, in milliseconds. */
  lastRequest: number;
  /** Sends a heartbeat where the last one is `interval` milliseconds ago. */
  heartbeat(options: { readonly interval: number }): Promise<void>;
}

// kafkajs is loaded as CommonJS, whoever imports it: this is the very class that its consumers use.
const { prototype }: { readonly prototype: ConsumerGroup } = createRequire(import.meta.url)(
  'kafkajs/src/consumer/consumerGroup.js',
);
const { heartbeat } = prototype;
const beatAt = new WeakMap<ConsumerGroup, number>();

/**
 * Makes kafkajs measure the interval between its heartbeats on the monotonic clock. It compares times of the wall clock: where that
 * is set back, it sends no heartbeat for as long, the broker gives the partitions to another member, and this one reads on. Its
 * settings and events reach neither the comparison nor `lastRequest`; so its method gets a condition before its own, which is
 * then always met. May be called any number of times. Throws where this is another kafkajs.
 */
export function beatByMonotonicClock(): void {
  if (typeof heartbeat !== 'function') throw new Error('this version of kafkajs sends its heartbeats in another way');
  prototype.heartbeat = beat;
}

async function beat(this: ConsumerGroup, { interval }: { readonly interval: number }): Promise<void> {
  const last = beatAt.get(this);
  if (last !== undefined && performance.now() - last < interval) return;
  this.lastRequest = Number.NEGATIVE_INFINITY;
  await heartbeat.call(this, { interval });
  // As kafkajs does: after an error the next call tries again.
  beatAt.set(this, performance.now());
}
