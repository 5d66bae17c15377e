import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { openConsumer } from '../../../connector/kafka/consumer.ts';
import type { RecordConsumer } from '../../../connector/kafka/record-consumer.ts';
import { type Clock, type DurationMs, instant, monotonic } from '../../../connector/kernel/time.ts';
import { FakeKafkajs } from './fake-kafkajs.ts';

// The states of kafkajs that a real broker does not give at will; what a real one gives is in test/integration/kafka.test.ts.

const options = {
  groupId: 'g',
  topics: ['t'],
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatIntervalMs: 3_000,
  fetchMaxBytes: 1_000_000,
  fetchMaxBytesPerPartition: 1_000_000,
  fetchMaxWaitMs: 250,
};

let kafkajs: FakeKafkajs;
let consumer: RecordConsumer;
let heard: string[];
let receiving: () => void;
let quiescing: Promise<void>;
let quiesced: DurationMs[];
/** On the monotonic clock. */
let now: number;
/** What the wall clock says when the monotonic clock says 0. */
let wallClock: number;
let slept: DurationMs[];
let sleeping: Promise<void>;

beforeEach(async () => {
  heard = [];
  slept = [];
  sleeping = Promise.resolve();
  now = 0;
  wallClock = 1_800_000_000_000;
  receiving = () => undefined;
  quiescing = Promise.resolve();
  quiesced = [];
  kafkajs = new FakeKafkajs();
  const clock: Clock = {
    now: () => instant(wallClock + now),
    monotonic: () => monotonic(now),
    sleep: async duration => {
      slept.push(duration);
      await sleeping;
    },
  };
  consumer = openConsumer(kafkajs.kafka, options, clock);
  await consumer.start({
    rebalancing: () => heard.push('rebalancing'),
    quiesce: async limitMs => {
      quiesced.push(limitMs);
      await quiescing;
    },
    assigned: keys => heard.push(`assigned ${keys.join(' ')}`),
    receive: (key, records, lastOffset, highWatermark) => {
      heard.push(`${key}: ${records.length} to ${lastOffset} of ${highWatermark}`);
      receiving();
    },
  });
  kafkajs.join({ t: [0, 1] });
});

describe('between two joins', () => {
  beforeEach(() => {
    kafkajs.running = false;
    kafkajs.emit('STOP', {});
  });

  it('pause and resume do nothing instead of throwing; after the join they work', () => {
    consumer.pause(['t/0']);
    consumer.resume(['t/0']);
    kafkajs.running = true;
    kafkajs.join({ t: [0] });
    consumer.pause(['t/0']);
    expect(kafkajs.calls).toEqual(['pause']);
  });

  it('a commit is refused: nobody takes it for made', async () => {
    await expect(consumer.commit(new Map([['t/0', 1n]]))).rejects.toThrow('nothing was committed');
    kafkajs.running = true;
    await consumer.commit(new Map([['t/0', 1n]]));
    expect(kafkajs.calls).toEqual(['commit t/0@1']);
  });

  it('it is not joined', () => {
    expect(consumer.joined).toBe(false);
    kafkajs.join({ t: [0] });
    expect(consumer.joined).toBe(true);
  });
});

describe('a commit', () => {
  it('leaves out what is not assigned any more, and asks nothing where nothing is left', async () => {
    kafkajs.join({ t: [1] });
    await consumer.commit(
      new Map([
        ['t/0', 7n],
        ['t/1', 8n],
      ]),
    );
    await consumer.commit(new Map([['t/0', 7n]]));
    expect(kafkajs.calls).toEqual(['commit t/1@8']);
  });
});

