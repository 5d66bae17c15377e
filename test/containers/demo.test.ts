import { describe, expect, inject, it } from 'vitest';
import { startNode } from '../support/child-process.ts';
import { leftovers } from './leftovers.ts';

/** The demo as `npm run demo -- --docker …` runs it, with this run's images. */
function startDemo(...args: string[]) {
  const environment = { IMAGE_TAG: inject('imageTag') };
  return startNode('test/launch.mjs', ['demo', '--docker', ...args], { environment, ownGroup: true });
}

/** The line that contains a text. */
const withText = (text: string) => (line: string) => (line.includes(text) ? line : undefined);

/** The project's name, from the first line that has it. */
const projectIn = (line: string) => /card-sync-demo-\d+/.exec(line)?.[0];

describe('npm run demo in containers', () => {
  it('--exit: compares every order with its card, ends with 0, and leaves nothing', async () => {
    await using demo = startDemo('--orders', '300', '--exit', '--rate', '300');
    const project = await demo.line(projectIn);
    expect(await demo.ended, demo.lines.slice(-40).join('\n')).toBe(0);
    expect(demo.lines).toContain('300 of 300 equal');
    expect(await leftovers(project)).toEqual([]);
  });

  it('Ctrl-C ends it, also while the containers start, and leaves nothing', async () => {
    await using demo = startDemo('--orders', '20');
    const project = await demo.line(projectIn);
    await demo.line(withText('kafka-1  Started'));
    demo.send('SIGINT', 'group');
    expect(await demo.ended).toBe(130);
    expect(await leftovers(project)).toEqual([]);
  });
});
