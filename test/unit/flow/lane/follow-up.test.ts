import { beforeEach, describe, expect, it } from 'vitest';
import { type Blame, FollowUp, type FollowUpOptions, haltsMax } from '../../../../connector/flow/lane/follow-up.ts';
import { type Entry, entryOf, type Lane } from '../../../../connector/flow/lane/lane.ts';
import type { Carried } from '../../../../connector/flow/lane/lane-worker.ts';
import { Lanes } from '../../../../connector/flow/lane/lanes.ts';
import { OrderBook } from '../../../../connector/flow/memory/order-book.ts';
import { Load } from '../../../../connector/flow/partition/load.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import { partitionKey } from '../../../../connector/kernel/position.ts';
import type { Answer } from '../../../../connector/order/answer.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { decide } from '../../../../connector/order/decide.ts';
import { initialState } from '../../../../connector/order/state.ts';
import { aChange, anAnswer, aPolicy, aRecord, dawn, silence, sourceTopic } from '../../../support/builders.ts';
import { RecordingDeadLetters, RecordingMeter, SteppedClock, sinceStart } from '../../../support/flow-world.ts';
import { keptWith } from '../kept.ts';

const order = merchantBizNo('A-1');
const retry = { kind: 'retry', cause: 'timeout', afterMs: null } as const;
const halt = { kind: 'halt', reason: 'INVALID_CLIENT' } as const;

