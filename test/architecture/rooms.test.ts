import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const configuration: { forbidden: IFlattenedRuleSet['forbidden']; options: ICruiseOptions } = createRequire(
  import.meta.url,
)(join(root, '.dependency-cruiser.cjs'));

async function cruiseIn(folder: string, paths: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(paths, {
    ...configuration.options,
    baseDir: folder,
    validate: true,
    ruleSet: { forbidden: configuration.forbidden ?? [] },
  });
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with text');
  return output;
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(root, join(entry.parentPath, entry.name)));
}

describe('the rooms', () => {
  it('import only what they may', async () => {
    // Of the tests only what the rules speak of: the parser does not know `await using`, which the others use.
    const result = await cruiseIn(root, ['connector', 'test/sandbox']);
    // A parser that cannot read TypeScript finds no modules, and then no violations either.
    const own = result.modules.filter(module => /^(connector|test)\/.*\.ts$/.test(module.source));
    expect(own.length).toBeGreaterThan(80);
    expect(own.some(module => module.dependencies.length > 3)).toBe(true);
    expect(result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  });

  // One violation of each rule: the file that breaks it, and what it imports.
  const planted: readonly (readonly [rule: string, from: string, imports: string])[] = [
    ['no-cycles', 'connector/order/a.ts', './b.ts'],
    ['inner-imports-no-world', 'connector/flow/a.ts', 'node:fs'],
    ['inner-imports-no-packages', 'connector/mapping/a.ts', 'undici'],
    ['only-mapping-imports-packages', 'connector/order/a.ts', 'zod'],
    ['inner-imports-no-outer', 'connector/flow/a.ts', '../delivery/b.ts'],
    ['kernel-imports-nothing', 'connector/kernel/a.ts', '../order/b.ts'],
    ['order-imports-kernel-only', 'connector/order/a.ts', '../flow/b.ts'],
    ['mapping-and-flow-do-not-meet', 'connector/mapping/a.ts', '../flow/b.ts'],
    ...[
      'settings',
      'source',
      'delivery',
      'journal',
      'dead-letter',
      'observe',
      'kafka',
      'registry',
      'avro',
      'keys',
      'http',
    ].map(room => [`${room}-meets-no-other-outer-room`, `connector/${room}/a.ts`, '../cli/b.ts'] as const),
    ['tracing-meets-no-other-outer-room', 'connector/tracing/a.ts', '../delivery/b.ts'],
    ['cli-meets-no-other-outer-room', 'connector/cli/a.ts', '../delivery/b.ts'],
    ['outer-sees-only-ports-of-flow', 'connector/delivery/a.ts', '../flow/b.ts'],
    ['tools-serve-the-command-line-only', 'connector/main.ts', './tools/b.ts'],
    ['tools-print-nothing', 'connector/tools/a.ts', '../cli/b.ts'],
    ['kafkajs-behind-its-port', 'connector/source/a.ts', 'kafkajs'],
    ['opentelemetry-in-one-room', 'connector/delivery/a.ts', '@opentelemetry/api'],
    ['opentelemetry-sdk-where-it-is-loaded-late', 'connector/tracing/a.ts', '@opentelemetry/sdk-trace'],
    ['connector-imports-no-test', 'connector/main.ts', '../test/b.ts'],
    ['sandbox-is-independent', 'test/sandbox/a.ts', '../../connector/kernel/b.ts'],
  ];

  it('have a planted violation for every rule', () => {
    expect(planted.map(([rule]) => rule).sort()).toEqual((configuration.forbidden ?? []).map(rule => rule.name).sort());
  });

  it.each(planted)('%s is found when it is broken', async (rule, from, imports) => {
    const folder = mkdtempSync(join(tmpdir(), 'rooms-'));
    try {
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
      writeFileSync(join(folder, 'package.json'), readFileSync(join(root, 'package.json')));
      const write = (path: string, text: string) => {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      };
      write(from, `import type * as x from '${imports}';\nexport type X = typeof x;\n`);
      if (imports.startsWith('.')) {
        const back =
          rule === 'no-cycles' ? `import type { X } from './a.ts';\nexport type Y = X;\n` : 'export type Y = 1;\n';
        write(join(dirname(from), imports), back);
      }
      const result = await cruiseIn(folder, [from]);
      expect(result.summary.violations.map(violation => violation.rule.name)).toContain(rule);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('have a test for each inner file with logic', () => {
    const withoutLogic = /\b(function|class|=>)\b|=>/;
    const missing = ['kernel', 'order', 'mapping', 'flow']
      .flatMap(room => filesBelow(join(root, 'connector', room)))
      .filter(file => file.endsWith('.ts') && withoutLogic.test(readFileSync(join(root, file), 'utf8')))
      .filter(file => {
        const mirror = file.replace(/^connector\//, 'test/unit/').replace(/\.ts$/, '');
        return !existsSync(join(root, `${mirror}.test.ts`)) && !existsSync(join(root, `${mirror}.property.test.ts`));
      });
    expect(missing).toEqual([]);
  });
});
