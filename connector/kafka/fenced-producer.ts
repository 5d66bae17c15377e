import type { Kafka } from 'kafkajs';
import { Fault } from '../kernel/fault.ts';
import { openRawCluster } from './inspection/raw-request.ts';
import { coordinatorRequest, metadataRequest, producerEpochRequest } from './inspection/requests.ts';
import { kafkaMessageOf, type OutgoingRecord } from './producer.ts';

/** A producer's identity from {@link FencedProducer.newEpoch} on: higher epochs of the same producer fence it. */
export interface ProducerEpoch {
  readonly producerId: bigint;
  readonly epoch: number;
}

/** The records of one partition. */
export interface SequencedBatch {
  readonly partition: number;
  /** How many records of the epoch came before in the partition: the broker takes a repeated batch once. */
  readonly firstSequence: number;
  readonly records: readonly OutgoingRecord[];
}

/** What became of a batch. Of `failed` it is not known; `lost`: the broker misses records of the epoch that it had acknowledged. */
export type BatchResult =
  | { readonly kind: 'written' | 'too-large' | 'fenced' | 'lost' }
  | { readonly kind: 'failed'; readonly problem: string };

/**
 * Writes to one topic so that a former owner of a partition cannot: not even with a request that waited in a socket.
 *
 * Every instance takes its epochs from one transactional id, so each epoch is higher than all before, of whichever instance. A
 * partition refuses batches of a lower epoch than the highest that was written to it (INVALID_PRODUCER_EPOCH). There are no
 * transactions: batches are those of an idempotent producer, at no extra request.
 */
export interface FencedProducer {
  /** Rejects where the brokers do not give one, or refuse us (KAFKA_REFUSED). */
  newEpoch(): Promise<ProducerEpoch>;
  /** The broker that leads a partition, as known; null where none is known. */
  leaderOf(partition: number): number | null;
  /** Asks the brokers who leads the partitions. Rejects where none answers. */
  refresh(): Promise<void>;
  /** Writes to partitions that one broker leads; each batch has a result. Never rejects and repeats nothing. */
  write(leader: number, epoch: ProducerEpoch, batches: readonly SequencedBatch[]): Promise<readonly BatchResult[]>;
  close(): Promise<void>;
}

// Kafka's error numbers (Kafka protocol guide, "Error Codes").
const written = new Set([0, 46]);
const tooLarge = new Set([10, 18]);
const fenced = new Set([47, 90]);
const lost = new Set([45, 59]);
/** Authorization of a transactional id, and of the cluster. */
const refused = new Set([53, 31]);

/** Opens a producer for `topic`; it connects with its first request. */
export function openFencedProducer(kafka: Kafka, topic: string, transactionalId: string): FencedProducer {
  const cluster = openRawCluster(kafka);
  let leaders: ReadonlyMap<number, number> = new Map();

  async function coordinator(): Promise<number> {
    const { errorCode, nodeId } = await cluster.ask(coordinatorRequest(transactionalId, 'transactional id'));
    if (errorCode !== 0) throw epochFault(transactionalId, errorCode);
    return nodeId;
  }

  return {
    async newEpoch() {
      const nodeId = await coordinator();
      const { errorCode, producerId, epoch } = await cluster.askBroker(nodeId, producerEpochRequest(transactionalId));
      if (errorCode !== 0) throw epochFault(transactionalId, errorCode);
      return { producerId, epoch };
    },
    leaderOf: partition => leaders.get(partition) ?? null,
    async refresh() {
      const { topics } = await cluster.ask(metadataRequest([topic]));
      const found = topics.get(topic)?.partitions ?? [];
      leaders = new Map(found.flatMap(({ partition, leader }) => (leader < 0 ? [] : [[partition, leader] as const])));
    },
    async write(leader, { producerId, epoch }, batches) {
      try {
        const codes = await cluster.produce(leader, {
          topic,
          producerId,
          producerEpoch: epoch,
          batches: batches.map(({ records, ...batch }) => ({ ...batch, messages: records.map(kafkaMessageOf) })),
        });
        return batches.map(({ partition }) => resultOf(codes.get(partition)));
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        return batches.map(() => ({ kind: 'failed', problem }));
      }
    },
    close: () => cluster.close(),
  };
}

function resultOf(code: number | undefined): BatchResult {
  if (code === undefined) return { kind: 'failed', problem: 'the broker did not answer for the partition' };
  if (written.has(code)) return { kind: 'written' };
  if (tooLarge.has(code)) return { kind: 'too-large' };
  if (fenced.has(code)) return { kind: 'fenced' };
  if (lost.has(code)) return { kind: 'lost' };
  return { kind: 'failed', problem: `the broker refuses a batch (Kafka's error ${code})` };
}

function epochFault(transactionalId: string, errorCode: number): Fault {
  if (refused.has(errorCode)) {
    return new Fault('KAFKA_REFUSED', {
      detail: `the Kafka user may not write with the transactional id ${transactionalId}`,
      remedy: `grant the Kafka user Write and Describe on TransactionalId ${transactionalId}`,
    });
  }
  return new Fault('KAFKA_UNREACHABLE', {
    detail: `no epoch for the transactional id ${transactionalId} (Kafka's error ${errorCode})`,
  });
}
