import type { Delivery } from '../flow/ports.ts';
import { Fault } from '../kernel/fault.ts';
import type { Trace } from '../kernel/record.ts';
import type { Clock } from '../kernel/time.ts';
import type { KeySource } from '../keys/key-ring.ts';
import type { Answer, SignatureCheck } from '../order/answer.ts';
import type { CardRequest } from '../order/decide.ts';
import { headerOf, requestTimes, retryAfterMs } from './headers.ts';
import { type HttpAnswer, type HttpOptions, openHttpClient } from './http-client.ts';
import { type AddressOptions, addressOf, signedFor } from './outgoing.ts';
import { readResult } from './read-answer.ts';
import { checkAnswer } from './sign.ts';

/** How requests are addressed, signed and believed. */
export interface DeliveryOptions extends Omit<HttpOptions, 'origin'>, AddressOptions {
  /** Asked for each request and answer: keys may be exchanged while this runs. */
  readonly keys: KeySource;
  readonly verifyAnswers: 'required' | 'warn' | 'off';
}

/** What delivery tells beside its answers. */
export interface DeliveryReports {
  /** The signature of an answer was looked at. */
  readonly signatureChecked: (check: SignatureCheck) => void;
  /** An attempt begins, of a change that is traced; null where this one is not followed. */
  readonly attempting?: (request: CardRequest, trace: Trace) => FollowedAttempt | null;
}

/** An attempt as whoever traces it follows it. */
export interface FollowedAttempt {
  /** To be sent beside our own: they are not signed. */
  readonly headers: Readonly<Record<string, string>>;
  answered(answer: Answer): void;
}

/** An open way to the platform. */
export interface OpenDelivery extends Delivery, AsyncDisposable {}

/** Opens the way to the platform. Throws a Fault KEY_INVALID where nothing could be verified; connects only with the first request. */
export function openDelivery(options: DeliveryOptions, clock: Clock, reports: DeliveryReports): OpenDelivery {
  const { keys } = options;
  const verifies = options.verifyAnswers !== 'off';
  // Without a key nothing would be verified, in silence.
  if (verifies && keys.current.verifying.length === 0) {
    throw new Fault('KEY_INVALID', { detail: 'platform.publicKeyFile is missing; platform.verifyAnswers needs it' });
  }
  const address = addressOf(options);
  const client = openHttpClient({ ...options, origin: address.origin });
  const requestTime = requestTimes();

  return {
    async deliver(request, signal, mayGo, trace): Promise<Answer> {
      const followed = trace === undefined ? null : (reports.attempting?.(request, trace) ?? null);
      const time = requestTime(clock.now());
      const { headers, body } = await signedFor(address, keys.current.signing, time, request.body);
      const sent = followed === null ? headers : { ...headers, ...followed.headers };
      const answer = await answerOf(await client.post(address.path, sent, body, signal, mayGo));
      followed?.answered(answer);
      return answer;
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
      signature: verifies ? await believed(http) : 'unchecked',
      tracerId: headerOf(http.headers, 'tracer-id')?.slice(0, 128) ?? null,
      retryAfterMs: retryAfterMs(headerOf(http.headers, 'retry-after'), headerOf(http.headers, 'date'), clock.now()),
    };
  }

  /** The check's outcome; where a bad one is only to be warned of, it is counted and then overlooked. */
  async function believed(http: Extract<HttpAnswer, { kind: 'whole' }>): Promise<SignatureCheck> {
    const { headers, body } = http;
    const time = headerOf(headers, 'response-time');
    const check = await checkAnswer(keys.current.verifying, {
      path: address.path,
      clientId: address.clientId,
      time,
      signature: headerOf(headers, 'signature'),
      body,
    });
    reports.signatureChecked(check);
    return options.verifyAnswers === 'required' ? check : 'unchecked';
  }
}
