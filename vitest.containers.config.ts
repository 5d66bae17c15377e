import { defineConfig } from 'vitest/config';

// What needs a Docker engine (npm run test:containers). "container-stack" are the tests of the project "stack", on containers in
// place of the local programs; "containers" are those of the image and of docker-compose.yml.
export default defineConfig({
  test: {
    reporters: ['default', './test/support/count-reporter.ts'],
    // Two cores are all there may be.
    fileParallelism: false,
    projects: [
      {
        test: {
          name: 'container-stack',
          include: ['test/integration/**/*.test.ts', 'test/e2e/{snapshot-and-delete,schema-evolution}.test.ts'],
          globalSetup: ['test/support/container-stack-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'containers',
          include: ['test/containers/**/*.test.ts'],
          globalSetup: ['test/support/images-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
