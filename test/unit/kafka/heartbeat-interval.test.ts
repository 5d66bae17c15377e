import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { beatByMonotonicClock } from '../../../connector/kafka/heartbeat-interval.ts';

// kafkajs' own consumer group, over a coordinator that counts.
const ConsumerGroup = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup.js');

const intervalMs = 3_000;

let beats: number;
let monotonicMs: number;
let wallMs: number;
let heartbeat: () => Promise<void>;

beforeEach(() => {
  beatByMonotonicClock();
  beats = 0;
  monotonicMs = 5_000;
  wallMs = 1_800_000_000_000;
  vi.spyOn(performance, 'now').mockImplementation(() => monotonicMs);
  vi.spyOn(Date, 'now').mockImplementation(() => wallMs);
  const silent = { info() {}, warn() {}, debug() {} };
  const group = new ConsumerGroup({
    ...{ groupId: 'g', topics: [], topicConfigurations: {}, assigners: [], retry: {}, cluster: {} },
    logger: { namespace: () => silent },
    instrumentationEmitter: { emit() {} },
  });
  Object.assign(group, { memberId: 'm', generationId: 1, coordinator: { heartbeat: async () => void beats++ } });
  heartbeat = () => group.heartbeat({ interval: intervalMs });
});
afterEach(() => vi.restoreAllMocks());

/** Time goes on, on both clocks. */
function pass(ms: number): void {
  monotonicMs += ms;
  wallMs += ms;
}

describe("kafkajs' heartbeats", () => {
  it('are sent once in each interval, however often kafkajs is asked for one', async () => {
    for (let asked = 0; asked < 30; asked++) {
      await heartbeat();
      pass(1_000);
    }
    expect(beats).toBe(10);
  });

  it.each([-86_400_000, -3_600_000, -1_000, 1_000, 3_600_000, 86_400_000])(
    'are sent once in each interval also where the wall clock is set by %d ms',
    async step => {
      await heartbeat();
      wallMs += step;
      for (let asked = 0; asked < 30; asked++) {
        pass(1_000);
        await heartbeat();
      }
      expect(beats).toBe(1 + 10);
    },
  );

  it('are tried again with the next call after an error', async () => {
    const group = new ConsumerGroup({
      ...{ groupId: 'g', topics: [], topicConfigurations: {}, assigners: [], retry: {}, cluster: {} },
      logger: { namespace: () => ({}) },
    });
    const refused = vi.fn().mockRejectedValue(new Error('REBALANCE_IN_PROGRESS'));
    Object.assign(group, { memberId: 'm', coordinator: { heartbeat: refused } });
    for (let asked = 0; asked < 2; asked++) {
      await expect(group.heartbeat({ interval: intervalMs })).rejects.toThrow('REBALANCE_IN_PROGRESS');
    }
    expect(refused).toHaveBeenCalledTimes(2);
  });
});
