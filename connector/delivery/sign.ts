import { type KeyObject, sign, verify } from 'node:crypto';
import type { SignatureCheck } from '../order/answer.ts';

// Both directions (API document, "Signature"): `POST <path>\n<Client-Id>.<time>.<body>`, one line feed, none at the end.
function beforeBody(path: string, clientId: string, time: string): string {
  return `POST ${path}\n${clientId}.${time}.`;
}

/** A request's body as it is to be sent, and the `Signature` header's value for it. */
export interface SignedRequest {
  readonly body: Buffer;
  readonly signature: string;
}

/** Serialises and signs a request: the bytes signed are the bytes sent. Signs on the thread pool; rejects only for a key that cannot sign. */
export function signRequest(
  key: KeyObject,
  keyVersion: number,
  request: { readonly path: string; readonly clientId: string; readonly time: string; readonly body: string },
): Promise<SignedRequest> {
  const before = beforeBody(request.path, request.clientId, request.time);
  // As one text: the body's own would be flattened, and that copy of it kept for as long as the request is in flight.
  const content = Buffer.from(before + request.body);
  const body = content.subarray(Buffer.byteLength(before));
  return new Promise((resolve, reject) => {
    sign('RSA-SHA256', content, key, (error, signature) => {
      if (error) reject(error);
      else resolve({ body, signature: signatureHeader(keyVersion, signature) });
    });
  });
}

function signatureHeader(keyVersion: number, signature: Buffer): string {
  return `algorithm=RSA256,keyVersion=${keyVersion},signature=${encodeURIComponent(signature.toString('base64'))}`;
}

/** What is signed of an answer. */
export interface SignedAnswer {
  readonly path: string;
  readonly clientId: string;
  /** The `Response-Time` and `Signature` headers, as sent. */
  readonly time: string | undefined;
  readonly signature: string | undefined;
  readonly body: Uint8Array;
}

/** Checks AlipayHK's signature of an answer, on the thread pool. */
export async function checkAnswer(key: KeyObject, answer: SignedAnswer): Promise<SignatureCheck> {
  if (answer.signature === undefined || answer.time === undefined) return 'missing';
  const signature = signatureBytes(answer.signature);
  if (signature === null) return 'bad';
  const before = beforeBody(answer.path, answer.clientId, answer.time);
  const content = Buffer.concat([Buffer.from(before), answer.body]);
  return new Promise(resolve => {
    verify('RSA-SHA256', content, key, signature, (error, holds) =>
      resolve(error === null && holds ? 'verified' : 'bad'),
    );
  });
}

function signatureBytes(header: string): Buffer | null {
  const encoded = /(?:^|,)\s*signature=([^,\s]+)/.exec(header)?.[1];
  if (encoded === undefined) return null;
  try {
    return Buffer.from(decodeURIComponent(encoded), 'base64');
  } catch {
    // decodeURIComponent refuses a broken escape.
    return null;
  }
}
