import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A page of the sandbox: its bytes and headers. */
export interface Page {
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
}

/** Reads `page.html`; the policy lets it run its own script and style (by their hashes), talk to the sandbox, and nothing else. */
export function loadPage(): Page {
  const html = readFileSync(new URL('page.html', import.meta.url), 'utf8');
  const policy = [
    "default-src 'none'",
    `script-src ${inlineHash(html, 'script')}`,
    `style-src ${inlineHash(html, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return {
    html,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    },
  };
}

function inlineHash(html: string, element: 'script' | 'style'): string {
  const content = new RegExp(`<${element}>([^]*?)</${element}>`).exec(html)?.[1] ?? '';
  return `'sha256-${hash('sha256', content, 'base64')}'`;
}
