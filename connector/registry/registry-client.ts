import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type avro from 'avsc';
import { annotatingHook } from '../avro/annotated-type.ts';
import { messageOf } from '../kernel/fault.ts';
import {
  exchange,
  isAbsence,
  NoSchema,
  openTransport,
  parsed,
  type RegistryAddress,
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
  /** Gives a schema an id under a subject; the same one where it has it already. Never rejects; `silent` when the signal is aborted. */
  register(subject: string, schema: string, signal: AbortSignal): Promise<RegisterAnswer>;
  /** The schema of an id, with the schemas it refers to. Never rejects; `silent` when the signal is aborted. */
  find(id: number, signal: AbortSignal): Promise<SchemaAnswer>;
}

/** Opens a client; it keeps no connection between calls. */
export function openRegistryClient(address: RegistryAddress): RegistryClient {
  const transport = openTransport(address);
  const { host } = transport;
  return {
    find: (id, signal) => find(id, host, url => ask(url, transport, signal)),
    register: (subject, schema, signal) => register(host, subject, schema, transport, signal),
  };
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
  const url = `${host}/subjects/${encodeURIComponent(subject)}/versions`;
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
