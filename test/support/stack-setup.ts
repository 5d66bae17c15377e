import type { TestProject } from 'vitest/node';
import { serveStack } from '../stack/remote-stack.ts';
import { startStack } from '../stack/stack.ts';

declare module 'vitest' {
  /** What tests of the project "stack" get with `inject`. */
  interface ProvidedContext {
    /** Give it to `remoteStack` (test/stack/remote-stack.ts): the addresses of the real stack, and its restarts. */
    readonly stackUrl: string;
    /** What it is made of: programs of this machine, or containers. */
    readonly stackKind: 'programs' | 'containers';
  }
}

/** Starts the real stack once for the run, and ends it with the run. Vitest calls this in its main process. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ log: line => project.vitest.logger.log(`stack: ${line}`) });
  const served = await serveStack(stack);
  project.provide('stackUrl', served.url);
  project.provide('stackKind', 'programs');
  return async () => {
    served.close();
    await stack.stop();
  };
}
