import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type avro from 'avsc';
import { Agent, request } from 'undici';
import { annotatingHook } from '../avro/annotated-type.ts';
import { messageOf } from '../kernel/fault.ts';
import type { Secret } from '../kernel/secret.ts';
import type { DurationMs } from '../kernel/time.ts';
import type { TlsMaterial } from '../kernel/tls-material.ts';

/** Where the registry is and how to be let in. */
export interface RegistryAddress {
  /** Base URL of a Confluent-compatible API. User and password in it are taken for basic authentication. */
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
  /** Goes before basic authentication. */
  readonly bearerToken?: Secret;
  readonly tls: TlsMaterial | null;
  /** Time-out of one request, to the last byte of its answer. */
  readonly timeoutMs: DurationMs;
}

/** What came of asking for a schema. */
export type SchemaAnswer =
  | { readonly kind: 'found'; readonly type: avro.Type }
  /** The registry says that it has no such schema. */
  | { readonly kind: 'unknown'; readonly problem: string }
  /** There is a schema, but not one that can be read: not Avro, or not valid. */
  | { readonly kind: 'unreadable'; readonly problem: string }
  /** No answer, or none of a registry's: refused credentials, too many requests, an error, another server at that address. */
  | { readonly kind: 'silent'; readonly problem: string };

/** What came of registering a schema. */
export type RegisterAnswer =
  | { readonly kind: 'registered'; readonly id: number }
  /** The registry does not take it: it is not compatible with its subject's versions, not valid, or not ours to write. */
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'silent'; readonly problem: string };

/** Asks a registry, once a call. */
export interface RegistryClient {
  /** Gives a schema an id under a subject; the same one where it has it already. Never rejects; `silent` when the signal is aborted. */
  register(subject: string, schema: string, signal: AbortSignal): Promise<RegisterAnswer>;
  /** The schema of an id, with the schemas it refers to. Never rejects; `silent` when the signal is aborted. */
  find(id: number, signal: AbortSignal): Promise<SchemaAnswer>;
}

/** No schema is so large; more than this many bytes are not read. */
const answerBytesMax = 16_777_216;

/** Opens a client; it keeps no connection between calls. */
export function openRegistryClient(address: RegistryAddress): RegistryClient {
  const { ca, cert, key, serverName } = address.tls ?? {};
  const dispatcher = new Agent({
    // A connection each: schemas are asked for so seldom that a kept one would be closed at the other end.
    pipelining: 0,
    maxResponseSize: answerBytesMax,
    connect: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key: key.reveal() }),
      ...(serverName !== undefined && { servername: serverName }),
    },
  });
  const transport: Transport = {
    dispatcher,
    timeoutMs: address.timeoutMs,
    headers: { accept: 'application/vnd.schemaregistry.v1+json, application/json', ...authorization(address) },
  };
  const host = withoutCredentials(address.url);
  return {
    find: (id, signal) => find(id, host, url => ask(url, transport, signal)),
    register: (subject, schema, signal) => register(host, subject, schema, transport, signal),
  };
}

interface Transport {
  readonly dispatcher: Agent;
  readonly timeoutMs: DurationMs;
  readonly headers: Readonly<Record<string, string>>;
}

/** Why an answer holds no schema. */
class NoSchema extends Error {
  readonly kind: 'unknown' | 'unreadable' | 'silent';

  constructor(kind: NoSchema['kind'], problem: string) {
    super(problem);
    this.name = 'NoSchema';
    this.kind = kind;
  }
}

type Ask = (url: string) => Promise<unknown>;
type ClientArguments = ConstructorParameters<typeof SchemaRegistry>[0];
type Middleware = NonNullable<ClientArguments['middlewares']>[number];

/**
 * The kafkajs client finds its way through the API, references and kinds of schemas; the requests are ours. Its own have no
 * time-out, tell a network error as HTTP 400, are repeated as a default says that every client in the process changes
 * (`Object.assign(DEFAULT_RETRY, retry)`), and never settle when an error's body is the JSON text `null` (all read in the
 * source of 4.1.0). A client for each search, since it keeps every schema for ever, and so do we.
 */
