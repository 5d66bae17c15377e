import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The packages that others of the lock file take on some platform, and that it does not name. */
function missingIn(packages: Readonly<Record<string, LockedPackage>>): string[] {
  const wanted = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
  return wanted.filter(name => !Object.keys(packages).some(path => path.endsWith(`node_modules/${name}`))).sort();
}

describe('package-lock.json', () => {
  it('names the packages of every platform, without which `npm ci` refuses it', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      readonly packages: Readonly<Record<string, LockedPackage>>;
    };
    const remedy =
      'npm leaves out those of other platforms where node_modules is there (npm/cli#4828): copy package.json and package-lock.json ' +
      'to an empty folder, run `npm install --package-lock-only` there, and copy the lock file back';
    expect(missingIn(packages), remedy).toEqual([]);
  });

  it('would be found to miss one', () => {
    const packages = { '': {}, 'node_modules/a': { optionalDependencies: { 'a-linux': '1', '@a/mac': '1' } } };
    expect(missingIn({ ...packages, 'node_modules/a/node_modules/a-linux': {} })).toEqual(['@a/mac']);
  });
});
