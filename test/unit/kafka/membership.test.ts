import { type Assigner, AssignerProtocol, type Cluster, type Logger } from 'kafkajs';
import { beforeEach, describe, expect, it } from 'vitest';
import { Membership } from '../../../connector/kafka/membership.ts';
import { instant, monotonic } from '../../../connector/kernel/time.ts';

const sessionMs = 30_000;
const [second, hour, day] = [1_000, 3_600_000, 86_400_000];

interface Coordinator {
  heartbeat(): Promise<void>;
  syncGroup(): Promise<void>;
  readonly nodeId: number;
}

/** On the monotonic clock. */
let now: number;
/** How far the wall clock was set ahead, or below 0 back. */
let wallOffset: number;
let membership: Membership;
let assigner: Assigner;
let cluster: Pick<Cluster, 'findGroupCoordinator' | 'findTopicPartitionMetadata'>;
/** As kafkajs gets it. */
let coordinator: Coordinator;
let answers: () => Promise<void>;

beforeEach(async () => {
  now = 0;
  wallOffset = 0;
  answers = async () => undefined;
  const clock = { now: () => instant(1_800_000_000_000 + now + wallOffset), monotonic: () => monotonic(now) };
  membership = new Membership({ clock, held: () => [3], quiesce: async () => undefined });
  const broker: Coordinator = { heartbeat: () => answers(), syncGroup: async () => undefined, nodeId: 7 };
  cluster = { findGroupCoordinator: async () => broker as never, findTopicPartitionMetadata: () => [] };
  assigner = makeAssigner(cluster);
  coordinator = (await cluster.findGroupCoordinator({ groupId: 'g' })) as unknown as Coordinator;
  join('m');
});

function makeAssigner(cluster: object): Assigner {
  return membership.assigner({ cluster: cluster as Cluster, groupId: 'g', logger: {} as Logger });
}

/** What the member says of itself as it asks to join: the partition numbers that it claims. */
function request(): unknown {
  const { metadata } = assigner.protocol({ topics: ['t'] });
  return JSON.parse(String(AssignerProtocol.MemberMetadata.decode(metadata)?.userData)).held;
}

function join(memberId: string): boolean {
  void cluster.findGroupCoordinator({ groupId: 'g' });
  request();
  void coordinator.syncGroup();
  return membership.joined(memberId);
}

/** A heartbeat that takes so long. */
async function beat(duration = 0): Promise<void> {
  answers = async () => {
    now += duration;
  };
  await coordinator.heartbeat();
}

describe('the lease', () => {
  const leased = () => membership.holds(sessionMs);

  it('lasts for a session from when the last heartbeat was sent that was answered well', async () => {
    now = 29_999;
    expect(leased()).toBe(true);
    now = 30_000;
    expect(leased()).toBe(false);
    now = 28_000;
    await beat(2_000);
    now = 57_999;
    expect(leased()).toBe(true);
    now = 58_000;
    expect(leased()).toBe(false);
  });

  it('is not renewed by a heartbeat that was answered with an error', async () => {
    now = 30_000;
    answers = async () => Promise.reject(new Error('REBALANCE_IN_PROGRESS'));
    await expect(coordinator.heartbeat()).rejects.toThrow('REBALANCE_IN_PROGRESS');
    expect(leased()).toBe(false);
  });

  it('is not begun again by a heartbeat that is answered after the consumer stopped', async () => {
    const answer = Promise.withResolvers<void>();
    answers = () => answer.promise;
    const beating = coordinator.heartbeat();
    membership.stopped();
    answer.resolve();
    await beating;
    expect(leased()).toBe(false);
  });

  it.each([second, hour, day])('ends after a session also where the wall clock is set back by %d ms', back => {
    wallOffset = -back;
    now = 29_999;
    expect(leased()).toBe(true);
    now = 30_000;
    expect(leased()).toBe(false);
  });

  it.each([second, hour, day])(
    'is renewed for one session by a heartbeat during which the wall clock is set back by %d ms',
    async back => {
      now = 10_000;
      answers = async () => {
        wallOffset = -back;
      };
      await coordinator.heartbeat();
      now = 39_999;
      expect(leased()).toBe(true);
      now = 40_000;
      expect(leased()).toBe(false);
    },
  );

  it('ends when the wall clock says so, after a suspend in which the monotonic clock stood still', async () => {
    wallOffset = 29_999;
    expect(leased()).toBe(true);
    wallOffset = 30_000;
    expect(leased()).toBe(false);
    await beat();
    expect(leased()).toBe(true);
  });

  it.each([hour, day])('ends when the wall clock is set ahead by %d ms, until the next heartbeat', async ahead => {
    wallOffset = ahead;
    expect(leased()).toBe(false);
    await beat();
    now = 29_999;
    expect(leased()).toBe(true);
  });

  it('begins with a join when its last request was sent', () => {
    now = 10_000;
    void cluster.findGroupCoordinator({ groupId: 'g' });
    request();
    void coordinator.syncGroup();
    now = 14_000;
    membership.joined('m');
    now = 40_000;
    expect(leased()).toBe(false);
    now = 39_999;
    expect(leased()).toBe(true);
  });

  it('ends when a request to join is sent: the others may have our partitions before we hear of it', async () => {
    request();
    expect(leased()).toBe(false);
    await beat();
    expect(leased()).toBe(false);
    expect(membership.requestedAt).toBe(0);
    void cluster.findGroupCoordinator({ groupId: 'g' });
    void coordinator.syncGroup();
    membership.joined('m');
    expect(leased()).toBe(true);
    expect(membership.requestedAt).toBeNull();
  });

  it('ends when the consumer stops', () => {
    membership.stopped();
    expect(leased()).toBe(false);
  });
});

