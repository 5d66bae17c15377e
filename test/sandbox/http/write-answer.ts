import { type KeyObject, randomBytes } from 'node:crypto';
import type { Result } from '../gateway/result-codes.ts';
import { algorithmOf, headerText, signatureHeader, signedContent } from '../gateway/signature.ts';

/** How answers are made. */
export interface AnswerSettings {
  readonly clientId: string;
  readonly keyVersion: number;
  /** The platform's private key; null: answers are not signed. */
  readonly key: KeyObject | null;
  /** Epoch ms. */
  readonly now: () => number;
}

/** What is done to an answer's signature. */
export type SignatureFate = 'good' | 'bad' | 'missing';

/** An answer, ready to be written. */
export interface WrittenAnswer {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Uint8Array;
}

const hongKongMs = 8 * 60 * 60 * 1000;
const traceStart = randomBytes(8).toString('hex');
let traces = 0;

/** Writes a result as the API does: body, `Response-Time`, `Tracer-Id`, `Client-Id`, and a `Signature` over the exact bytes. */
export async function writeAnswer(
  result: Result,
  fate: SignatureFate,
  settings: AnswerSettings,
): Promise<WrittenAnswer> {
  const body = answerBody(result);
  const time = new Date(settings.now() + hongKongMs).toISOString().replace('Z', '+08:00');
  traces += 1;
  const headers: Record<string, string | number> = {
    'Content-Type': 'application/json;charset=UTF-8',
    'Content-Length': body.length,
    'Client-Id': settings.clientId,
    'Response-Time': time,
    'Tracer-Id': `${traceStart}${traces.toString(16).padStart(16, '0')}`,
  };
  if (fate === 'bad')
    headers.Signature = headerText(
      settings.keyVersion,
      randomBytes(256),
      settings.key ? algorithmOf(settings.key) : 'RSA256',
    );
  if (fate === 'good' && settings.key !== null) {
    const content = signedContent(settings.clientId, time, body);
    headers.Signature = await signatureHeader(settings.key, settings.keyVersion, content);
  }
  return { headers, body };
}

/** The bytes of a result, always the same for the same object: nearly all answers are one of sixteen. */
function answerBody(result: Result): Uint8Array {
  let body = bodies.get(result);
  if (body === undefined) {
    const { status, code, text } = result;
    body = Buffer.from(JSON.stringify({ result: { resultStatus: status, resultCode: code, resultMessage: text } }));
    bodies.set(result, body);
  }
  return body;
}

const bodies = new WeakMap<Result, Uint8Array>();