describe('FollowUp', () => {
  let clock: SteppedClock;
  let lanes: Lanes;
  let load: Load;
  let book: OrderBook;
  let meter: RecordingMeter;
  let deadLetters: RecordingDeadLetters;
  let partition: PartitionFlow;
  let lane: Lane;
  let ready: number;

  beforeEach(() => {
    clock = new SteppedClock();
    lanes = new Lanes();
    load = new Load({ recordsMax: 100, bytesMax: 1e6 });
    book = new OrderBook(100);
    meter = new RecordingMeter();
    deadLetters = new RecordingDeadLetters(clock);
    partition = new PartitionFlow(partitionKey(sourceTopic, 0));
    lane = lanes.of(order).lane;
    ready = 0;
  });

  const followUp = (options: Partial<FollowUpOptions> = {}) => {
    // Every wait of these tests is spent in memory: `follow-up.parking.test.ts` has those in the journal.
    const kept = keptWith({ clock, book, load, lanes, meter, parkFromMs: 1_000_000 });
    return new FollowUp(
      { retryDelaysMs: [2_000, 600_000], giveUpAfterMs: 86_400_000, conflate: true, ...options },
      {
        ...kept,
        random: { next: () => 0.5 },
        deadLetters,
        onReady: () => void ready++,
      },
    );
  };

  /** The change stands in its lane, which is running when it is the first. */
  const queue = (n: number): Entry => {
    const change = aChange({ n });
    const entry = entryOf(change, aRecord({ offset: BigInt(n) }), partition);
    partition.frontier.accept(BigInt(n), entry.record.timestamp);
    load.add(entry.record);
    lane.push(entry, true);
    lane.state = 'running';
    return entry;
  };
  /** It was sent, and this came of it. */
  const carriedOf = (entry: Entry, verdict: Carried['verdict'], answer: Answer = silence()): Carried => {
    const decision = decide(initialState, entry.change, aPolicy());
    if (decision.kind === 'skip') throw new Error('nothing to send');
    entry.attempts++;
    entry.firstAttemptAt ??= dawn;
    entry.firstTriedAt ??= sinceStart(0);
    entry.lastAttemptAt = clock.now();
    entry.pending = { request: decision.request, heals: 0 };
    return { request: decision.request, answer, verdict };
  };

  it('settles what was accepted, and the lane goes on', async () => {
    const entry = queue(1);
    lane.halts = haltsMax;
    await followUp().follow(lane, entry, carriedOf(entry, { kind: 'accepted' }), 'order');
    expect(meter).toMatchObject({ acceptances: 1, outcomes: { delivered: 1 } });
    expect([lane.state, lane.length, lane.halts, lanes.ready, load.records]).toEqual(['ready', 0, 0, 1, 0]);
    expect(book.get(order)).toMatchObject({ kind: 'live', hash: entry.change.card.hash });
  });

  it('waits after a failure, as the schedule says, apart from the load', async () => {
    const entry = queue(1);
    const follow = followUp();
    await follow.follow(lane, entry, carriedOf(entry, retry), 'order');
    expect([lane.state, lane.wakeAt, load.records, meter.retries]).toEqual([
      'waiting',
      sinceStart(2_000),
      0,
      ['timeout'],
    ]);
    await clock.pass(1_999);
    expect(lane.state).toBe('waiting');
    await clock.pass(1);
    expect([lane.state, load.records, ready]).toEqual(['ready', 1, 1]);
    await follow.follow(lane, entry, carriedOf(entry, retry), 'order');
    expect(lane.wakeAt).toBe(clock.monotonic() + 600_000);
  });

  it('waits as long as the platform asks for', async () => {
    const entry = queue(1);
    await followUp().follow(lane, entry, carriedOf(entry, { ...retry, afterMs: 9_000 }), 'order');
    expect(lane.wakeAt).toBe(sinceStart(9_000));
  });

  it('counts no failure in an outage, and waits for its end', async () => {
    const entry = queue(1);
    await followUp().follow(lane, entry, carriedOf(entry, retry), 'outage');
    expect([entry.failures, lane.wakeAt]).toEqual([0, sinceStart(600_000)]);
  });

  it('counts no failure for the traffic, however often, and asks ever more rarely', async () => {
    const entry = queue(1);
    const follow = followUp();
    const waits: number[] = [];
    for (let n = 0; n < 8; n++) {
      await follow.follow(lane, entry, carriedOf(entry, retry), 'traffic');
      waits.push((lane.wakeAt ?? 0) - clock.monotonic());
      await clock.pass(60_000);
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect([entry.failures, entry.attempts, deadLetters.letters]).toEqual([0, 8, []]);
    // Its own failures begin at the first pause.
    await follow.follow(lane, entry, carriedOf(entry, retry), 'order');
    expect([entry.failures, lane.wakeAt]).toEqual([1, clock.monotonic() + 2_000]);
  });

  it('gives up what is refused for the traffic only when its change is too old', async () => {
    const entry = queue(1);
    const follow = followUp({ giveUpAfterMs: 3_600_000 });
    await follow.follow(lane, entry, carriedOf(entry, retry), 'traffic');
    await clock.pass(3_599_000);
    const given = follow.follow(lane, entry, carriedOf(entry, retry), 'traffic');
    await clock.pass(5);
    await given;
    expect(deadLetters.letters).toMatchObject([{ reason: 'retries-exhausted' }]);
  });

  it('gives up after the last repetition, with the story of its attempts', async () => {
    const entry = queue(1);
    entry.failures = 2;
    entry.attempts = 2;
    const given = followUp().follow(lane, entry, carriedOf(entry, retry), 'order');
    expect([lane.state, partition.frontier.unsettled]).toEqual(['running', 1]);
    await clock.pass(5);
    await given;
    expect(deadLetters.letters).toMatchObject([
      {
        reason: 'retries-exhausted',
        fault: { code: 'RETRIES_EXHAUSTED', at: entry.change.position },
        record: entry.record,
        attempts: { count: 3, firstAt: dawn, lastAt: dawn, lastAnswer: silence() },
      },
    ]);
    expect(meter).toMatchObject({ letters: 1, outcomes: { 'dead-lettered': 1 } });
    expect(deadLetters.letters[0]?.fault.message).not.toContain(order);
    expect([lane.state, lane.length, load.records, partition.frontier.unsettled]).toEqual(['ready', 0, 0, 0]);
    // Nobody knows whether the last attempt was taken.
    expect(book.get(order)).toMatchObject({ kind: 'unknown', bizDate: entry.change.bizDate });
  });

  it('gives up at once what the platform refuses for good: nothing was taken', async () => {
    const entry = queue(1);
    const answer = anAnswer('PARAM_ILLEGAL');
    const given = followUp().follow(lane, entry, carriedOf(entry, { kind: 'reject', reason: 'x' }, answer), 'order');
    await clock.pass(5);
    await given;
    expect(deadLetters.letters).toMatchObject([{ reason: 'rejected', fault: { code: 'CARD_REJECTED' } }]);
    expect(book.get(order)).toMatchObject({ through: entry.change.position, bizDate: null });
  });

  it('takes a refusal of us for no failure of the order, at first', async () => {
    const entry = queue(1);
    const follow = followUp();
    for (let halts = 1; halts < haltsMax; halts++) {
      await follow.follow(lane, entry, carriedOf(entry, halt), 'order');
      expect([lane.state, lane.halts, entry.failures]).toEqual(['ready', halts, 0]);
    }
    await follow.follow(lane, entry, carriedOf(entry, halt), 'outage');
    expect([lane.state, lane.halts]).toEqual(['ready', haltsMax - 1]);
    await follow.follow(lane, entry, carriedOf(entry, halt), 'order');
    expect([lane.state, entry.failures]).toEqual(['waiting', 1]);
  });

  it.each<[string, Carried['verdict'], Blame]>([
    ['a failure', retry, 'order'],
    ['a failure in an outage', retry, 'outage'],
    ['a refusal for the traffic', retry, 'traffic'],
    ['a refusal of us', halt, 'order'],
  ])('lets the newer change take the place of one that came to nothing: %s', async (_, verdict, blame) => {
    const older = queue(1);
    const newer = queue(2);
    await followUp().follow(lane, older, carriedOf(older, verdict), blame);
    expect(lane.head).toBe(newer);
    await newer.noted;
    expect(meter.outcomes.superseded).toBe(1);
    expect(newer.doubt).toMatchObject({ position: older.change.position });
    expect(lane.state).toBe(verdict === halt ? 'ready' : 'waiting');
  });

  it.each<[string, Carried['verdict']]>([
    ['accepted', { kind: 'accepted' }],
    ['failed', retry],
    ['refused', { kind: 'reject', reason: 'x' }],
    ['halted', halt],
    ['not healed', { kind: 'not-ours' }],
  ])("forgets what was %s when its partition is gone: it is its new owner's", async (_, verdict) => {
    const entry = queue(1);
    const carried = carriedOf(entry, verdict);
    partition.revoke();
    await followUp().follow(lane, entry, carried, 'order');
    expect([lane.state, lane.length, load.records, meter.settledRecords]).toEqual(['ready', 0, 0, 0]);
    expect([deadLetters.letters, book.get(order), clock.sleeping]).toEqual([[], initialState, 0]);
  });

  describe('hasten', () => {
    const waiting = async (failures: number) => {
      const follow = followUp();
      const older = queue(1);
      older.failures = failures;
      await follow.follow(lane, older, carriedOf(older, retry), 'order');
      lane.push(entryOf(aChange({ n: 2 }), aRecord({ offset: 2n }), partition), true);
      const { head } = lane;
      if (head !== undefined) load.add(head.record);
      return follow;
    };

    it('shortens a long wait to the first pause', async () => {
      const follow = await waiting(1);
      expect(lane.wakeAt).toBe(sinceStart(600_000));
      follow.hasten(lane);
      expect([lane.wakeAt, load.records]).toEqual([sinceStart(2_000), 0]);
      await clock.pass(2_000);
      expect([lane.state, ready, load.records, clock.sleeping]).toEqual(['ready', 1, 1, 0]);
    });

    it('never makes it longer', async () => {
      const follow = await waiting(0);
      await clock.pass(1_500);
      follow.hasten(lane);
      expect([lane.wakeAt, load.records]).toEqual([sinceStart(2_000), 0]);
      await clock.pass(500);
      expect([lane.state, ready]).toEqual(['ready', 1]);
    });

    it('leaves a change that was tried itself as it is', async () => {
      const follow = followUp();
      const entry = queue(1);
      entry.failures = 1;
      await follow.follow(lane, entry, carriedOf(entry, retry), 'order');
      follow.hasten(lane);
      expect(lane.wakeAt).toBe(sinceStart(600_000));
    });
  });
});
