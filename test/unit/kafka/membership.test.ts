import { type Assigner, AssignerProtocol, type Cluster, type Logger } from 'kafkajs';
import { beforeEach, describe, expect, it } from 'vitest';
import { Membership } from '../../../connector/kafka/membership.ts';
import { instant } from '../../../connector/kernel/time.ts';

const sessionMs = 30_000;

let now: number;
let membership: Membership;
let assigner: Assigner;
let cluster: Pick<Cluster, 'findGroupCoordinator' | 'findTopicPartitionMetadata'>;

beforeEach(() => {
  now = 0;
  membership = new Membership({ now: () => instant(now), held: () => [3], quiesce: async () => undefined });
  cluster = { findGroupCoordinator: async () => ({}) as never, findTopicPartitionMetadata: () => [] };
  assigner = makeAssigner(cluster);
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
  membership.answered('SyncGroup', 0);
  return membership.joined(memberId);
}

function beat(duration: number): void {
  membership.answered('Heartbeat', duration);
  membership.beaten();
}

describe('the lease', () => {
  const leased = () => membership.holds(sessionMs);

  it('lasts for a session from when the last heartbeat was sent that was answered well', () => {
    now = 29_999;
    expect(leased()).toBe(true);
    now = 30_000;
    expect(leased()).toBe(false);
    // Sent at 28 s, answered at 30 s.
    beat(2_000);
    now = 57_999;
    expect(leased()).toBe(true);
    now = 58_000;
    expect(leased()).toBe(false);
  });

  it('is not renewed by a heartbeat that was answered with an error', () => {
    now = 30_000;
    membership.answered('Heartbeat', 1);
    expect(leased()).toBe(false);
  });

  it('begins with a join when its last request was sent', () => {
    now = 10_000;
    void cluster.findGroupCoordinator({ groupId: 'g' });
    request();
    membership.answered('SyncGroup', 4_000);
    membership.joined('m');
    now = 36_000;
    expect(leased()).toBe(false);
    now = 35_999;
    expect(leased()).toBe(true);
  });

  it('ends when a request to join is sent: the others may have our partitions before we hear of it', () => {
    request();
    expect(leased()).toBe(false);
    beat(0);
    expect(leased()).toBe(false);
    expect(membership.requestedAt).toBe(0);
    void cluster.findGroupCoordinator({ groupId: 'g' });
    membership.answered('SyncGroup', 0);
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
});
