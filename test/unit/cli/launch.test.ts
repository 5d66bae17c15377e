import { describe, expect, it } from 'vitest';
import { boundMemory, type LaunchedProcess } from '../../../connector/cli/launch.ts';

type Replaced = Parameters<NonNullable<LaunchedProcess['execve']>>;

/** What the process is replaced by, if it is. */
function replacedBy(change: Partial<LaunchedProcess> = {}): Replaced | null {
  let replaced: Replaced | null = null;
  boundMemory({
    execPath: '/bin/node',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    argv: ['/bin/node', '/app/card-sync.js', 'run', '--config', 'a.yaml'],
    env: { PATH: '/bin', EMPTY: undefined },
    execve: (...call) => {
      replaced = call;
      throw new Error('a test goes on');
    },
    ...change,
  });
  return replaced;
}

describe('a process whose memory is not bounded', () => {
  it('is replaced by the same program with its memory bounded, its options, arguments and environment kept', () => {
    expect(replacedBy()).toEqual([
      '/bin/node',
      [
        '/bin/node',
        '--max-semi-space-size=8',
        '--disable-warning=ExperimentalWarning',
        '/app/card-sync.js',
        'run',
        '--config',
        'a.yaml',
      ],
      { PATH: '/bin', MALLOC_ARENA_MAX: '1' },
    ]);
  });

  it("keeps the user's own number of arenas", () => {
    expect(replacedBy({ env: { MALLOC_ARENA_MAX: '4' } })?.[2]).toEqual({ MALLOC_ARENA_MAX: '4' });
  });

  it.each([
    ['it is bounded already', { execArgv: ['--max-semi-space-size=8'] }],
    ['the user says otherwise', { env: { NODE_OPTIONS: '--max-semi-space-size=32' } }],
  ])('stays as it is where %s', (_, change) => {
    expect(replacedBy(change)).toBeNull();
  });

  it('stays as it is where a process cannot be replaced', () => {
    expect(() => boundMemory({ execPath: 'node', execArgv: [], argv: ['node', 'a.js'], env: {} })).not.toThrow();
  });
});
