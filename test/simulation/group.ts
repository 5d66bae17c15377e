import type { GroupMember } from 'kafkajs';
import type { PartitionKey } from '../../connector/kernel/position.ts';
import type { Clock, DurationMs, MonotonicMs } from '../../connector/kernel/time.ts';

/** An error as the broker names it. */
export class BrokerError extends Error {
  readonly type: string;

  constructor(type: string) {
    super(type);
    this.name = 'KafkaJSProtocolError';
    this.type = type;
  }
}

/** What a member hears when all have joined. */
export interface Joined {
  readonly memberId: string;
  readonly generation: number;
  /** Of the leader, who shares the partitions; empty for the others. */
  readonly members: readonly GroupMember[];
}

interface Session {
  readonly id: string;
  readonly metadata: Buffer;
  seenAt: MonotonicMs;
  joining: PromiseWithResolvers<Joined> | null;
  syncing: PromiseWithResolvers<Buffer> | null;
}

const expiryMs: DurationMs = 4;

/** How long the coordinator waits: for a member that is silent, and for members to join. */
export interface GroupTimes {
  readonly sessionMs: DurationMs;
  readonly rebalanceMs: DurationMs;
}

/** The group's coordinator, as Kafka's brokers do it: sessions, generations, and who owns which partition. */
export class Coordinator {
  readonly #clock: Clock;
  readonly #times: GroupTimes;
  readonly #onRebalance: (line: string) => void;
  readonly #decode: (assignment: Buffer) => readonly PartitionKey[];
  readonly #sessions = new Map<string, Session>();
  readonly #owners = new Map<PartitionKey, string>();
  #generation = 0;
  #phase: 'stable' | 'joining' | 'syncing' = 'stable';
  #phaseSince: MonotonicMs;
  #ids = 0;
  #watching = false;
  #shares: ReadonlyMap<string, Buffer> = new Map();

  constructor(
    clock: Clock,
    times: GroupTimes,
    decode: (assignment: Buffer) => readonly PartitionKey[],
    onRebalance: (line: string) => void,
  ) {
    this.#clock = clock;
    this.#times = times;
    this.#decode = decode;
    this.#onRebalance = onRebalance;
    this.#phaseSince = clock.monotonic();
  }

  /** The member id that the group's last assignment gave the partition to; undefined while nobody has it. */
  ownerOf(key: PartitionKey): string | undefined {
    return this.#owners.get(key);
  }

  /** JoinGroup: resolves when all members have joined, or the others may wait no longer. */
  join(memberId: string | null, metadata: Buffer): Promise<Joined> {
    if (memberId !== null && !this.#sessions.has(memberId)) throw new BrokerError('UNKNOWN_MEMBER_ID');
    const id = memberId ?? `member-${++this.#ids}`;
    const joining = Promise.withResolvers<Joined>();
    this.#sessions.set(id, { id, metadata, seenAt: this.#clock.monotonic(), joining, syncing: null });
    this.#rebalance();
    this.#settle();
    void this.#watch();
    return joining.promise;
  }

  /** SyncGroup: the leader brings the assignment, and each gets its own. */
  sync(
    memberId: string,
    generation: number,
    shares: readonly { memberId: string; memberAssignment: Buffer }[],
  ): Promise<Buffer> {
    const session = this.#sessionOf(memberId, generation);
    if (this.#phase === 'joining') throw new BrokerError('REBALANCE_IN_PROGRESS');
    session.syncing = Promise.withResolvers<Buffer>();
    if (shares.length > 0) {
      this.#owners.clear();
      this.#phase = 'stable';
      this.#shares = new Map(shares.map(share => [share.memberId, share.memberAssignment]));
      for (const [owner, assignment] of this.#shares)
        for (const key of this.#decode(assignment)) this.#owners.set(key, owner);
    }
    const { promise } = session.syncing;
    if (this.#phase === 'stable') for (const one of this.#sessions.values()) this.#answerSync(one);
    return promise;
  }

  #answerSync(session: Session): void {
    const share = this.#shares.get(session.id);
    if (share === undefined) session.syncing?.reject(new BrokerError('UNKNOWN_MEMBER_ID'));
    else session.syncing?.resolve(share);
    session.syncing = null;
  }

  heartbeat(memberId: string, generation: number): void {
    this.#sessionOf(memberId, generation);
    if (this.#phase === 'joining') throw new BrokerError('REBALANCE_IN_PROGRESS');
  }

  /** Throws where the member may not commit. While the others join, the old generation may still. */
  checkCommit(memberId: string, generation: number): void {
    this.#sessionOf(memberId, generation);
    if (this.#phase === 'syncing') throw new BrokerError('REBALANCE_IN_PROGRESS');
  }

  leave(memberId: string): void {
    if (!this.#sessions.delete(memberId)) return;
    this.#rebalance();
    this.#settle();
  }

  /** Something of the topics changed: all are to join anew. */
  rebalance(): void {
    if (this.#sessions.size > 0) this.#rebalance();
  }

  #sessionOf(memberId: string, generation: number): Session {
    const session = this.#sessions.get(memberId);
    if (session === undefined) throw new BrokerError('UNKNOWN_MEMBER_ID');
    if (generation !== this.#generation) throw new BrokerError('ILLEGAL_GENERATION');
    session.seenAt = this.#clock.monotonic();
    return session;
  }

  #rebalance(): void {
    if (this.#phase === 'joining') return;
    for (const session of this.#sessions.values()) {
      session.syncing?.reject(new BrokerError('REBALANCE_IN_PROGRESS'));
      session.syncing = null;
    }
    this.#phase = 'joining';
    this.#phaseSince = this.#clock.monotonic();
  }

  /** Once all are there, the next generation begins. */
  #settle(): void {
    const sessions = [...this.#sessions.values()];
    if (this.#phase !== 'joining' || sessions.some(({ joining }) => joining === null)) return;
    if (sessions.length === 0) {
      this.#owners.clear();
      return;
    }
    this.#generation++;
    this.#phase = 'syncing';
    this.#phaseSince = this.#clock.monotonic();
    this.#onRebalance(`generation ${this.#generation}: ${sessions.map(({ id }) => id).join(', ')}`);
    const members = sessions.map(({ id, metadata }) => ({ memberId: id, memberMetadata: metadata }));
    for (const [index, session] of sessions.entries()) {
      session.seenAt = this.#clock.monotonic();
      session.joining?.resolve({
        memberId: session.id,
        generation: this.#generation,
        members: index === 0 ? members : [],
      });
      session.joining = null;
    }
  }

  /** Ends the sessions of members that are silent, or do not join in time. */
  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    while (this.#sessions.size > 0) {
      await this.#clock.sleep(expiryMs);
      const now = this.#clock.monotonic();
      const isLate = now - this.#phaseSince >= this.#times.rebalanceMs;
      const gone = [...this.#sessions.values()].filter(
        ({ joining, syncing, seenAt }) =>
          joining === null &&
          syncing === null &&
          (now - seenAt >= this.#times.sessionMs || (this.#phase === 'joining' && isLate)),
      );
      for (const { id } of gone) this.#sessions.delete(id);
      if (gone.length > 0) {
        this.#onRebalance(`no word of ${gone.map(({ id }) => id).join(', ')}`);
        this.#rebalance();
        this.#settle();
      }
    }
    this.#watching = false;
  }
}
