import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type avro from 'avsc';
import { annotatingHook } from '../avro/annotated-type.ts';
import { messageOf } from '../kernel/fault.ts';
import {
  type AnswerBody,
  answerBytesMax,
  exchange,
  NoSchema,
  openTransport,
  parsed,
  type RegistryAddress,
  saysAbsent,
  type Transport,
} from './transport.ts';

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
  /**
   * The id of a schema under a subject: looked up first, which a user may who has no right to write, and registered where it is new.
   * Never rejects; `silent` when the signal is aborted.
   */
  register(subject: string, schema: string, signal: AbortSignal): Promise<RegisterAnswer>;
  /** The schema of an id, with the schemas it refers to. Never rejects; `silent` when the signal is aborted. */
  find(id: number, signal: AbortSignal): Promise<SchemaAnswer>;
}

/** Opens a client; it keeps no connection between calls. */
export function openRegistryClient(address: RegistryAddress): RegistryClient {
  const transport = openTransport(address);
  const { host } = transport;
  return {
    find: (id, signal) => find(id, transport, signal),
    register: (subject, schema, signal) => register(host, subject, schema, transport, signal),
  };
}

/** Most schemas that a schema refers to, and those that they refer to, together. */
const referencesMax = 100;

/** Most bytes of the answers that one schema takes, with those that it refers to. */
const searchBytesMax = 4 * answerBytesMax;

/** All requests for one schema take no longer than so many requests may. */
const searchTimeouts = 3;

type ClientArguments = ConstructorParameters<typeof SchemaRegistry>[0];
type Middleware = NonNullable<ClientArguments['middlewares']>[number];

/**
 * The kafkajs client finds its way through the API, references and kinds of schemas; the requests are ours. Its own have no
 * time-out, tell a network error as HTTP 400, are repeated as a default says that every client in the process changes
 * (`Object.assign(DEFAULT_RETRY, retry)`), and never settle when an error's body is the JSON text `null` (all read in the
 * source of 4.1.0). A client for each search, since it keeps every schema for ever, and so do we.
 */
async function find(id: number, transport: Transport, signal: AbortSignal): Promise<SchemaAnswer> {
  const ask = boundedAsk(transport, signal);
  const instead: Middleware = () => ({
    // The last middleware is the outermost: where it does not call `next`, none of the others runs.
    response: async (next, _renew, request) => {
      const body = await ask(request.url());
      return { data: () => body } as unknown as Awaited<ReturnType<typeof next>>;
    },
  });
  const avroOptions = { [SchemaType.AVRO]: { typeHook: annotatingHook() } };
  const client = new SchemaRegistry({ host: transport.host, middlewares: [instead] }, avroOptions);
  try {
    return { kind: 'found', type: (await client.getSchema(id)) as unknown as avro.Type };
  } catch (error) {
    if (error instanceof NoSchema) return { kind: error.kind, problem: error.message };
    // The client's name for a schema that avsc refuses; it does not export the class.
    if (error instanceof Error && error.name === 'ConfluentSchemaRegistryArgumentError')
      return {
        kind: 'unreadable',
        problem: `the schema with id ${id} is not valid: ${messageOf(error).slice(0, 300)}`,
      };
    return { kind: 'silent', problem: `the answers for id ${id} cannot be used: ${messageOf(error).slice(0, 300)}` };
  }
}

/** Asks for a schema and those that it refers to, within bounds: the client follows references without end. */
function boundedAsk(transport: Transport, signal: AbortSignal): (url: string) => Promise<AnswerBody> {
  const totalMs = searchTimeouts * transport.timeoutMs;
  const total = AbortSignal.timeout(totalMs);
  let left = referencesMax;
  let bytesLeft = searchBytesMax;
  return async url => {
    const tooMany = new NoSchema('unreadable', `GET ${url}: the schema refers to more than ${referencesMax} others`);
    if (left < 0) throw tooMany;
    if (total.aborted) throw new NoSchema('silent', `GET ${url}: its references did not come within ${totalMs} ms`);
    left--;
    const { status, text } = await exchange('GET', url, transport, AbortSignal.any([signal, total]));
    bytesLeft -= text.length;
    if (bytesLeft < 0)
      throw new NoSchema(
        'unreadable',
        `GET ${url}: the schema and its references have more than ${searchBytesMax} bytes`,
      );
    const body = schemaIn(url, status, parsed(text));
    if (Array.isArray(body.references) && body.references.length > referencesMax) throw tooMany;
    return body;
  };
}

/** The body of a schema's answer; throws {@link NoSchema} for any other. */
function schemaIn(url: string, status: number, body: AnswerBody): AnswerBody {
  // Only these: a proxy's or a wrong path's 404 says nothing of the schema, and must not make dead letters.
  if (status === 404 && saysAbsent(body)) throw new NoSchema('unknown', `GET ${url}: error_code ${body.error_code}`);
  if (status !== 200) throw new NoSchema('silent', `GET ${url}: HTTP ${status}`);
  if (typeof body.schema !== 'string')
    throw new NoSchema('silent', `GET ${url}: the answer is not a schema registry's`);
  const { schemaType = 'AVRO' } = body;
  if (schemaType !== 'AVRO')
    throw new NoSchema('unreadable', `GET ${url}: the schema is ${String(schemaType).slice(0, 40)}, not AVRO`);
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
  const subjectUrl = `${host}/subjects/${encodeURIComponent(subject)}`;
  const url = `${subjectUrl}/versions`;
  const body = JSON.stringify({ schema });
  try {
    const known = await exchange('POST', subjectUrl, transport, signal, body);
    const { id: knownId } = parsed(known.text);
    if (known.status === 200 && typeof knownId === 'number') return { kind: 'registered', id: knownId };
    const { status, text } = await exchange('POST', url, transport, signal, body);
    const { id, message, error_code } = parsed(text);
    if (status === 200 && typeof id === 'number') return { kind: 'registered', id };
    const problem = `POST ${url}: HTTP ${status}${typeof message === 'string' ? `, ${message.slice(0, 300)}` : ''}`;
    const isRefusal = (status === 409 || status === 422 || status === 403) && typeof error_code === 'number';
    return { kind: isRefusal ? 'refused' : 'silent', problem };
  } catch (error) {
    return { kind: 'silent', problem: messageOf(error) };
  }
}
