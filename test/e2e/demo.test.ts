import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type NodeProcess, startNode } from '../support/child-process.ts';
import { markName, processesWithMark } from '../support/marked-processes.ts';

/** Runs the demo as `npm run demo -- …` does, with a stack of its own. */
function startDemo(mark: string, ...args: string[]): NodeProcess {
  return startNode('test/launch.mjs', ['demo', ...args], { environment: { [markName]: mark }, ownGroup: true });
}

/** The line that contains a text. */
const withText = (text: string) => (line: string) => (line.includes(text) ? line : undefined);

describe('npm run demo', () => {
  it('--exit: compares every order with its card, ends with 0, and leaves no process', async () => {
    const mark = randomUUID();
    await using demo = startDemo(mark, '--orders', '60', '--exit', '--changes', '120', '--rate', '200');
    await demo.line(withText('the connector is up'));
    // The launcher, the demo, the guard, four parts of the stack, the sandbox and the connector.
    expect(processesWithMark(mark).length).toBeGreaterThanOrEqual(9);
    expect(await demo.ended).toBe(0);
    expect(demo.lines).toContain('60 of 60 equal');
    expect(processesWithMark(mark)).toEqual([]);
  });

  it('Ctrl-C in the middle of its work ends it, and leaves no process', async () => {
    const mark = randomUUID();
    await using demo = startDemo(mark, '--orders', '40');
    await demo.line(withText('the first cards are there'));
    demo.send('SIGINT', 'group');
    expect(await demo.ended).toBe(0);
    expect(demo.lines.join('\n')).toContain('demo: ending');
    expect(processesWithMark(mark)).toEqual([]);
  });
});
