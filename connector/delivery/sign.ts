import { sign, verify } from 'node:crypto';
import { keysOfVersion, type SigningKey, type VerifyingKey } from '../keys/key-ring.ts';
import type { SignatureCheck } from '../order/answer.ts';
import { readSignature } from './read-signature.ts';

// Both directions (API document, "Signature"): `POST <path>\n<Client-Id>.<time>.<body>`, one line feed, none at the end.
function beforeBody(path: string, clientId: string, time: string): string {
  return `POST ${path}\n${clientId}.${time}.`;
}

/** A request's body as it is to be sent, and the `Signature` header's value for it. */
export interface SignedRequest {
  readonly body: Buffer;
  readonly signature: string;
}

/**
 * Serialises and signs a request: the bytes signed are the bytes sent. Signs on the thread pool. RSA is PKCS#1 v1.5, an elliptic
 * curve's signature DER (Node's defaults for both). Rejects only for a key that cannot sign.
 */
export function signRequest(
  { key, algorithm, hash, version }: SigningKey,
  request: { readonly path: string; readonly clientId: string; readonly time: string; readonly body: string },
): Promise<SignedRequest> {
  const before = beforeBody(request.path, request.clientId, request.time);
  // As one text: the body's own would be flattened, and that copy of it kept for as long as the request is in flight.
  const content = Buffer.from(before + request.body);
  const body = content.subarray(Buffer.byteLength(before));
  return new Promise((resolve, reject) => {
    sign(hash, content, key, (error, signature) => {
      if (error) reject(error);
      else {
        const encoded = encodeURIComponent(signature.toString('base64'));
        resolve({ body, signature: `algorithm=${algorithm},keyVersion=${version},signature=${encoded}` });
      }
    });
  });
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

/**
 * Checks AlipayHK's signature of an answer, on the thread pool: with the key of the version that it names, else with any.
 * The key decides the algorithm, whatever the header calls it.
 */
export async function checkAnswer(keys: readonly VerifyingKey[], answer: SignedAnswer): Promise<SignatureCheck> {
  if (answer.signature === undefined || answer.time === undefined) return 'missing';
  const { version, signature } = readSignature(answer.signature);
  if (signature === null) return 'bad';
  const before = beforeBody(answer.path, answer.clientId, answer.time);
  const content = Buffer.concat([Buffer.from(before), answer.body]);
  for (const key of keysOfVersion(keys, version)) {
    if (await holds(key, content, signature)) return 'verified';
  }
  return 'bad';
}

function holds({ key, hash }: VerifyingKey, content: Buffer, signature: Buffer): Promise<boolean> {
  return new Promise(resolve => {
    verify(hash, content, key, signature, (error, verified) => resolve(error === null && verified));
  });
}
