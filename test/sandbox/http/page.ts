import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the page: its bytes and headers. */
export interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** The page's files by their paths: `/` and `/page/…`. */
export type Page = ReadonlyMap<string, PageFile>;

const folder = fileURLToPath(new URL('../page', import.meta.url));
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

// Own scripts and styles only, no other host, no frames; and the browser itself refuses text that would become markup.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Reads the folder `page/` as it is: there is nothing to build. */
export function loadPage(): Page {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap(name => {
    const type = types[path.extname(name)];
    if (type === undefined) return [];
    const url = name === 'index.html' ? '/' : `/page/${name.replaceAll(path.sep, '/')}`;
    const file: PageFile = { headers: headersOf(type), bytes: readFileSync(path.join(folder, name)) };
    return [[url, file] as const];
  });
  return new Map(files);
}

function headersOf(type: string): Record<string, string> {
  return {
    'Content-Type': type,
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  };
}
