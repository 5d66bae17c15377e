import { appendFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends the output with one line over all suites, for people and machines: `N passed, N failed`. Where several runs make one result
 * (.ci/run), each appends its counts to the file TEST_COUNTS_FILE instead, and who started them says the sum.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state === 'pending' ? 'skipped' : state]++;
      }
      // A file that does not load has no tests to fail.
      if (module.state() === 'failed' && module.errors().length > 0) count.failed++;
    }
    count.failed += errors.length;
    const countsFile = process.env.TEST_COUNTS_FILE;
    if (countsFile) {
      appendFileSync(countsFile, `${count.passed} ${count.failed} ${count.skipped}\n`);
      return;
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`);
  }
}
