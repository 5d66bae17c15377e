import { describe, expect, it } from 'vitest';
import { Fault } from '../../../../connector/kernel/fault.ts';
import { systemClock } from '../../../../connector/system-clock.ts';
import { Examination, optional, type Subject } from '../../../../connector/tools/check/examination.ts';
import { type Looked, well } from '../../../../connector/tools/check/finding.ts';

const never = new AbortController().signal;
const hour = 3_600_000;

function examine(limitMs = hour, stop = never) {
  const told: string[] = [];
  const examination = new Examination(systemClock, limitMs, stop, ({ done, of, underway }) => {
    told.push(`${done}/${of} ${underway.join(',')}`);
  });
  return { examination, told };
}

const subject = (title: string, group: Subject['group'] = 'Kafka', limitMs = hour): Subject => ({
  group,
  id: title,
  title,
  limitMs,
});

const fine = <T>(title: string, value: T): Looked<T> => ({ found: [well(title, title, 'as it should be')], value });

describe('an examination', () => {
  it('tells its findings by group, in the order in which the looks were begun', async () => {
    const { examination } = examine();
    const gate = Promise.withResolvers<void>();
    examination.look(subject('last', 'AlipayHK'), [], () => fine('last', 1));
    examination.look(subject('slow'), [], () => gate.promise.then(() => fine('slow', 1)));
    examination.look(subject('quick'), [], () => {
      gate.resolve();
      return fine('quick', 1);
    });
    expect((await examination.findings()).map(({ title }) => title)).toEqual(['slow', 'quick', 'last']);
  });

  it('gives what was found to those that need it, and skips those that do not get it', async () => {
    const { examination } = examine();
    const a = examination.look(subject('a'), [], () => fine('a', 2));
    const b = examination.look(subject('b'), [], () => ({ found: [], value: null }));
    const c = examination.look(subject('c'), [a], value => fine(`c of ${value}`, value * 2));
    examination.look(subject('d'), [a, b, c], () => fine('d', 1));
    examination.look(subject('e'), [c, optional(b)], (value, { value: missing }) => fine(`e ${value} ${missing}`, 1));
    expect(await examination.findings()).toMatchObject([
      { title: 'a', state: 'well' },
      { title: 'c of 2', state: 'well' },
      { title: 'd', state: 'skipped', detail: 'needs what was not found above: b', remedy: null },
      { title: 'e 4 null', state: 'well' },
    ]);
  });

  it('takes what is thrown for a finding, without secrets and ids', async () => {
    const { examination } = examine();
    examination.look(subject('fault'), [], () => {
      throw new Fault('KAFKA_REFUSED', { detail: 'no, order 20260001234567' });
    });
    examination.look(subject('defect'), [], () => Promise.reject(new Error('Bearer abcdefgh')));
    expect(await examination.findings()).toMatchObject([
      {
        state: 'failed',
        detail: 'no, order 20…67',
        remedy: 'check the rights of the Kafka user (read, write, describe, group)',
      },
      { state: 'failed', detail: 'Bearer [secret]', remedy: 'this was not expected; please report it' },
    ]);
  });

  it('waits for each only so long', async () => {
    const { examination } = examine();
    examination.look(subject('late', 'Kafka', 1), [], () => new Promise<Looked<1>>(() => undefined));
    expect(await examination.findings()).toMatchObject([{ state: 'failed', detail: 'no answer within 0.001 s' }]);
  });

  it('ends when all takes too long, or is stopped', async () => {
    const stop = new AbortController();
    for (const { examination } of [examine(1), examine(hour, stop.signal)]) {
      const stuck = examination.look(subject('stuck'), [], () => new Promise<Looked<1>>(() => undefined));
      examination.look(subject('next'), [stuck], () => fine('next', 1));
      stop.abort();
      const skipped = { state: 'skipped', detail: 'there was no time left for it' };
      expect(await examination.findings()).toMatchObject([skipped, skipped]);
    }
  });

  it('tells how it goes on', async () => {
    const { examination, told } = examine();
    const a = examination.look(subject('a'), [], () => fine('a', 1));
    examination.look(subject('b'), [a], () => fine('b', 1));
    await examination.findings();
    expect(told).toEqual(['0/2 a', '1/2 ', '1/2 b', '2/2 ']);
  });
});
