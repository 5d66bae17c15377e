import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changelogProblems } from './changelog.ts';
import { root } from './npm.ts';

describe('CHANGELOG.md', () => {
  it('has the form of Keep a Changelog, and tells of the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(changelogProblems(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version)).toEqual([]);
  });

  it('would be found to have another', () => {
    const text = `# Changelog
## [1.9.0] - 2026-01-02
### New
## [1.10.0] - 2026-01-01
## 1.8.0
`;
    expect(changelogProblems(text, '2.0.0')).toEqual([
      'begins with "[1.9.0] - 2026-01-02", not with [Unreleased]',
      'not "[1.2.3] - 2026-01-31": 1.8.0',
      'no kind of change: New',
      'tells nothing of 2.0.0',
    ]);
    const released = '## [Unreleased]\n## [1.9.0] - 2026-01-02\n### Fixed\n## [1.10.0] - 2026-01-01\n';
    expect(changelogProblems(released, '1.9.0')).toEqual(['out of order: 1.10.0']);
    expect(changelogProblems('## [Unreleased]\n## [1.10.0] - 2026-01-02\n## [1.9.0] - 2026-01-01\n', '1.10.0')).toEqual(
      [],
    );
  });
});
