import { beforeEach, describe, expect, it } from 'vitest';
import { ProgressLine, spanOf } from '../../../../connector/cli/replay/progress.ts';

let now: number;
let printed: string[];

beforeEach(() => {
  [now, printed] = [10_000, []];
});

const line = (isTerminal: boolean) =>
  new ProgressLine({ print: text => void printed.push(text), isTerminal, now: () => now });

describe('the progress of a replay', () => {
  it('is a line every two seconds, with the pace since its first word and what is left', () => {
    const progress = line(false);
    progress.tell('reading', 0, 1_000);
    for (let done = 100; done <= 500; done += 100) {
      now += 1_000;
      progress.tell('reading', done, 1_000);
    }
    now += 1_000;
    progress.tell('putting back', 10, 90);
    now += 2_000;
    progress.tell('putting back', 30, 90);
    progress.end();
    expect(printed).toEqual([
      '200 of 1000 records read, 100 a second, 8 s left\n',
      '400 of 1000 records read, 100 a second, 6 s left\n',
      '30 of 90 orders put back, 10 a second, 6 s left\n',
    ]);
  });

  it('is one line that is written over where a person looks on', () => {
    const progress = line(true);
    progress.tell('reading', 0, 10);
    for (const done of [2, 4]) {
      now += 2_000;
      progress.tell('reading', done, 10);
    }
    progress.end();
    progress.end();
    expect(printed).toEqual([
      '\r2 of 10 records read, 1 a second, 8 s left\x1b[K',
      '\r4 of 10 records read, 1 a second, 6 s left\x1b[K',
      '\n',
    ]);
  });

  it('promises nothing where it stands still', () => {
    const progress = line(false);
    progress.tell('reading', 0, 10);
    now += 2_000;
    progress.tell('reading', 0, 10);
    expect(printed).toEqual(['0 of 10 records read, 0 a second\n']);
  });

  it.each([
    [500, '1 s'],
    [99_000, '99 s'],
    [100_000, '2 min'],
    [5_940_000, '99 min'],
    [11_100_000, '3 h 5 min'],
  ])('says %i ms as %s', (ms, text) => {
    expect(spanOf(ms)).toBe(text);
  });
});
