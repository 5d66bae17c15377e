import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allowedAtRunTime, allowedForTools, isAllowed, statedLicences } from './licences.ts';
import { root } from './npm.ts';

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const lock: { readonly packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
  readFileSync(join(root, 'package-lock.json'), 'utf8'),
);
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');
const nameOf = (path: string) => path.replace(/^.*node_modules\//, '');

/** `name@version: licence` of those that may not be used. */
function refused(packages: readonly (readonly [string, LockedPackage])[]): readonly string[] {
  return packages.flatMap(([path, { version, license, dev }]) => {
    const id = `${nameOf(path)}@${version}`;
    const stated = license ?? statedLicences[id];
    const allowed = dev === true ? allowedForTools : allowedAtRunTime;
    return stated !== undefined && isAllowed(stated, allowed) ? [] : [`${id}: ${stated ?? 'unknown'}`];
  });
}

/** `name: version` of those that are not one exact version. */
function inexact(versions: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(versions).flatMap(([name, version]) =>
    /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) ? [] : [`${name}: ${version}`],
  );
}

describe('the dependencies', () => {
  it('are exact versions, and locked with the hash of their content', () => {
    expect(inexact({ ...manifest.dependencies, ...manifest.devDependencies })).toEqual([]);
    expect(locked.length).toBeGreaterThan(100);
    expect(locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
    expect(inexact({ a: '^1.0.0', b: 'latest', c: '1.2.3-beta.4' })).toEqual(['a: ^1.0.0', 'b: latest']);
  });

  it('have licences that are known and allowed', () => {
    expect(refused(locked)).toEqual([]);
    expect(
      refused([
        ['node_modules/a', { version: '1.0.0' }],
        ['node_modules/b', { version: '1.0.0', license: 'GPL-3.0-only' }],
        ['node_modules/c', { version: '1.0.0', license: 'MPL-2.0' }],
        ['node_modules/d', { version: '1.0.0', license: 'MPL-2.0', dev: true }],
        ['node_modules/e', { version: '1.0.0', license: 'GPL-3.0-only OR MIT' }],
        ['node_modules/f', { version: '1.0.0', license: 'GPL-3.0-only AND MIT', dev: true }],
      ]),
    ).toEqual(['a@1.0.0: unknown', 'b@1.0.0: GPL-3.0-only', 'c@1.0.0: MPL-2.0', 'f@1.0.0: GPL-3.0-only AND MIT']);
  });

  it.each(Object.keys(statedLicences))('%s has the licence that we say it has', id => {
    const name = id.slice(0, id.lastIndexOf('@'));
    expect(lock.packages[`node_modules/${name}`]).toMatchObject({ version: id.slice(name.length + 1) });
    expect(lock.packages[`node_modules/${name}`]?.license).toBeUndefined();
    expect(readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8')).toMatch(
      /^MIT License\n|^Copyright Brian White\. All rights reserved\.\s+Permission is hereby granted, free of charge/,
    );
  });

  it('run a script at installation only where we say so', () => {
    const withScripts = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));
    const decided = Object.keys(manifest.allowScripts);
    expect(withScripts.filter(name => !decided.includes(name))).toEqual([]);
    expect(decided.filter(name => !withScripts.includes(name))).toEqual([]);
    // What is passed on runs none: the package works without.
    const atRunTime = withScripts.filter(name => lock.packages[`node_modules/${name}`]?.dev !== true);
    expect(atRunTime.filter(name => manifest.allowScripts[name])).toEqual([]);
  });
});
