import { describe, expect, it } from 'vitest';
import { Fault } from '../../../../connector/kernel/fault.ts';
import { systemClock } from '../../../../connector/system-clock.ts';
import { type CheckOrder, check } from '../../../../connector/tools/check/check.ts';
import type { CheckParts } from '../../../../connector/tools/check/parts.ts';
import { leastYaml, settingsOf } from '../../settings/loading.ts';

const unreachable = new Fault('KAFKA_UNREACHABLE', { detail: 'no broker answers' });

/** A world in which nothing answers. */
function emptyWorld() {
  const closed: string[] = [];
  const refuse = () => Promise.reject(unreachable);
  const parts: CheckParts = {
    clock: systemClock,
    dial: async () => null,
    probe: async () => ({ connected: null, secured: null, answered: null, problem: 'connection refused' }),
    openKafka: () => ({
      inspector: {
        describe: refuse,
        describeGroup: refuse,
        settingsOf: refuse,
        close: async () => void closed.push('inspector'),
      },
      admin: { offsetsOf: refuse, close: async () => void closed.push('admin') },
      reader: { tail: refuse, close: async () => void closed.push('reader') },
    }),
    openRegistry: () => ({
      subjects: {
        latest: async () => ({ kind: 'silent', problem: 'HTTP 503' }),
      },
      schemas: { typeOf: () => undefined, resolve: refuse },
    }),
  };
  return { parts, closed };
}

const order = (over: Partial<CheckOrder> = {}): CheckOrder => ({
  file: 'c.yaml',
  problems: [],
  settings: settingsOf(leastYaml),
  records: 20,
  limitMs: 60_000,
  stop: new AbortController().signal,
  ...over,
});

describe('a check', () => {
  it('tells what fails itself, skips what needs it, and closes what it opened', async () => {
    const { parts, closed } = emptyWorld();
    const findings = await check(order(), parts);
    const ids = (state: string) => [...new Set(findings.filter(one => one.state === state).map(({ id }) => id))];
    expect(ids('failed')).toEqual(['mapping', 'keys.ours', 'kafka.brokers', 'registry', 'platform.connection']);
    expect(ids('skipped')).toEqual(
      expect.arrayContaining([
        'topics',
        'schema.columns',
        'rows.decode',
        'rows.clocks',
        'journal.size',
        'group.members',
      ]),
    );
    expect(ids('well')).toEqual(['settings', 'kafka.connection']);
    expect(closed.sort()).toEqual(['admin', 'inspector', 'reader']);
    expect(
      findings.every(({ state, remedy }) => (state === 'failed') === (remedy !== null) || state === 'warning'),
    ).toBe(true);
  });

  it('goes on with the parts of settings that have no problem', async () => {
    const { observe, journal } = settingsOf(leastYaml);
    const problems = [{ path: 'kafka.brokers', source: 'c.yaml:2:1', problem: 'must be a list' }];
    const findings = await check(order({ problems, settings: { observe, journal } }), emptyWorld().parts);
    expect(findings[0]).toMatchObject({ id: 'settings', title: 'kafka.brokers', state: 'failed' });
    expect(findings.slice(1).every(({ state }) => state === 'skipped')).toBe(true);
    expect(findings.find(({ id }) => id === 'kafka.connection')?.detail).toBe(
      'needs what was not found above: the part kafka of the settings',
    );
  });
});