describe('a batch', () => {
  it('is handed over in slices, and counts as read only when all are', async () => {
    await kafkajs.batch('t', 0, 100, 300);
    expect(heard.slice(1)).toEqual(['t/0: 128 to 227 of 1000', 't/0: 128 to 355 of 1000', 't/0: 44 to 399 of 1000']);
    expect(kafkajs.resolved).toEqual(['t/0@399']);
  });

  it('is handed over no further when a join comes between, and does not count as read', async () => {
    receiving = () => kafkajs.join({ t: [0, 1] });
    await kafkajs.batch('t', 0, 100, 300);
    expect(heard.slice(1)).toEqual(['t/0: 128 to 227 of 1000', 'assigned t/0 t/1']);
    expect(kafkajs.resolved).toEqual([]);
  });

  it('of a partition that went is dropped: to count it as read would be a TypeError in kafkajs', async () => {
    kafkajs.join({ t: [1] });
    await kafkajs.batch('t', 0, 100, 3);
    expect(heard.slice(2)).toEqual([]);
    expect(kafkajs.resolved).toEqual([]);
  });

  it('of transaction markers alone is told by its last offset', () => {
    const read = { batchSize: 0, lastOffset: '41', highWatermark: '42' };
    kafkajs.emit('START_BATCH_PROCESS', { topic: 't', partition: 1, ...read });
    kafkajs.emit('START_BATCH_PROCESS', { topic: 't', partition: 1, ...read, batchSize: 1 });
    expect(heard.slice(1)).toEqual(['t/1: 0 to 41 of 42']);
  });

  it('that the listener throws at ends the consumer, and nothing escapes into kafkajs', async () => {
    receiving = () => {
      throw new TypeError('our own mistake');
    };
    await kafkajs.batch('t', 0, 100, 3);
    expect(kafkajs.resolved).toEqual([]);
    await expect(consumer.crashed).rejects.toMatchObject({
      code: 'KAFKA_CONSUMER_STOPPED',
      detail: 'our own mistake',
    });
  });
});

/** As kafkajs has it: an error that it does not retry is wrapped. */
function kafkajsError(name: string): Error {
  const cause = Object.assign(new Error(name), { name });
  return Object.assign(new Error(name, { cause }), { name: 'KafkaJSNonRetriableError' });
}

describe('a crash', () => {
  it('after which kafkajs starts again is none to us', async () => {
    kafkajs.emit('CRASH', { error: new Error('soon back'), restart: true });
    kafkajs.emit('CRASH', { error: new Error('for good'), restart: false });
    await expect(consumer.crashed).rejects.toMatchObject({ detail: 'for good' });
    expect(kafkajs.runs).toBe(1);
  });

  it('for want of a coordinator is no end: it starts again, as often as it takes', async () => {
    const noBroker = kafkajsError('KafkaJSConnectionError');
    kafkajs.connectFailures = [noBroker, noBroker];
    kafkajs.emit('CRASH', { error: kafkajsError('KafkaJSGroupCoordinatorNotFound'), restart: false });
    await nextTurn();
    expect(slept).toEqual([1_000, 1_000, 1_000]);
    expect(kafkajs.runs).toBe(2);
  });

  it('for want of a coordinator is one after five starts in vain, since it may be a want of rights', async () => {
    const crash = { error: kafkajsError('KafkaJSGroupCoordinatorNotFound'), restart: false };
    kafkajs.onRun = () => kafkajs.emit('CRASH', crash);
    kafkajs.emit('CRASH', crash);
    await expect(consumer.crashed).rejects.toMatchObject({ detail: /no coordinator.*or the Kafka user has no right/ });
    expect(kafkajs.runs).toBe(1 + 5);
  });

  it('for want of a coordinator is forgotten with the next join', async () => {
    const crash = { error: kafkajsError('KafkaJSGroupCoordinatorNotFound'), restart: false };
    for (let outage = 0; outage < 10; outage++) {
      kafkajs.emit('CRASH', crash);
      await nextTurn();
      kafkajs.join({ t: [0] });
    }
    expect(kafkajs.runs).toBe(1 + 10);
  });

  it('is one when starting again is refused', async () => {
    kafkajs.connectFailures = [kafkajsError('KafkaJSSASLAuthenticationError')];
    kafkajs.emit('CRASH', { error: kafkajsError('KafkaJSGroupCoordinatorNotFound'), restart: false });
    await expect(consumer.crashed).rejects.toMatchObject({ code: 'KAFKA_CONSUMER_STOPPED' });
    expect(kafkajs.runs).toBe(1);
  });
});

