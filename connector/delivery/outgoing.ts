import type { Secret } from '../kernel/secret.ts';
import type { SigningKey } from '../keys/key-ring.ts';
import { signRequest } from './sign.ts';

/** Where requests go, and as whose. */
export interface AddressOptions {
  /** Scheme, host and port; a path in it is a reverse proxy's, which takes it away again: it is sent before `path`, not signed. */
  readonly baseUrl: string;
  /** The path of the API: it is signed. */
  readonly path: string;
  readonly clientId: string;
  readonly agentToken: Secret | null;
}

/** What all requests of ours have in common. */
export interface Address {
  /** Scheme, host and port. */
  readonly origin: string;
  /** The path as it is sent. */
  readonly sentPath: string;
  /** The path as it is signed, in requests and answers. */
  readonly path: string;
  readonly clientId: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request as it goes out: what the connector sends, and `dry-run` shows. */
export interface OutgoingRequest {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** Puts the settings' parts of an address together. */
export function addressOf({ baseUrl, path, clientId, agentToken }: AddressOptions): Address {
  const url = new URL(baseUrl);
  return {
    origin: url.origin,
    sentPath: url.pathname.replace(/\/$/, '') + path,
    path,
    clientId,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'client-id': clientId,
      ...(agentToken === null ? {} : { 'agent-token': agentToken.reveal() }),
    },
  };
}

/** Signs a body for an address; `time` is its `Request-Time`. Rejects only for a key that cannot sign. */
export async function signedFor(
  { path, clientId, headers }: Address,
  key: SigningKey,
  time: string,
  body: string,
): Promise<OutgoingRequest> {
  const signed = await signRequest(key, { path, clientId, time, body });
  return { headers: { ...headers, 'request-time': time, signature: signed.signature }, body: signed.body };
}

/** The same without a signature, for those who have no key: nothing of it is to be sent. */
export function unsignedFor({ headers }: Address, time: string, body: string): OutgoingRequest {
  return { headers: { ...headers, 'request-time': time }, body: Buffer.from(body) };
}
