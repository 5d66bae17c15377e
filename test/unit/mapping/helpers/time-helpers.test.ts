import { describe, expect, it } from 'vitest';
import { Budget } from '../../../../connector/mapping/bounds/budget.ts';
import { timeHelpers } from '../../../../connector/mapping/helpers/time-helpers.ts';

// What each helper gives is tested by its example (table.test.ts); here are the edges that an example does not show.

function run(name: string, ...values: unknown[]): unknown {
  const found = timeHelpers.find(of => of.name === name);
  if (found === undefined) throw new Error(`no helper ${name}`);
  return found.run(values, new Budget());
}

const at = (text: string) => new Date(text);

describe('the helpers about time', () => {
  it('format reads text on the clock that it writes', () => {
    expect(run('format', '2026-11-23', 'yyyy/MM/dd (EEEE)', 'Asia/Hong_Kong', 'zh_HK')).toBe('2026/11/23 (星期一)');
    expect(run('format', '2026-11-23T16:30:00Z', 'dd HH:mm', 'Asia/Hong_Kong', 'en_US')).toBe('24 00:30');
  });

  it('minutesBetween counts whole minutes, and backwards too', () => {
    expect(run('minutesBetween', at('2026-11-23T10:00:00Z'), at('2026-11-23T10:01:59.999Z'))).toBe(1n);
    expect(run('minutesBetween', at('2026-11-23T10:01:59Z'), at('2026-11-23T10:00:00Z'))).toBe(-1n);
  });

  it('millis is exact before 1970', () => expect(run('millis', new Date(-1))).toBe(-1n));

  it('crossDay says nothing on the same day', () => {
    const same = [at('2026-11-23T01:00:00Z'), 'Asia/Hong_Kong', at('2026-11-23T05:00:00Z'), 'Asia/Tokyo', 'zh_HK'];
    expect(run('crossDay', ...same)).toBe('');
  });

  it('inZone and moment agree', () => {
    const digits = at('2026-06-01T12:00:00Z');
    expect(run('inZone', digits, 'Europe/London')).toEqual(run('moment', '2026-06-01 12:00:00', 'Europe/London'));
  });
});