describe('closing', () => {
  it('takes no longer than 5 s where kafkajs does not come to an end', async () => {
    kafkajs.disconnected = new Promise(() => undefined);
    await consumer.close();
    expect(slept).toEqual([5_000]);
  });

  it('never rejects', async () => {
    sleeping = new Promise(() => undefined);
    kafkajs.disconnected = Promise.reject(new Error('not connected'));
    await consumer.close();
  });

  it('ends also the starting again', async () => {
    const crash = { error: kafkajsError('KafkaJSGroupCoordinatorNotFound'), restart: false };
    kafkajs.emit('CRASH', crash);
    await consumer.close();
    kafkajs.emit('CRASH', crash);
    await nextTurn();
    expect(kafkajs.runs).toBe(1);
  });

  it('is for good: no restart, no join, no record, no crash after it', async () => {
    expect(await kafkajs.restartOnFailure?.(new Error('x'))).toBe(true);
    await consumer.close();
    expect(await kafkajs.restartOnFailure?.(new Error('x'))).toBe(false);
    expect(() => kafkajs.join({ t: [0] })).toThrow('closed');
    await kafkajs.batch('t', 0, 100, 3);
    expect(heard).toEqual(['assigned t/0 t/1']);
    kafkajs.emit('CRASH', { error: new Error('the consumer was closed'), restart: false });
    expect(await Promise.race([consumer.crashed.catch(() => 'crashed'), nextTurn('quiet')])).toBe('quiet');
  });
});

describe('activity', () => {
  it('is a fetch, a heartbeat or a join', () => {
    for (const [at, event] of ['FETCH', 'HEARTBEAT'].entries()) {
      now = at + 1;
      kafkajs.emit(event, {});
      expect(consumer.lastActivityAt).toBe(at + 1);
    }
    now = 3;
    kafkajs.join({});
    now = 9;
    kafkajs.emit('STOP', {});
    kafkajs.emit('REBALANCING', {});
    expect(consumer.lastActivityAt).toBe(3);
    expect(heard.at(-1)).toBe('rebalancing');
  });
});

it.each([-86_400_000, -3_600_000, -1_000, 1_000, 3_600_000, 86_400_000])(
  'the last activity is as long ago as it is where the wall clock is set by %d ms',
  step => {
    now = 1_000;
    kafkajs.emit('FETCH', {});
    wallClock += step;
    expect(consumer.lastActivityAt).toBe(1_000);
  },
);

describe('a join', () => {
  it('under the same id keeps what stays', () => {
    kafkajs.join({ t: [1] });
    expect(heard).toEqual(['assigned t/0 t/1', 'assigned t/1']);
  });

  it('under another id says first that nothing is ours: the group went on without us', () => {
    kafkajs.memberId = 'member-2';
    kafkajs.join({ t: [0, 1] });
    expect(heard).toEqual(['assigned t/0 t/1', 'assigned ', 'assigned t/0 t/1']);
  });

  it('at the second request says so too: another member may have had our partitions after the first', () => {
    kafkajs.requestToJoin();
    kafkajs.join({ t: [0, 1] });
    expect(heard).toEqual(['assigned t/0 t/1', 'assigned ', 'assigned t/0 t/1']);
  });

  it('waits until what is in flight is done, for half a session', async () => {
    await nextTurn();
    const done = Promise.withResolvers<void>();
    quiescing = done.promise;
    sleeping = new Promise(() => undefined);
    slept = [];
    const before = kafkajs.coordinatorsFound;
    const finding = kafkajs.findCoordinator();
    await nextTurn();
    expect(quiesced).toEqual([15_000]);
    expect(slept).toEqual([15_000]);
    expect(kafkajs.coordinatorsFound).toBe(before);
    done.resolve();
    await finding;
    expect(kafkajs.coordinatorsFound).toBe(before + 1);
  });

  it('waits no longer than that', async () => {
    quiescing = new Promise(() => undefined);
    const before = kafkajs.coordinatorsFound;
    await kafkajs.findCoordinator();
    expect(slept).toEqual([15_000]);
    expect(kafkajs.coordinatorsFound).toBeGreaterThan(before);
  });

  it('waits for nothing where nothing is assigned', async () => {
    kafkajs.join({});
    quiesced = [];
    await kafkajs.findCoordinator();
    expect(quiesced).toEqual([]);
  });

  it.each<[string, () => void]>([
    ['without the coordinator asked for', () => kafkajs.requestToJoin()],
    ['without a request', () => void kafkajs.findCoordinator()],
  ])('that comes in another way than we rely on ends the process: %s', async (_, prepare) => {
    prepare();
    kafkajs.sync();
    expect(() => kafkajs.emit('GROUP_JOIN', { memberAssignment: { t: [0] }, memberId: 'member-1' })).toThrow();
    await expect(consumer.crashed).rejects.toMatchObject({ detail: /version of kafkajs/ });
  });
});

