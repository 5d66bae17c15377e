import type { ServerResponse } from 'node:http';
import type { SignatureFate, WrittenAnswer } from '../http/write-answer.ts';
import type { Fault, FaultKind } from './fault.ts';

const garbage = Buffer.from([0x00, 0x9f, 0x7b, 0x22, 0xff, 0xfe, 0x5d, 0x0a, 0xc3, 0x28]);
const html =
  '<!doctype html><html><head><title>Gateway</title></head><body><h1>Service temporarily unavailable</h1></body></html>';

/** True if the client gets a whole result under this fault, right or injected. */
export function sendsResult(kind: FaultKind): boolean {
  return kind === 'result' || kind === 'slow' || kind === 'bad-signature' || kind === 'no-signature';
}

/** What a fault does to the answer's signature. */
export function signatureFate(fault: Fault | null): SignatureFate {
  if (fault?.kind === 'bad-signature') return 'bad';
  return fault?.kind === 'no-signature' ? 'missing' : 'good';
}

/**
 * Does to a connection what a fault says instead of sending the answer; `answer` is the true one, for `truncated`.
 * True if the client was sent something that ends as an HTTP answer does. Not for faults that send a result.
 */
export function breakAnswer(fault: Fault, response: ServerResponse, answer: WrittenAnswer | null): boolean {
  switch (fault.kind) {
    case 'timeout':
      return false; // The client, or the end of the sandbox, closes the connection.
    case 'drop':
      response.destroy();
      return false;
    case 'truncated':
      cutInTheMiddle(response, answer);
      return false;
    case 'garbage':
      return end(response, fault.status ?? 200, { 'Content-Type': 'application/json;charset=UTF-8' }, garbage);
    case 'html':
      return end(response, fault.status ?? 200, { 'Content-Type': 'text/html;charset=UTF-8' }, html);
    case 'empty':
      return end(response, fault.status ?? 200, {}, '');
    default:
      return endWithStatus(fault, response);
  }
}

function cutInTheMiddle(response: ServerResponse, answer: WrittenAnswer | null): void {
  if (answer === null) {
    response.destroy();
    return;
  }
  response.writeHead(200, answer.headers);
  response.write(answer.body.subarray(0, answer.body.length / 2), () => response.destroy());
}

function endWithStatus(fault: Fault, response: ServerResponse): boolean {
  const status = fault.status ?? 500;
  const headers: Record<string, string> = { 'Content-Type': 'text/plain;charset=UTF-8' };
  if (fault.retryAfter !== undefined) headers['Retry-After'] = String(fault.retryAfter);
  if (fault.location !== undefined) headers.Location = fault.location;
  else if (status >= 300 && status < 400) headers.Location = '/elsewhere';
  return end(response, status, headers, `HTTP ${status}, as asked for\n`);
}

function end(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): boolean {
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, hasBody ? { ...headers, 'Content-Length': Buffer.byteLength(body) } : headers);
  response.end(hasBody ? body : undefined);
  return true;
}
