import { describe, expect, it } from 'vitest';
import { describeFault, describeProblems, paintFor } from '../../../../connector/cli/terminal/print.ts';
import { Fault } from '../../../../connector/kernel/fault.ts';

const plain = paintFor(false, {});

describe('the list of problems', () => {
  it('says of each where, what and what to do', () => {
    const text = describeProblems(
      [
        { path: 'kafka.topics', source: 'c.yaml:1:1', problem: 'is missing', hint: 'name one' },
        { path: '', source: 'CARD_SYNC_X', problem: 'no setting has this environment variable' },
      ],
      plain,
    );
    expect(text).toBe(`card-sync cannot start: 2 problems with its settings

  kafka.topics (c.yaml:1:1)
    is missing
    name one

  CARD_SYNC_X
    no setting has this environment variable
`);
    expect(describeProblems([{ path: 'a', source: 'b', problem: 'c' }], plain)).toContain(': a problem with');
  });
});

describe('a fault on the terminal', () => {
  it('is one paragraph: code, what, where, what to do, and no stack', () => {
    const fault = new Fault('CARD_REJECTED', {
      detail: 'no user 2160123412341234',
      at: { topic: 'orders', partition: 1, offset: 5n },
      order: 'MB…01',
    });
    expect(describeFault(fault, plain)).toBe(`CARD_REJECTED: the platform refuses a card for good
  what   no user 21…34
  where  orders/1@5, order MB…01
  do     read the result code and message; mend the mapping or the row; then redrive
`);
  });

  it('shows a detail of many lines below its name', () => {
    expect(describeFault(new Fault('MAPPING_INVALID', { detail: '\n  a.yaml: x\n  b.yaml: y' }), plain)).toBe(
      `MAPPING_INVALID: a mapping has problems
  what
    a.yaml: x
    b.yaml: y
  do     mend each listed expression and start again
`,
    );
  });
});

describe('colours', () => {
  it('are for terminals only, and for who wants them', () => {
    const painted = (isTerminal: boolean, environment: Record<string, string>) =>
      paintFor(isTerminal, environment)('red', 'x');
    expect(painted(true, { TERM: 'xterm' })).toBe('\u001b[31mx\u001b[39m');
    expect(painted(true, { NO_COLOR: '' })).toBe('\u001b[31mx\u001b[39m');
    expect(painted(true, { NO_COLOR: '1' })).toBe('x');
    expect(painted(true, { TERM: 'dumb' })).toBe('x');
    expect(painted(false, {})).toBe('x');
  });
});
