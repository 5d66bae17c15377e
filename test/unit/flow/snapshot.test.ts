import { describe, expect, it } from 'vitest';
import { anAnswer } from '../../support/builders.ts';
import { PipelineWorld } from './pipeline-world.ts';

describe('the snapshot of the flow', () => {
  it('tells what is queued, in flight and waiting apart, and adds up', async () => {
    const world = PipelineWorld.assigned({ inFlightMax: 2 });
    world.delivery.script = ({ change }) => anAnswer(change.merchantBizNo === 'A' ? 'UNKNOWN_EXCEPTION' : 'SUCCESS');
    world.feed(['A', 'B', 'C', 'D', 'E'].map((order, index) => ({ n: index + 1, order })));
    expect(world.pipeline.snapshot()).toMatchObject({ queued: 3, inFlight: 2, inFlightMax: 2, waiting: 0, lanes: 5 });
    await world.clock.pass(100);
    const { queued, inFlight, waiting, parked, lanes, orders, breaker, degraded } = world.pipeline.snapshot();
    expect({ queued, inFlight, waiting, parked, lanes, orders }).toEqual({
      ...{ queued: 0, inFlight: 0, waiting: 1, parked: 0, lanes: 1, orders: 4 },
    });
    expect([breaker, degraded]).toEqual(['closed', null]);
    const { received, settled, unsettled } = world.partition();
    expect([received, settled.delivered, unsettled]).toEqual([5, 4, 1]);
  });
});
