import { defineConfig } from 'vitest/config';

// Three projects: "unit" needs nothing; "browser" looks at the sandbox's page in Chromium; "stack" shares one real PostgreSQL, Kafka,
// Debezium and registry, started once for the run.
export default defineConfig({
  test: {
    reporters: ['default', './test/support/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'test/unit/**/*.test.ts',
            'test/simulation/**/*.test.ts',
            'test/architecture/**/*.test.ts',
            'test/kubernetes/**/*.test.ts',
            'test/release/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          // One Chromium at a time: two cores are all there may be.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 30_000, interval: 25 } },
        },
      },
      {
        test: {
          name: 'stack',
          include: ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/stack-setup.ts'],
          // The suites measure each other's load otherwise, and two cores are all there may be.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
