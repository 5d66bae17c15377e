import { describe, expect, it } from 'vitest';
import {
  anyParam,
  intParam,
  pattern,
  scalarParam,
  span,
  textOrIntParam,
  textParam,
  texts,
  timeOrText,
  timeParam,
  zone,
} from '../../../../connector/mapping/helpers/params.ts';

const now = new Date(0);
const values = {
  text: 'a',
  int: 1n,
  float: 1.5,
  truth: true,
  time: now,
  list: ['a'],
  map: { a: 'b' },
  bytes: new Uint8Array(1),
};

describe('a param reads', () => {
  it.each([
    [textParam('x'), ['text']],
    [intParam('x'), ['int']],
    [textOrIntParam('x', ''), ['text', 'int']],
    [scalarParam('x'), ['text', 'int', 'truth']],
    [timeParam('x'), ['time']],
    [timeOrText, ['text', 'time']],
    [texts, ['text', 'map']],
    [anyParam('x'), Object.keys(values)],
  ])('$accepts and nothing else', (param, kinds) => {
    const read = Object.entries(values).filter(([, value]) => param.read(value) !== undefined);
    expect(read.map(([kind]) => kind)).toEqual(kinds);
  });

  it('no timestamp that is none', () => {
    expect(timeParam('x').read(new Date(Number.NaN))).toBeUndefined();
    expect(timeOrText.read(new Date(Number.NaN))).toBeUndefined();
  });
});

describe('a literal is checked at start:', () => {
  it('a zone is looked up', () => {
    expect(() => zone.verify?.('Asia/Hong_Kong')).not.toThrow();
    expect(() => zone.verify?.('Asia/HongKong')).toThrow('IANA');
  });

  it('a pattern is read', () => {
    expect(() => pattern.verify?.('yyyy-MM-dd')).not.toThrow();
    expect(() => pattern.verify?.('YYYY-MM-DD')).toThrow('the pattern may hold');
  });

  it('a span is read', () => {
    expect(() => span.verify?.('90m')).not.toThrow();
    expect(() => span.verify?.('90 minutes')).toThrow('not a span');
  });
});
