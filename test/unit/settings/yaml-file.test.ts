import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../connector/settings/yaml-file.ts';

const problemsOf = (text: string) => {
  const read = readYaml('f.yaml', text);
  return read.kind === 'problems' ? read.problems.map(({ source, problem }) => `${source} ${problem}`) : [];
};

describe('a YAML file', () => {
  it('tells where each key stands, or the nearest one above', () => {
    const read = readYaml('f.yaml', 'a:\n  b: 1\n  list:\n    - x\n    - y\n');
    if (read.kind === 'problems') throw new Error('has problems');
    expect(read.yaml.content).toEqual({ a: { b: 1, list: ['x', 'y'] } });
    expect(read.yaml.locate(['a', 'b'])).toBe('f.yaml:2:3');
    expect(read.yaml.locate(['a', 'list', 1])).toBe('f.yaml:5:7');
    expect(read.yaml.locate(['a', 'missing'])).toBe('f.yaml:1:1');
    expect(read.yaml.locate(['missing'])).toBe('f.yaml');
  });

  it.each([
    ['a: 1\nb: 2\na: 3\n', 'f.yaml:3:1 the key is given twice'],
    ['a: "x\n', 'f.yaml:2:1 something is missing here'],
    ['\ta: 1\n', 'f.yaml:1:1 the line is indented by a tab'],
    ['a: @x\n', 'f.yaml:1:4 text that begins with this character must stand in quotes'],
    ['a: !secret x\n', 'f.yaml:1:4 a tag (!name) is not known'],
    ['a: 1\n---\nb: 1\n', 'f.yaml:2:1 the file holds a second document'],
    ['a: *b\n', 'f.yaml an alias (*name) has no anchor'],
    ['a: b: c\n', 'f.yaml:1:4 a second ": " in one line'],
  ])('says where and what is wrong with %j', (text, problem) => {
    expect(problemsOf(text)[0]).toContain(problem);
  });

  it('does not grow without end through aliases', () => {
    const lines = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let i = 0; i < 8; i++) {
      const [from, to] = [String.fromCharCode(97 + i), String.fromCharCode(98 + i)];
      lines.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(',')}]`);
    }
    expect(problemsOf(lines.join('\n'))[0]).toContain('too many follow it');
  });

  it('repeats nothing of the text', () => {
    for (const text of ['a: @hunter2\n', 'a: "hunter2\\q"\n', 'hunter2\nb: 1\n', 'a: *hunter2\n', 'a: !hunter2 x\n']) {
      const problems = problemsOf(text);
      expect(problems).not.toEqual([]);
      expect(problems.join()).not.toContain('hunter2');
    }
  });
});
