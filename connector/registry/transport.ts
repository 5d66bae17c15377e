import { Agent, type Dispatcher, request } from 'undici';
import { dispatchErrorText, openProxyDispatcher } from '../http/proxy-dispatcher.ts';
import { messageOf } from '../kernel/fault.ts';
import type { HttpProxy } from '../kernel/proxy.ts';
import type { Secret } from '../kernel/secret.ts';
import type { DurationMs } from '../kernel/time.ts';
import { type TlsMaterial, tlsOptions } from '../kernel/tls-material.ts';

/** Where the registry is and how to be let in. */
export interface RegistryAddress {
  /** Base URL of a Confluent-compatible API. User and password in it are taken for basic authentication. */
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
  /** Goes before basic authentication. */
  readonly bearerToken?: Secret;
  readonly tls: TlsMaterial | null;
  /** Absent: requests go directly. */
  readonly proxy?: HttpProxy;
  /** Time-out of one request, to the last byte of its answer. */
  readonly timeoutMs: DurationMs;
}

/** Most bytes of one answer. Confluent's registry keeps a schema in a Kafka record, which has 1 MB at most unless set otherwise. */
export const answerBytesMax = 4_194_304;

/** How a registry is asked. */
export interface Transport {
  /** Base URL, without credentials. */
  readonly host: string;
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: DurationMs;
  readonly headers: Readonly<Record<string, string>>;
}

/** Opens a transport; it keeps no connection between calls. */
export function openTransport(address: RegistryAddress): Transport {
  const requests = {
    // A connection each: schemas are asked for so seldom that a kept one would be closed at the other end.
    pipelining: 0,
    maxResponseSize: answerBytesMax,
    connect: tlsOptions(address.tls),
  };
  const dispatcher = address.proxy ? openProxyDispatcher(address.proxy, requests) : new Agent(requests);
  return {
    host: withoutCredentials(address.url).replace(/\/$/, ''),
    dispatcher,
    timeoutMs: address.timeoutMs,
    headers: { accept: 'application/vnd.schemaregistry.v1+json, application/json', ...authorization(address) },
  };
}

/** Why an answer holds no schema. */
export class NoSchema extends Error {
  readonly kind: 'unknown' | 'unreadable' | 'silent';

  constructor(kind: NoSchema['kind'], problem: string) {
    super(problem);
    this.name = 'NoSchema';
    this.kind = kind;
  }
}

/** Throws {@link NoSchema} where there is no answer. */
export async function exchange(
  method: 'GET' | 'POST',
  url: string,
  { dispatcher, timeoutMs, headers }: Transport,
  signal: AbortSignal,
  body?: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await request(url, {
      method,
      dispatcher,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/vnd.schemaregistry.v1+json' },
      signal: AbortSignal.any([signal, timeout]),
      ...(body !== undefined && { body }),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (error) {
    if (codeOf(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
      throw new NoSchema('unreadable', `${method} ${url}: the answer has more than ${answerBytesMax} bytes`);
    const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error);
    throw new NoSchema('silent', `${method} ${url}: ${reason}`);
  }
}

/** A refused connection to a name with two addresses has no text of its own, only a code. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? dispatchErrorText(error) : messageOf(error);
  return text || String(codeOf(error));
}

function codeOf(error: unknown): unknown {
  const { code }: { readonly code?: unknown } = Object(error);
  return code;
}

/** What may stand in an answer: nothing in it is certain. */
export interface AnswerBody {
  readonly version?: unknown;
  readonly is_compatible?: unknown;
  readonly messages?: unknown;
  readonly id?: unknown;
  readonly message?: unknown;
  readonly schema?: unknown;
  readonly schemaType?: unknown;
  readonly references?: unknown;
  readonly error_code?: unknown;
}

/** An answer's body; empty where it is no JSON. */
export function parsed(text: string): AnswerBody {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/**
 * Does an answer of HTTP 404 say that there is no such subject, version or schema? Confluent, Karapace and Apicurio have codes for
 * it. Apicurio before 2.1 has only `404` (Apicurio/apicurio-registry#1530), as Confluent's has for a path that it does not know:
 * there its sentence decides.
 */
export function saysAbsent({ error_code, message }: AnswerBody): boolean {
  if (error_code === 40401 || error_code === 40402 || error_code === 40403) return true;
  return error_code === 404 && typeof message === 'string' && /^No (?:artifact|version|content|rule) /.test(message);
}

function authorization({ url, username, password, bearerToken }: RegistryAddress): Record<string, string> {
  if (bearerToken !== undefined) return { authorization: `Bearer ${bearerToken.reveal()}` };
  const inUrl = new URL(url);
  const user = username ?? decodeURIComponent(inUrl.username);
  if (user === '') return {};
  const pass = password?.reveal() ?? decodeURIComponent(inUrl.password);
  return { authorization: `Basic ${Buffer.from(`${user}:${pass}`).toString('base64')}` };
}

function withoutCredentials(url: string): string {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}
