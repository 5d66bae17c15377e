import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly user?: string;
}

const file = join(import.meta.dirname, '../../../docker-compose.yml');
const { services } = parse(readFileSync(file, 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
};

/** What a service may that it need not. */
function weaknesses({ cap_drop, security_opt, privileged }: Service): readonly string[] {
  return [
    ...(cap_drop?.includes('ALL') ? [] : ['keeps capabilities']),
    ...(security_opt?.includes('no-new-privileges:true') ? [] : ['may gain privileges']),
    ...(privileged ? ['is privileged'] : []),
  ];
}

describe('docker-compose.yml', () => {
  it('takes the capabilities and the way to new privileges from every service', () => {
    expect(Object.keys(services)).toContain('postgres');
    const weak = Object.entries(services).flatMap(([name, service]) =>
      weaknesses(service).map(one => `${name} ${one}`),
    );
    expect(weak).toEqual([]);
  });

  it('gives capabilities back to the database only, whose image begins as root and becomes postgres', () => {
    const given = Object.entries(services).flatMap(([name, { cap_add = [] }]) => cap_add.map(one => `${name} ${one}`));
    expect(given.sort()).toEqual(['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'].map(one => `postgres ${one}`));
  });

  it('would be found to leave rights', () => {
    expect(weaknesses({})).toEqual(['keeps capabilities', 'may gain privileges']);
    expect(weaknesses({ privileged: true, cap_drop: ['ALL'] })).toEqual(['may gain privileges', 'is privileged']);
  });
});
