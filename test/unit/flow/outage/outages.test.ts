import { beforeEach, describe, expect, it } from 'vitest';
import { haltsMax } from '../../../../connector/flow/lane/follow-up.ts';
import { entryOf, type Lane } from '../../../../connector/flow/lane/lane.ts';
import { type Carried, carry } from '../../../../connector/flow/lane/lane-worker.ts';
import { Lanes } from '../../../../connector/flow/lane/lanes.ts';
import { Outages } from '../../../../connector/flow/outage/outages.ts';
import { PartitionFlow } from '../../../../connector/flow/partition/partition-flow.ts';
import type { Answer } from '../../../../connector/order/answer.ts';
import { merchantBizNo } from '../../../../connector/order/change.ts';
import { judge } from '../../../../connector/order/verdict.ts';
import { aChange, anAnswer, aPolicy, aRecord, dawn, documentedVerdicts, silence } from '../../../support/builders.ts';
import { RecordingMeter, SteppedClock, sinceStart } from '../../../support/flow-world.ts';
import { anOwed } from '../owed.ts';
import { key } from '../pipeline-world.ts';

describe('Outages', () => {
  let clock: SteppedClock;
  let meter: RecordingMeter;
  let lanes: Lanes;
  let stopping: AbortController;
  let probes: number[];
  let outages: Outages;

  beforeEach(() => {
    clock = new SteppedClock();
    meter = new RecordingMeter();
    lanes = new Lanes();
    stopping = new AbortController();
    probes = [];
    outages = new Outages(
      { probeIntervalMs: 5_000, outageWindow: 20, outageRatio: 0.8 },
      {
        clock,
        meter,
        lanes,
        stopping: stopping.signal,
        onProbe: () => void probes.push(clock.now() - dawn),
        fail: error => {
          throw error;
        },
      },
    );
  });

  const laneOf = (order: string): Lane => {
    const { lane } = lanes.of(merchantBizNo(order));
    lane.push(entryOf(aChange({ order }), aRecord(), new PartitionFlow(key(0))), true);
    return lane;
  };
  const report = (lane: Lane, answer: Answer, probe = false) => {
    const { request } = anOwed({ order: lane.order });
    const verdict = judge(answer, request.command, documentedVerdicts) as Carried['verdict'];
    outages.report(lane, { request, answer, verdict }, probe);
  };
  /** No connection, three times in a row. */
  const breakDown = () => {
    for (let n = 0; n < 3; n++) report(laneOf(`A-${n}`), silence('connection'));
    expect(outages.breaker.state).toBe('open');
  };
  /** As the dispatcher starts one. */
  const probe = (lane: Lane, answer: Answer) => {
    expect(outages.breaker.admit(clock.monotonic())).toBe('probe');
    report(lane, answer, true);
  };

  it('are told when they begin and when they end, once each, and why', () => {
    breakDown();
    report(laneOf('B'), silence('connection'));
    expect([meter.degradations, outages.degraded?.code]).toEqual([['PLATFORM_UNREACHABLE'], 'PLATFORM_UNREACHABLE']);
    expect(outages.degraded?.message).toContain('connection');
  });

  it('end with a probe that is answered: every order that waits is woken', async () => {
    breakDown();
    const signals = ['B', 'C'].map(order => lanes.makeWaiting(laneOf(order), sinceStart(0)));
    await clock.pass(5_000);
    probe(laneOf('A-0'), anAnswer('SUCCESS'));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect([meter.degradations, outages.degraded]).toEqual([['PLATFORM_UNREACHABLE', null], null]);
  });

  it('that turn out to be ours are told anew', async () => {
    breakDown();
    await clock.pass(5_000);
    probe(laneOf('A-0'), anAnswer('INVALID_CLIENT'));
    expect(meter.degradations).toEqual(['PLATFORM_UNREACHABLE', 'CREDENTIALS_REFUSED']);
    expect(outages.degraded?.code).toBe('CREDENTIALS_REFUSED');
  });

  it('are probed on the interval, with one timer, until they are over', async () => {
    breakDown();
    report(laneOf('B'), silence('connection'));
    expect(clock.sleeping).toBe(1);
    await clock.pass(16_000);
    // Whoever is asked may have nothing to probe with: it is asked again.
    expect(probes).toEqual([5_000, 10_000, 15_000]);
    probe(laneOf('A-0'), anAnswer('SUCCESS'));
    await clock.pass(60_000);
    expect([probes.length, clock.sleeping]).toEqual([4, 0]);
  });

  it('are probed with the order that waited longest where none is ready', async () => {
    breakDown();
    const signals = ['B', 'C'].map(order => lanes.makeWaiting(laneOf(order), sinceStart(0)));
    await clock.pass(5_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it('wake nobody where one is ready', async () => {
    breakDown();
    const signal = lanes.makeWaiting(laneOf('B'), sinceStart(0));
    lanes.makeReady(laneOf('C'));
    await clock.pass(5_000);
    expect([signal.aborted, probes]).toEqual([false, [5_000]]);
  });

  it('are not told by an order that is known to be refused alone, but by a probe', async () => {
    const stranger = laneOf('poison');
    stranger.halts = haltsMax;
    report(stranger, anAnswer('INVALID_CLIENT'));
    expect(outages.breaker.state).toBe('closed');
    breakDown();
    await clock.pass(5_000);
    probe(stranger, anAnswer('INVALID_CLIENT'));
    expect(meter.degradations).toEqual(['PLATFORM_UNREACHABLE', 'CREDENTIALS_REFUSED']);
  });

  it('let the next one probe at once where the probe was not sent', async () => {
    breakDown();
    await clock.pass(5_000);
    expect(outages.breaker.admit(clock.monotonic())).toBe('probe');
    const lane = laneOf('A-0');
    const { head } = lane;
    if (head === undefined) throw new Error('a change is in its lane');
    const { request } = anOwed({ order: lane.order });
    const delivery = { deliver: () => Promise.reject(new Error('it must not be sent')) };
    const decision = {
      kind: 'deliver',
      request,
      cardExpected: false,
      makesCard: true,
      after: null,
      unsettled: false,
    } as const;
    const world = { clock, delivery, meter, verdicts: documentedVerdicts, isLeased: () => false };
    const unsent = await carry(head, decision, aPolicy(), world, stopping.signal);
    outages.report(lane, unsent, true);
    expect(outages.breaker.state).toBe('open');
    expect(outages.breaker.admit(clock.monotonic())).toBe('probe');
  });

  it('leave no timer behind when all stops', async () => {
    breakDown();
    stopping.abort();
    await clock.runDry();
    expect([clock.sleeping, probes]).toEqual([0, []]);
  });
});