async function find(id: number, host: string, ask: Ask): Promise<SchemaAnswer> {
  const instead: Middleware = () => ({
    // The last middleware is the outermost: where it does not call `next`, none of the others runs.
    response: async (next, _renew, request) => {
      const body = await ask(request.url());
      return { data: () => body } as unknown as Awaited<ReturnType<typeof next>>;
    },
  });
  const avroOptions = { [SchemaType.AVRO]: { typeHook: annotatingHook() } };
  const client = new SchemaRegistry({ host, middlewares: [instead] }, avroOptions);
  try {
    return { kind: 'found', type: (await client.getSchema(id)) as unknown as avro.Type };
  } catch (error) {
    if (error instanceof NoSchema) return { kind: error.kind, problem: error.message };
    // The client's name for a schema that avsc refuses; it does not export the class.
    if (error instanceof Error && error.name === 'ConfluentSchemaRegistryArgumentError')
      return { kind: 'unreadable', problem: `the schema with id ${id} is not valid: ${error.message}` };
    return { kind: 'silent', problem: `the answers for id ${id} cannot be used: ${messageOf(error)}` };
  }
}

/** The body of a schema's answer; throws {@link NoSchema} for any other. */
async function ask(url: string, transport: Transport, signal: AbortSignal): Promise<unknown> {
  const { status, text } = await exchange('GET', url, transport, signal);
  const body = parsed(text);
  // Only these: a proxy's or a wrong path's 404 says nothing of the schema, and must not make dead letters.
  if (status === 404 && isAbsence(body.error_code))
    throw new NoSchema('unknown', `GET ${url}: error_code ${body.error_code}`);
  if (status !== 200) throw new NoSchema('silent', `GET ${url}: HTTP ${status}`);
  if (typeof body.schema !== 'string')
    throw new NoSchema('silent', `GET ${url}: the answer is not a schema registry's`);
  const { schemaType = 'AVRO' } = body;
  if (schemaType !== 'AVRO') throw new NoSchema('unreadable', `GET ${url}: the schema is ${schemaType}, not AVRO`);
  return body;
}

/** A registry refuses a schema with 409 (not compatible) or 422 (not valid); other errors pass, or are another server's. */
async function register(
  host: string,
  subject: string,
  schema: string,
  transport: Transport,
  signal: AbortSignal,
): Promise<RegisterAnswer> {
  const url = `${host.replace(/\/$/, '')}/subjects/${encodeURIComponent(subject)}/versions`;
  try {
    const { status, text } = await exchange('POST', url, transport, signal, JSON.stringify({ schema }));
    const { id, message, error_code } = parsed(text);
    if (status === 200 && typeof id === 'number') return { kind: 'registered', id };
    const problem = `POST ${url}: HTTP ${status}${typeof message === 'string' ? `, ${message.slice(0, 300)}` : ''}`;
    const isRefusal = (status === 409 || status === 422 || status === 403) && typeof error_code === 'number';
    return { kind: isRefusal ? 'refused' : 'silent', problem };
  } catch (error) {
    return { kind: 'silent', problem: messageOf(error) };
  }
}

/** Throws {@link NoSchema} where there is no answer. */
async function exchange(
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
    const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error);
    throw new NoSchema('silent', `${method} ${url}: ${reason}`);
  }
}

/** A refused connection to a name with two addresses has no text of its own, only a code. */
function reasonOf(error: unknown): string {
  const { code }: { readonly code?: unknown } = Object(error);
  return messageOf(error) || String(code);
}

interface AnswerBody {
  readonly id?: unknown;
  readonly message?: unknown;
  readonly schema?: unknown;
  readonly schemaType?: unknown;
  readonly error_code?: unknown;
}

function parsed(text: string): AnswerBody {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Confluent's codes of a missing subject, version and schema; Apicurio's and Karapace's are the same. */
function isAbsence(errorCode: unknown): boolean {
  return errorCode === 40401 || errorCode === 40402 || errorCode === 40403;
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