describe('a join', () => {
  it('is unbroken under the same id, by one request', () => {
    expect(join('m')).toBe(true);
  });

  it('is broken under another id, after a stop, or by more than one request', () => {
    expect(join('n')).toBe(false);
    membership.stopped();
    expect(join('n')).toBe(false);
    request();
    expect(join('n')).toBe(false);
    expect(join('n')).toBe(true);
  });

  it('claims what is held by its first request only: after that it is not certain', () => {
    expect([request(), request()]).toEqual([[3], []]);
  });

  it('cannot be with a kafkajs whose cluster finds no coordinator', () => {
    expect(() => makeAssigner({})).toThrow('this version of kafkajs');
  });

  it('cannot be with a kafkajs whose coordinator takes no heartbeats', async () => {
    const other = { findGroupCoordinator: async () => ({}), findTopicPartitionMetadata: () => [] };
    makeAssigner(other);
    const found = (await other.findGroupCoordinator()) as Coordinator;
    await expect(async () => found.heartbeat()).rejects.toThrow('this version of kafkajs');
  });

  it('leaves the rest of the coordinator as it is', () => {
    expect(coordinator.nodeId).toBe(7);
  });
});

describe('the watchdog of the heartbeats', () => {
  const isBeating = () => membership.isBeating(sessionMs);

  it('reports no heartbeat for two sessions of fetches, and neither earlier nor while heartbeats are tried', async () => {
    now = 30_000;
    expect(isBeating()).toBe(true);
    now = 59_999;
    expect(isBeating()).toBe(true);
    now = 60_000;
    expect(isBeating()).toBe(false);
    answers = async () => Promise.reject(new Error('ECONNREFUSED'));
    await coordinator.heartbeat().catch(() => undefined);
    expect(isBeating()).toBe(true);
  });

  it('counts from the first fetch that comes after the process was stopped', async () => {
    now = hour;
    expect(isBeating()).toBe(true);
    await beat();
    now = hour + 29_999;
    expect(isBeating()).toBe(true);
  });

  it('reports nothing while a request to join is under way, nor after the end', () => {
    now = 30_000;
    isBeating();
    request();
    now = 90_000;
    expect(isBeating()).toBe(true);
    join('m');
    now = 120_000;
    isBeating();
    membership.stopped();
    now = 240_000;
    expect(isBeating()).toBe(true);
  });

  it.each([second, hour, day])('does not listen to a wall clock that is set by %d ms', by => {
    for (wallOffset of [-by, by]) {
      now = 29_999;
      expect(isBeating()).toBe(true);
    }
  });
});
