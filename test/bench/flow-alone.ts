import { Pipeline } from '../../connector/flow/pipeline.ts';
import type { Delivery, Interpreter, Journal } from '../../connector/flow/ports.ts';
import { EntryEncoder } from '../../connector/journal/encode.ts';
import { partitionKey } from '../../connector/kernel/position.ts';
import type { SourceRecord } from '../../connector/kernel/record.ts';
import { openMetrics } from '../../connector/observe/exposition.ts';
import type { Answer } from '../../connector/order/answer.ts';
import { verdictsWith } from '../../connector/order/result-codes.ts';
import { systemClock, systemRandom } from '../../connector/system-clock.ts';

const sliceRecords = 128;

const accepted: Answer = {
  kind: 'answered',
  httpStatus: 200,
  result: { code: 'SUCCESS', status: 'S', message: 'success' },
  unreadable: null,
  signature: 'unchecked',
  tracerId: null,
  retryAfterMs: null,
};

const options = {
  inFlightMax: 256,
  queuedMax: 2_000,
  queuedBytesMax: 16_777_216,
  waitingMax: 10_000,
  parkedMax: 10_000,
  parkFromMs: 30_000,
  giveUpAfterMs: 86_400_000,
  forgetAfterMs: 3_600_000,
  ordersMax: 200_000,
  conflate: false,
  commitIntervalMs: 1_000,
  retryDelaysMs: [2_000],
  probeIntervalMs: 5_000,
  outageWindow: 20,
  outageRatio: 0.8,
  requestIdForm: 'uuid',
  requestsPerSecond: null,
  verdicts: verdictsWith({}),
} as const;

/** Sends records of one partition through the flow, with its metrics, to a platform that accepts at once; resolves when all are. */
export async function carryThrough(records: readonly SourceRecord[], interpreter: Interpreter): Promise<void> {
  const { promise: allAccepted, resolve } = Promise.withResolvers<void>();
  let deliveries = 0;
  const delivery: Delivery = {
    deliver: async () => {
      if (++deliveries === records.length) setImmediate(resolve);
      return accepted;
    },
  };
  const intake = { leased: true, pause: () => {}, resume: () => {}, commit: async () => {} };
  // Encoded as for Kafka, and taken at once.
  const encoder = new EntryEncoder(1);
  const journal: Journal = {
    append: async entry => void encoder.encode(entry),
    forget: async () => {},
  };
  const deadLetters = { publish: async () => {} };
  const { meter } = openMetrics({ templates: [], topics: [], resultCodes: [] }, 'bench');
  const parts = {
    clock: systemClock,
    random: systemRandom,
    intake,
    interpreter,
    delivery,
    deadLetters,
    journal,
    meter,
  };
  const pipeline = new Pipeline(options, parts);
  const key = partitionKey(records[0]?.topic ?? '', 0);
  pipeline.assigned([key]);
  pipeline.restored(key, { begin: 0n, end: 0n });
  const end = BigInt(records.length);
  for (let first = 0; first < records.length; first += sliceRecords) {
    const slice = records.slice(first, first + sliceRecords);
    pipeline.receive(key, slice, slice.at(-1)?.offset ?? 0n, end);
    await new Promise(setImmediate);
  }
  await allAccepted;
  await pipeline.drain(1_000);
}
