import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../connector/cli/program.ts';
import { debeziumMariadbConnector, debeziumOrdersConnector } from '../../stack/debezium.ts';

// What the pages tell people to do is done here, and what they show is compared.

const root = join(import.meta.dirname, '../../..');
const pages = ['README.md', 'DESIGN.md', 'SECURITY.md', ...readdirSync(join(root, 'docs')).flatMap(pageOf)];
const read = (page: string) => readFileSync(join(root, page), 'utf8');

function pageOf(name: string): string[] {
  return name.endsWith('.md') ? [`docs/${name}`] : [];
}

/** The code block behind `<!-- what -->`. */
function block(page: string, what: string): string {
  const [, text] = new RegExp(`<!-- ${what} -->\\n\`\`\`\\w*\\n([\\s\\S]*?)\`\`\``).exec(read(page)) ?? [];
  if (text === undefined) throw new Error(`${page} has no block ${what}`);
  return text;
}

describe('the pages', () => {
  it.each(pages)('%s links to what is there', page => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? join(root, page) : join(root, dirname(page), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('show the Debezium connectors that the tests run with', () => {
    const place = { host: 'db', user: 'debezium', password: 'choose-one', database: 'shop' };
    const registryNativeUrl = 'http://registry:8080/apis/registry/v2';
    const postgres = debeziumOrdersConnector({ ...place, port: 5432, registryNativeUrl }).config;
    expect(JSON.parse(block('docs/connect-postgresql.md', 'debezium: postgresql'))).toEqual({
      ...postgres,
      // The page has the publication made by hand, by whoever owns the table.
      'publication.autocreate.mode': 'disabled',
    });
    const mariadb = { ...place, port: 3306, registryNativeUrl, serverId: 4711, kafka: 'kafka:9092' };
    expect(JSON.parse(block('docs/connect-mysql.md', 'debezium: mariadb'))).toEqual(
      debeziumMariadbConnector(mariadb).config,
    );
  });

  it('write a mapping that holds, and show what its tests print', async () => {
    const page = 'docs/write-a-mapping.md';
    const folder = mkdtempSync(join(tmpdir(), 'card-sync-page-'));
    const back = process.cwd();
    try {
      for (const file of ['tickets.yaml', 'tickets.test.yaml'])
        writeFileSync(join(folder, file), block(page, `file: ${file}`));
      const out: string[] = [];
      const print = (text: string) => void out.push(text);
      process.chdir(folder);
      const parts = { environment: {}, print, printError: print, run: () => Promise.resolve(1 as const) };
      const code = await runProgram(['test-mappings', 'tickets.yaml'], parts);
      expect(out.join('')).toBe(block(page, 'output: tickets'));
      expect(code).toBe(0);
    } finally {
      process.chdir(back);
      rmSync(folder, { recursive: true });
    }
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
