import { afterEach, beforeEach, vi } from 'vitest';
import {
  type HttpAnswer,
  type HttpClient,
  type HttpOptions,
  openHttpClient,
} from '../../../connector/delivery/http-client.ts';
import { type FakePlatform, startFakePlatform } from '../../support/fake-platform.ts';

/** Largest answer that the clients of {@link newExchanges} take. */
export const bytesMax = 1_000;
/** A time limit for tests in which it is to run out. */
export const soonMs = 100;
/** A time limit that is longer than any test. */
export const neverMs = 60_000;
/** A signal that is never aborted. */
export const never = new AbortController().signal;

/** A client and a platform, new for each test. */
export interface Exchanges {
  platform: FakePlatform;
  client: HttpClient;
  /** Opens the client anew, with other options. */
  reopen(options: Partial<HttpOptions>): Promise<void>;
  post(signal?: AbortSignal, body?: string, mayGo?: () => boolean): Promise<HttpAnswer>;
  /** Gives up as soon as the request has arrived. */
  postAndAbort(): Promise<HttpAnswer>;
}

/** To be called at the top of a test file. */
export function newExchanges(): Exchanges {
  const open = (options: Partial<HttpOptions>) =>
    openHttpClient({
      origin: world.platform.url,
      tls: null,
      connectTimeoutMs: 5_000,
      requestTimeoutMs: neverMs,
      answerBytesMax: bytesMax,
      connectionsMax: 4,
      ...options,
    });
  const world = {
    reopen: async options => {
      await world.client.close();
      world.client = open(options);
    },
    post: (signal = never, body = '{"a":1}', mayGo = () => true) =>
      world.client.post('/api/sync', { 'content-type': 'application/json' }, Buffer.from(body), signal, mayGo),
    postAndAbort: async () => {
      const abort = new AbortController();
      const before = world.platform.requests.length;
      const answer = world.post(abort.signal);
      await world.platform.arrived(before + 1);
      abort.abort();
      return answer;
    },
  } as Exchanges;

  beforeEach(async () => {
    world.platform = await startFakePlatform();
    world.client = open({});
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await world.client.close();
    await world.platform[Symbol.asyncDispose]();
  });
  return world;
}
