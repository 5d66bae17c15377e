import type { PartitionAssigner } from 'kafkajs';
import { type DurationMs, type Instant, instant } from '../kernel/time.ts';
import { partitionNumberAssigner } from './assigner.ts';

/** What a membership asks of its consumer. */
export interface MembershipPorts {
  now(): Instant;
  /** The numbers of the partitions that are assigned. */
  held(): readonly number[];
  /** Called before each request to join, which waits for it. */
  quiesce(): Promise<void>;
}

/**
 * Knows what kafkajs does not tell of its membership: when a join begins, whether the group may have gone on without us, and
 * until when the partitions are certainly ours.
 *
 * It stands where kafkajs lets somebody in: the assigner. kafkajs asks the assigner for its protocol right before it sends
 * JoinGroup, and before that awaits `findGroupCoordinator` of the cluster that it hands to the assigner's maker
 * (consumerGroup.js, JOIN).
 */
export class Membership {
  readonly #ports: MembershipPorts;
  #memberId: string | null = null;
  /** Was the coordinator asked for, and so the request to join held, since the last join? */
  #held = false;
  /** Requests to join since the last join. */
  #requests = 0;
  /** When the request to join was sent that is not settled yet. */
  #requestedAt: Instant | null = null;
  /** When the last heartbeat and the last SyncGroup that were answered had been sent. */
  #beatSentAt: Instant | null = null;
  #syncSentAt: Instant | null = null;
  /** When the last sign of life was sent that the broker took for one. */
  #renewedAt: Instant | null = null;

  constructor(ports: MembershipPorts) {
    this.#ports = ports;
  }

  /** For kafkajs' `partitionAssigners`. */
  readonly assigner: PartitionAssigner = ({ cluster }) => {
    if (typeof cluster.findGroupCoordinator !== 'function') throw new Error(unknownKafkajs);
    const find = cluster.findGroupCoordinator.bind(cluster);
    cluster.findGroupCoordinator = async group => {
      this.#held = true;
      await this.#ports.quiesce();
      return find(group);
    };
    return partitionNumberAssigner({
      partitionCount: topic => cluster.findTopicPartitionMetadata(topic).length,
      held: () => {
        // From here on the group may settle without us: what we hold may be another's before we hear of it.
        this.#requests++;
        this.#requestedAt = this.#ports.now();
        return this.#requests === 1 ? this.#ports.held() : [];
      },
    });
  };

  /** When the request to join was sent whose answer is awaited: the broker answers when all members are there. */
  get requestedAt(): Instant | null {
    return this.#requestedAt;
  }

  /** A request to the brokers was answered, in whatever way, `duration` after it was sent. */
  answered(request: string, duration: DurationMs): void {
    const sentAt = instant(this.#ports.now() - duration);
    if (request === 'Heartbeat') this.#beatSentAt = sentAt;
    if (request === 'SyncGroup') this.#syncSentAt = sentAt;
  }

  /** The last heartbeat was answered well. */
  beaten(): void {
    this.#renewedAt = this.#beatSentAt;
  }

  /**
   * The group was joined. False where the group may have gone on without us since the last join: under another id of ours, or by
   * a join that did not come to its end, after which another member may have had our partitions for a while. Throws where
   * kafkajs did not do what this room relies on.
   */
  joined(memberId: string): boolean {
    if (!this.#held || this.#requests === 0 || this.#syncSentAt === null) throw new Error(unknownKafkajs);
    const unbroken = memberId === this.#memberId && this.#requests === 1;
    this.#memberId = memberId;
    this.#held = false;
    this.#requests = 0;
    this.#requestedAt = null;
    this.#renewedAt = this.#syncSentAt;
    this.#syncSentAt = null;
    return unbroken;
  }

  /** The consumer stopped. */
  stopped(): void {
    this.#memberId = null;
    this.#renewedAt = null;
    this.#requestedAt = null;
  }

  /** Whether what was assigned is certainly still ours: the broker waits at least `sessionTimeout` after our last sign of life. */
  holds(sessionTimeout: DurationMs): boolean {
    return (
      this.#requestedAt === null && this.#renewedAt !== null && this.#ports.now() - this.#renewedAt < sessionTimeout
    );
  }
}

const unknownKafkajs = 'this version of kafkajs joins in another way than the one that connector/kafka was written for';
