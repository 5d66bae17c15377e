import { describe, expect, it } from 'vitest';
import {
  calledIn,
  checkedNode,
  countNodes,
  meantBy,
  partsOf,
  stepOf,
} from '../../../../connector/mapping/expressions/checked-node.ts';
import { openEnvironment } from '../../../../connector/mapping/expressions/expression.ts';

const nodeOf = (text: string) => meantBy(checkedNode(openEnvironment().cel.parse(text).ast));

describe('a checked node', () => {
  it('is the comprehension that a macro of the library stands for', () => {
    expect(nodeOf('row.list.map(x, x + 1)').op).toBe('comprehension');
    expect(stepOf(nodeOf('row.list.map(x, x + 1)'))?.op).toBe('accuPush');
    expect(stepOf(nodeOf('row.list'))).toBeNull();
  });

  it('has the nodes of lists, maps and calls among its parts', () => {
    expect(partsOf(nodeOf('[1, {"a": row.b}]').args).map(({ op }) => op)).toEqual(['value', 'map']);
    expect(partsOf(nodeOf('{"a": row.b}').args).map(({ op }) => op)).toEqual(['value', '.']);
    expect(calledIn(nodeOf('row.a.contains("b")'))).toBe('contains');
  });

  it('counts the nodes of an expression, those of comprehensions too', () => {
    expect(countNodes(nodeOf('1 + 2'))).toBe(3);
    expect(countNodes(nodeOf('row.list.all(x, x > 1)'))).toBeGreaterThan(5);
  });
});
