import { describe, expect, it } from 'vitest';
import { type Fault, readFaultText } from '../../../sandbox/faults/fault.ts';
import { FaultPlan } from '../../../sandbox/faults/fault-plan.ts';

function fault(text: string): Fault {
  const read = readFaultText(text);
  if (read.kind === 'invalid') throw new Error(read.problem);
  return read.fault;
}

function planOf(...texts: string[]): FaultPlan {
  const plan = new FaultPlan(7);
  for (const text of texts) plan.add(fault(text), 1000);
  return plan;
}

const send = { order: 'ORDER-1', command: 'SEND' };
const unread = { order: null, command: null };

describe('a fault meets', () => {
  it.each<[string, string, { order: string | null; command: string | null }, boolean]>([
    ['all', 'drop', send, true],
    ['also what could not be read', 'drop', unread, true],
    ['an order', 'drop,order=ORDER-1', send, true],
    ['no other order', 'drop,order=ORDER-', send, false],
    ['a prefix', 'drop,orderPrefix=ORDER-', send, true],
    ['no other prefix', 'drop,orderPrefix=RDER', send, false],
    ['nothing unread by its order', 'drop,orderPrefix=O', unread, false],
    ['a command', 'drop,command=SEND', send, true],
    ['no other command', 'drop,command=UPDATE', send, false],
    ['only where all selectors hold', 'drop,command=UPDATE,order=ORDER-1', send, false],
  ])('%s', (_, text, target, meets) => {
    expect(planOf(text).select(target, 1000)?.kind).toBe(meets ? 'drop' : undefined);
  });

  it('the next so many that match', () => {
    const plan = planOf('drop,count=2,command=SEND');
    expect(plan.select({ ...send, command: 'UPDATE' }, 1000)).toBeNull();
    expect([1, 2, 3].map(() => plan.select(send, 1000)?.kind)).toEqual(['drop', 'drop', undefined]);
    expect(plan.list(1000)).toMatchObject([{ fired: 2, active: false }]);
  });

  it('those that come in its time', () => {
    const plan = planOf('drop,forMs=500');
    expect(plan.select(send, 1499)?.kind).toBe('drop');
    expect(plan.list(1499)).toMatchObject([{ active: true }]);
    expect(plan.select(send, 1500)).toBeNull();
    expect(plan.list(1500)).toMatchObject([{ active: false }]);
  });

  it('its share of them, the same for the same seed whatever else is planned', () => {
    const met = (plan: FaultPlan) => Array.from({ length: 2000 }, () => plan.select(send, 1000)?.name === 'x');
    const alone = met(planOf('drop,rate=0.3,name=x'));
    expect(alone.filter(Boolean).length / alone.length).toBeCloseTo(0.3, 1);
    expect(met(planOf('drop,rate=0.3,name=x', 'timeout,rate=0.5'))).toEqual(alone);
    const other = new FaultPlan(8);
    other.add(fault('drop,rate=0.3,name=x'), 1000);
    expect(met(other)).not.toEqual(alone);
    expect(met(planOf('drop,rate=0,name=x'))).not.toContain(true);
    expect(met(planOf('drop,rate=1,name=x'))).not.toContain(false);
  });
});

describe('the plan', () => {
  it('lets the fault asked for first meet a request, and no other', () => {
    const plan = planOf('drop,count=1', 'timeout');
    expect(plan.select(send, 1000)?.kind).toBe('drop');
    expect(plan.select(send, 1000)?.kind).toBe('timeout');
    expect(plan.list(1000).map(({ id, fired }) => [id, fired])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('gives a fault up by its id, or all', () => {
    const plan = planOf('drop', 'timeout', 'empty');
    expect(plan.remove(1)).toBe(true);
    expect(plan.remove(1)).toBe(false);
    expect(plan.select(send, 1000)?.kind).toBe('timeout');
    plan.clear();
    expect(plan.select(send, 1000)).toBeNull();
    expect(plan.list(1000)).toEqual([]);
  });

  it('has a limit', () => {
    const plan = planOf(...Array.from({ length: 1000 }, () => 'drop'));
    expect(() => plan.add(fault('drop'), 1000)).toThrow(RangeError);
  });
});
