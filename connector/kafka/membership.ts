import type { PartitionAssigner } from 'kafkajs';
import { type Clock, type DurationMs, type Instant, type MonotonicMs, monotonic } from '../kernel/time.ts';
import { partitionNumberAssigner } from './assigner.ts';
import { beatByMonotonicClock } from './heartbeat-interval.ts';

beatByMonotonicClock();

/** What a membership asks of its consumer. */
export interface MembershipPorts {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** The numbers of the partitions that are assigned. */
  held(): readonly number[];
  /** Called before each request to join, which waits for it. */
  quiesce(): Promise<void>;
}

/** A moment on both clocks. */
interface Stamp {
  readonly monotonic: MonotonicMs;
  readonly wall: Instant;
}

/** A request to the coordinator, from when it is sent. */
type Request = (...payload: unknown[]) => Promise<unknown>;

/**
 * Knows what kafkajs does not tell of its membership: when a join begins, whether the group may have gone on without us, until
 * when the partitions are certainly ours, and whether kafkajs sends heartbeats at all.
 *
 * It stands where kafkajs lets somebody in: the assigner. kafkajs asks the assigner for its protocol right before it sends
 * JoinGroup, and before that awaits `findGroupCoordinator` of the cluster that it hands to the assigner's maker
 * (consumerGroup.js, JOIN). To the coordinator that this gives it sends SyncGroup and its heartbeats. Its own events would give
 * the time of these requests only by a duration that it takes from the wall clock, which may be set meanwhile.
 */
export class Membership {
  readonly #ports: MembershipPorts;
  #memberId: string | null = null;
  /** Was the coordinator asked for, and so the request to join held, since the last join? */
  #held = false;
  /** Requests to join since the last join. */
  #requests = 0;
  /** When the request to join was sent that is not settled yet. */
  #requestedAt: MonotonicMs | null = null;
  /** When the last SyncGroup was sent, which ends a join where it is answered well. */
  #syncSentAt: Stamp | null = null;
  /** When the last sign of life was sent that the broker took for one. */
  #renewedAt: Stamp | null = null;
  /** When the last heartbeat was sent, or the group joined. */
  #triedAt: MonotonicMs = monotonic(Number.NEGATIVE_INFINITY);
  /** Since when it is noticed that no heartbeat is sent. */
  #silentSince: MonotonicMs | null = null;

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
      return this.#timed(await find(group));
    };
    return partitionNumberAssigner({
      partitionCount: topic => cluster.findTopicPartitionMetadata(topic).length,
      held: () => {
        // From here on the group may settle without us: what we hold may be another's before we hear of it.
        this.#requests++;
        this.#requestedAt = this.#ports.clock.monotonic();
        return this.#requests === 1 ? this.#ports.held() : [];
      },
    });
  };

  /** When the request to join was sent whose answer is awaited: the broker answers when all members are there. */
  get requestedAt(): MonotonicMs | null {
    return this.#requestedAt;
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
    this.#triedAt = this.#ports.clock.monotonic();
    return unbroken;
  }

  /** The consumer stopped. */
  stopped(): void {
    this.#memberId = null;
    this.#renewedAt = null;
    this.#requestedAt = null;
  }

  /**
   * Whether what was assigned is certainly still ours: the broker waits at least `sessionTimeout` after our last sign of life. As
   * much time has passed as the clock says that went on further: the monotonic clock cannot be set, but stands still while
   * the machine is suspended, after which the wall clock is ahead. A wall clock that is set ahead ends the lease until the next
   * heartbeat.
   */
  holds(sessionTimeout: DurationMs): boolean {
    if (this.#requestedAt !== null || this.#renewedAt === null) return false;
    const { clock } = this.#ports;
    const passed = clock.monotonic() - this.#renewedAt.monotonic;
    return Math.max(passed, clock.now() - this.#renewedAt.wall) < sessionTimeout;
  }

  /**
   * The watchdog of the heartbeats, to be asked with each fetch: false where kafkajs has not even tried to send one for two
   * sessions, though it goes on fetching. The second session is for a process that was stopped: its first fetch may be answered
   * before it beats.
   */
  isBeating(sessionTimeout: DurationMs): boolean {
    const now = this.#ports.clock.monotonic();
    const isSilent = this.#renewedAt !== null && this.#requestedAt === null && now - this.#triedAt >= sessionTimeout;
    this.#silentSince = isSilent ? (this.#silentSince ?? now) : null;
    return this.#silentSince === null || now - this.#silentSince < sessionTimeout;
  }

  /** The coordinator, so that it is known when SyncGroups and heartbeats are sent to it, and which of these are answered well. */
  #timed<T extends object>(coordinator: T): T {
    const heartbeat: Request = async (...payload) => {
      const sentAt = this.#stamp();
      this.#triedAt = sentAt.monotonic;
      const answer = await requestOf(coordinator, 'heartbeat')(...payload);
      // It may be answered after the consumer stopped.
      if (this.#renewedAt !== null) this.#renewedAt = sentAt;
      return answer;
    };
    const syncGroup: Request = (...payload) => {
      this.#syncSentAt = this.#stamp();
      return requestOf(coordinator, 'syncGroup')(...payload);
    };
    const timed = new Map<string | symbol, Request>(Object.entries({ heartbeat, syncGroup }));
    return new Proxy(coordinator, { get: (target, name) => timed.get(name) ?? Reflect.get(target, name, target) });
  }

  #stamp(): Stamp {
    const { clock } = this.#ports;
    return { monotonic: clock.monotonic(), wall: clock.now() };
  }
}

/** A request that kafkajs' own broker object sends. */
function requestOf(coordinator: object, name: 'heartbeat' | 'syncGroup'): Request {
  const request: unknown = Reflect.get(coordinator, name);
  if (typeof request !== 'function') throw new Error(unknownKafkajs);
  return (...payload) => Reflect.apply(request, coordinator, payload);
}

const unknownKafkajs = 'this version of kafkajs joins in another way than the one that connector/kafka was written for';
