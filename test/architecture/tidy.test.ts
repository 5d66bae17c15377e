import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Style that Biome cannot express, as a test (TigerBeetle's tidy.zig). Each rule has a planted example that it must find. */
interface Rule {
  readonly name: string;
  readonly applies: (path: string) => boolean;
  readonly find: (path: string, text: string) => readonly string[];
  readonly planted: { readonly path: string; readonly text: string };
}

const inner = /^connector\/(kernel|order|mapping|flow)\//;
const source = (path: string) => path.endsWith('.ts');
const linesMatching = (pattern: RegExp) => (path: string, text: string) =>
  text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []));

const rules: readonly Rule[] = [
  {
    name: 'inner rooms take chance from the Random port',
    applies: path => inner.test(path),
    find: linesMatching(/Math\.random/),
    planted: { path: 'connector/flow/a.ts', text: 'const x = Math.random();' },
  },
  {
    name: 'the mapping takes the time from the change',
    applies: path => inner.test(path),
    find: linesMatching(/Date\.now\(|new Date\(\)/),
    planted: { path: 'connector/mapping/a.ts', text: 'const now = new Date();' },
  },
  {
    name: 'nothing is left to be done',
    applies: source,
    find: linesMatching(new RegExp(`\\b(TO${'DO'}|FIX${'ME'}|XX${'X'}|HA${'CK'})\\b`)),
    planted: { path: 'connector/a.ts', text: `// TO${'DO'}: later` },
  },
  {
    name: 'no test is skipped or alone',
    applies: path => path.endsWith('.test.ts'),
    find: linesMatching(/\b(it|describe|test)\.(skip|only|todo|fails)\b/),
    planted: { path: 'test/unit/a.test.ts', text: `it.${'only'}('x', () => {});` },
  },
  {
    name: 'the product has no test mode',
    applies: path => path.startsWith('connector/'),
    find: linesMatching(/env\W+(?:NODE_ENV|VITEST)/),
    planted: { path: 'connector/a.ts', text: "if (process.env.NODE_ENV === 'test') x();" },
  },
  {
    name: 'names say what a thing is',
    applies: path => path.startsWith('connector/'),
    find: linesMatching(
      /^export (?:async )?(?:function|class|const|interface|type) \w*(?:Manager|Util|Handler|Processor|Data|Item)\b/,
    ),
    planted: { path: 'connector/a.ts', text: 'export class OrderManager {}' },
  },
  {
    name: 'a file is at most 400 lines long',
    applies: path => path.startsWith('connector/') && source(path),
    find: (path, text) => (text.split('\n').length > 401 ? [`${path}: ${text.split('\n').length - 1} lines`] : []),
    planted: { path: 'connector/a.ts', text: 'x\n'.repeat(401) },
  },
  {
    name: 'a test file is at most 400 lines long',
    applies: path => path.startsWith('test/') && source(path),
    find: (path, text) => (text.split('\n').length > 401 ? [`${path}: ${text.split('\n').length - 1} lines`] : []),
    planted: { path: 'test/a.ts', text: 'x\n'.repeat(401) },
  },
  {
    name: 'exported things say what they promise',
    applies: path => path.startsWith('connector/') && source(path),
    find: (path, text) => {
      const lines = text.split('\n');
      return lines.flatMap((line, index) =>
        /^export (?:async )?(?:function|class|const|interface|type) /.test(line) &&
        !/\*\/\s*$/.test(lines[index - 1] ?? '')
          ? [`${path}:${index + 1}: ${line}`]
          : [],
      );
    },
    planted: { path: 'connector/a.ts', text: 'export const a = 1;' },
  },
];

function ownFiles(): string[] {
  return ['connector', 'test', 'config', 'schemas', '.ci'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => relative(root, join(entry.parentPath, entry.name)))
      .filter(path => !path.includes('node_modules')),
  );
}

describe('tidy', () => {
  it.each(rules)('$name', ({ applies, find }) => {
    const found = ownFiles()
      .filter(applies)
      .flatMap(path => find(path, readFileSync(join(root, path), 'utf8')));
    expect(found).toEqual([]);
  });

  it.each(rules)('would find a breach of: $name', ({ applies, find, planted }) => {
    expect(applies(planted.path)).toBe(true);
    expect(find(planted.path, planted.text)).not.toEqual([]);
  });

  it('keeps folders small enough to take in', () => {
    const folders = readdirSync(join(root, 'connector'), { withFileTypes: true }).filter(entry => entry.isDirectory());
    const full = folders
      .filter(({ name }) => readdirSync(join(root, 'connector', name)).length > 18)
      .map(({ name }) => name);
    expect(full).toEqual([]);
  });
});
