import type { KeyObject } from 'node:crypto';
import { type Result, resultOf } from './result-codes.ts';
import { algorithmOf, apiPath, isSignedBy, readSignatureHeader, signedContent } from './signature.ts';

/** A request as it came, before anything is believed of it. */
export interface Arrival {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Null: longer than the limit. */
  readonly body: Uint8Array | null;
}

/** What the gateway knows of its client. */
export interface GatewaySettings {
  readonly clientId: string;
  /** The client's public keys by version. */
  readonly clientKeys: ReadonlyMap<number, KeyObject>;
  /** False: the `Signature` header is not looked at. */
  readonly verifySignatures: boolean;
  /** Named in the answer to a longer body. */
  readonly bodyBytesMax: number;
}

/**
 * The gateway's checks, in its order: method, path, content type, required headers, client, signature, time, size.
 * Null when all hold, else the answer. Looks at nothing but its arguments.
 */
export function checkArrival(arrival: Arrival, settings: GatewaySettings): Result | null {
  if (arrival.method !== 'POST') return resultOf('METHOD_NOT_SUPPORTED', 'use POST');
  if (arrival.path !== apiPath) return resultOf('INVALID_API');
  if (!isJson(header(arrival, 'content-type'))) {
    return resultOf('MEDIA_TYPE_NOT_ACCEPTABLE', 'use application/json; charset=UTF-8');
  }
  const missing = missingHeader(arrival, settings);
  if (missing !== null) return resultOf('PARAM_ILLEGAL', `header ${missing} is missing`);
  if (header(arrival, 'client-id') !== settings.clientId) return resultOf('INVALID_CLIENT');
  const badSignature = settings.verifySignatures ? checkSignature(arrival, settings) : null;
  if (badSignature !== null) return badSignature;
  if (!isTime(header(arrival, 'request-time'))) {
    return resultOf('PARAM_ILLEGAL', 'header Request-Time is not ISO-8601 with an offset');
  }
  if (header(arrival, 'encrypt') !== '') {
    return resultOf('PARAM_ILLEGAL', 'header Encrypt: this sandbox reads no encrypted bodies');
  }
  if (arrival.body === null) {
    return resultOf('PARAM_ILLEGAL', `the body is longer than ${settings.bodyBytesMax} bytes`);
  }
  return null;
}

/** Empty where the header is missing. */
function header(arrival: Arrival, name: string): string {
  const value = arrival.headers[name];
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}

function isJson(contentType: string): boolean {
  return /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType);
}

function missingHeader(arrival: Arrival, settings: GatewaySettings): string | null {
  if (header(arrival, 'client-id') === '') return 'Client-Id';
  if (settings.verifySignatures && header(arrival, 'signature') === '') return 'Signature';
  return header(arrival, 'request-time') === '' ? 'Request-Time' : null;
}

/** A body that is too long was not kept, so its signature cannot be checked; the size is refused after. */
function checkSignature(arrival: Arrival, settings: GatewaySettings): Result | null {
  const given = readSignatureHeader(header(arrival, 'signature'));
  if (given === null) {
    return resultOf('INVALID_SIGNATURE', 'the header is not algorithm=…,keyVersion=…,signature=<url-encoded base64>');
  }
  const key = settings.clientKeys.get(given.keyVersion ?? Math.max(...settings.clientKeys.keys()));
  if (key === undefined) return resultOf('KEY_NOT_FOUND');
  if (given.algorithm !== algorithmOf(key)) {
    return resultOf('INVALID_SIGNATURE', `the key of this version is for ${algorithmOf(key)}`);
  }
  if (arrival.body === null) return null;
  const content = signedContent(settings.clientId, header(arrival, 'request-time'), arrival.body);
  return isSignedBy(key, content, given.signature) ? null : resultOf('INVALID_SIGNATURE');
}

function isTime(text: string): boolean {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
  return form.test(text) && !Number.isNaN(Date.parse(text));
}
