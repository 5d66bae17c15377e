import type { KeyObject } from 'node:crypto';
import type { Delivery } from '../flow/ports.ts';
import { Fault } from '../kernel/fault.ts';
import type { Secret } from '../kernel/secret.ts';
import type { Clock } from '../kernel/time.ts';
import type { Answer, SignatureCheck } from '../order/answer.ts';
import { headerOf, requestTime, retryAfterMs } from './headers.ts';
import { type HttpAnswer, type HttpOptions, openHttpClient } from './http-client.ts';
import { readPrivateKey, readPublicKey } from './keys.ts';
import { readResult } from './read-answer.ts';
import { checkAnswer, signRequest } from './sign.ts';

/** How requests are addressed, signed and believed. */
export interface DeliveryOptions extends Omit<HttpOptions, 'origin'> {
  /** Scheme, host and port; a path in it is put before `path`. */
  readonly baseUrl: string;
  readonly path: string;
  readonly clientId: string;
  readonly privateKey: Secret;
  readonly keyVersion: number;
  readonly agentToken: Secret | null;
  /** AlipayHK's public key, PEM. */
  readonly publicKey: string | null;
  readonly verifyAnswers: 'required' | 'warn' | 'off';
}

/** What delivery tells beside its answers. */
export interface DeliveryReports {
  /** The signature of an answer was looked at. */
  readonly signatureChecked: (check: SignatureCheck) => void;
}

/** An open way to the platform. */
export interface OpenDelivery extends Delivery, AsyncDisposable {}

/** Reads the keys and opens the way to the platform. Throws a Fault KEY_INVALID; connects only with the first request. */
export function openDelivery(options: DeliveryOptions, clock: Clock, reports: DeliveryReports): OpenDelivery {
  const privateKey = readPrivateKey(options.privateKey);
  const verifying = options.verifyAnswers === 'off' ? null : keyToVerifyWith(options.publicKey);
  const url = new URL(options.baseUrl);
  const path = url.pathname.replace(/\/$/, '') + options.path;
  const client = openHttpClient({ ...options, origin: url.origin });
  const fixedHeaders = {
    'content-type': 'application/json; charset=UTF-8',
    'client-id': options.clientId,
    ...(options.agentToken === null ? {} : { 'agent-token': options.agentToken.reveal() }),
  };

  return {
    async deliver(request, signal): Promise<Answer> {
      const time = requestTime(clock.now());
      const { clientId, keyVersion } = options;
      const { body, signature } = await signRequest(privateKey, keyVersion, {
        path,
        clientId,
        time,
        body: request.body,
      });
      const headers = { ...fixedHeaders, 'request-time': time, signature };
      return answerOf(await client.post(path, headers, body, signal));
    },
    [Symbol.asyncDispose]: () => client.close(),
  };

  async function answerOf(http: HttpAnswer): Promise<Answer> {
    if (http.kind === 'failed') return { kind: 'unanswered', cause: http.cause, text: http.text };
    const { result, unreadable } = readResult(http.body);
    return {
      kind: 'answered',
      httpStatus: http.status,
      result,
      unreadable,
      signature: verifying === null ? 'unchecked' : await believed(verifying, http),
      tracerId: headerOf(http.headers, 'tracer-id')?.slice(0, 128) ?? null,
      retryAfterMs: retryAfterMs(headerOf(http.headers, 'retry-after'), clock.now()),
    };
  }

  /** The check's outcome; where a bad one is only to be warned of, it is counted and then overlooked. */
  async function believed(key: KeyObject, http: Extract<HttpAnswer, { kind: 'whole' }>): Promise<SignatureCheck> {
    const { headers, body } = http;
    const time = headerOf(headers, 'response-time');
    const check = await checkAnswer(key, {
      path,
      clientId: options.clientId,
      time,
      signature: headerOf(headers, 'signature'),
      body,
    });
    reports.signatureChecked(check);
    return options.verifyAnswers === 'required' ? check : 'unchecked';
  }
}

/** Without a key nothing would be verified, in silence. */
function keyToVerifyWith(publicKey: string | null): KeyObject {
  if (publicKey !== null) return readPublicKey(publicKey);
  throw new Fault('KEY_INVALID', { detail: 'platform.publicKeyFile is missing; platform.verifyAnswers needs it' });
}
