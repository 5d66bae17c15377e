import { randomUUID } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { Compose, runDocker } from '../stack/containers/compose.ts';
import { meetEngine } from '../stack/containers/engine.ts';

declare module 'vitest' {
  /** What tests of the project "containers" get with `inject`. */
  interface ProvidedContext {
    /** IMAGE_TAG of docker-compose.yml: the images of this run bear it. */
    readonly imageTag: string;
  }
}

/** Builds both images once for the run, under a tag of its own, and removes that with the run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await meetEngine();
  const imageTag = `test-${randomUUID().slice(0, 8)}`;
  const compose = new Compose(`card-sync-${imageTag}`, { IMAGE_TAG: imageTag });
  const startedAt = performance.now();
  await compose.must('build', 'connector', 'sandbox');
  project.vitest.logger.log(`images: built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  project.provide('imageTag', imageTag);
  return async () => {
    for (const name of ['contract-card-connector', 'contract-card-connector-demo']) {
      await runDocker(['rmi', `${name}:${imageTag}`]);
    }
  };
}