describe('the lease', () => {
  it('is renewed by heartbeats, and ends with the consumer', async () => {
    expect(consumer.leased).toBe(true);
    now = 30_000;
    expect(consumer.leased).toBe(false);
    await kafkajs.beat();
    expect(consumer.leased).toBe(true);
    kafkajs.emit('STOP', {});
    expect(consumer.leased).toBe(false);
    kafkajs.join({ t: [0] });
    expect(consumer.leased).toBe(true);
    await consumer.close();
    expect(consumer.leased).toBe(false);
  });
});

describe('the watchdog of the heartbeats', () => {
  it('ends the consumer where fetches are answered, and no heartbeat is sent for two sessions', async () => {
    for (now of [29_999, 30_000, 45_000, 59_999]) kafkajs.emit('FETCH', {});
    expect(await Promise.race([consumer.crashed.catch(() => 'crashed'), nextTurn('quiet')])).toBe('quiet');
    now = 60_000;
    kafkajs.emit('FETCH', {});
    await expect(consumer.crashed).rejects.toMatchObject({
      code: 'KAFKA_CONSUMER_STOPPED',
      detail: expect.stringMatching(/^no heartbeat was sent/),
    });
  });
});

describe('seeking', () => {
  it('is passed on, and what was fetched before is handed over no further', async () => {
    receiving = () => {
      consumer.seek('t/0', 7n);
      kafkajs.stale = true;
    };
    await kafkajs.batch('t', 0, 100, 300);
    expect(kafkajs.calls).toEqual(['seek t/0@7']);
    expect(heard.slice(1)).toEqual(['t/0: 128 to 227 of 1000']);
    expect(kafkajs.resolved).toEqual([]);
  });
});

describe('a topic that ends before what was read of it', () => {
  it('is another one where kafkajs reads it again from its beginning: the process ends', async () => {
    await kafkajs.batch('t', 0, 995, 5);
    await consumer.commit(new Map([['t/0', 1_000n]]));
    kafkajs.join({ t: [0] });
    const read = { topic: 't', partition: 0, batchSize: 0, lastOffset: '3', highWatermark: '4' };
    kafkajs.emit('START_BATCH_PROCESS', read);
    await expect(consumer.crashed).rejects.toMatchObject({
      code: 'SOURCE_TOPIC_REMADE',
      detail: 't/0 ends at 4, and was read to 1000',
    });
    expect(heard).toHaveLength(3);
  });

  it('is not known where it was sought', async () => {
    await kafkajs.batch('t', 0, 995, 5);
    consumer.seek('t/0', 0n);
    const read = { topic: 't', partition: 0, batchSize: 0, lastOffset: '3', highWatermark: '4' };
    kafkajs.emit('START_BATCH_PROCESS', read);
    expect(heard.at(-1)).toBe('t/0: 0 to 3 of 4');
  });
});

describe('waiting for a join', () => {
  it('is activity, until the rebalance time-out is over', () => {
    now = 100;
    kafkajs.requestToJoin();
    now = 50_000;
    expect(consumer.lastActivityAt).toBe(50_000);
    now = 200_000;
    expect(consumer.lastActivityAt).toBe(60_100);
  });
});
