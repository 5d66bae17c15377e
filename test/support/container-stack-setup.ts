import type { TestProject } from 'vitest/node';
import { startContainerStack } from '../stack/containers/container-stack.ts';
import { serveStack } from '../stack/remote-stack.ts';

/** Starts the stack in containers once for the run, and removes it with the run: what stack-setup.ts does without Docker. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startContainerStack(line => project.vitest.logger.log(`containers: ${line}`));
  const served = await serveStack(stack);
  project.provide('stackUrl', served.url);
  project.provide('stackKind', 'containers');
  return async () => {
    served.close();
    await stack.stop();
  };
}
