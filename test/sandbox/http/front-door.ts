import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ControlParts, control } from './control-api.ts';
import type { LiveEvents } from './live-events.ts';
import type { Page } from './page.ts';
import { readBody } from './read-body.ts';
import { type SyncParts, serveSync } from './sync-endpoint.ts';
import { isForUs, isFromOwnPage } from './visitor.ts';

const controlBytesMax = 1_048_576;

/** All that is behind the one port. */
export interface FrontDoorParts {
  readonly sync: SyncParts;
  readonly control: ControlParts;
  readonly events: LiveEvents;
  readonly page: Page;
  /** Names of this server in `Host`, beside IP addresses and `localhost`; in lower case. */
  readonly hostNames: readonly string[];
}

/** Leads each request to the page, the control API (`/sandbox/…`) or the API itself, which also answers what nobody else does. */
export async function serve(request: IncomingMessage, response: ServerResponse, parts: FrontDoorParts): Promise<void> {
  if (!isForUs(request.headers, parts.hostNames)) {
    return sendJson(response, 421, { error: 'the Host header names another server; --allow-host adds a name' });
  }
  const url = request.url ?? '';
  const file = request.method === 'GET' ? parts.page.get(url.split('?', 1)[0] ?? '') : undefined;
  if (file !== undefined) {
    response.writeHead(200, file.headers).end(file.bytes);
  } else if (url.startsWith('/sandbox/')) {
    await serveControl(request, response, parts);
  } else {
    await serveSync(request, response, parts.sync);
  }
}

async function serveControl(request: IncomingMessage, response: ServerResponse, parts: FrontDoorParts): Promise<void> {
  const url = URL.parse(request.url ?? '', 'http://sandbox');
  const method = request.method ?? '';
  if (url === null) return sendJson(response, 400, { error: 'the URL is not one' });
  // A web page of another origin may not change the sandbox in its visitor's browser.
  if (!isFromOwnPage(method, request.headers)) return sendJson(response, 403, { error: 'not from another page' });
  if (method === 'GET' && url.pathname === '/sandbox/events') {
    return parts.events.open(response, url.searchParams.get('user'));
  }
  const read = await readBody(request, controlBytesMax);
  if (read.kind === 'aborted') return;
  if (read.kind === 'too-large') return sendJson(response, 413, { error: `at most ${controlBytesMax} bytes` });
  const body = parseJson(read.bytes);
  if (body.kind === 'invalid') return sendJson(response, 400, { error: 'the body is not JSON' });
  const answer = control({ method, path: url.pathname, query: url.searchParams, body: body.json }, parts.control);
  sendJson(response, answer.status, answer.json);
}

function parseJson(
  bytes: Uint8Array,
): { readonly kind: 'read'; readonly json: unknown } | { readonly kind: 'invalid' } {
  if (bytes.length === 0) return { kind: 'read', json: undefined };
  try {
    return { kind: 'read', json: JSON.parse(new TextDecoder().decode(bytes)) };
  } catch {
    return { kind: 'invalid' };
  }
}

function sendJson(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`${JSON.stringify(json)}\n`);
}
