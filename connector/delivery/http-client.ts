import { type Dispatcher, Pool } from 'undici';
import { dispatchErrorText, openProxyDispatcher } from '../http/proxy-dispatcher.ts';
import type { HttpProxy } from '../kernel/proxy.ts';
import type { DurationMs } from '../kernel/time.ts';
import { type TlsMaterial, tlsOptions } from '../kernel/tls-material.ts';

/** Where and how requests go. */
export interface HttpOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly tls: TlsMaterial | null;
  /** Absent: requests go directly. */
  readonly proxy?: HttpProxy;
  readonly connectTimeoutMs: DurationMs;
  /** The whole exchange, to the last byte received; waiting for a free connection counts. */
  readonly requestTimeoutMs: DurationMs;
  readonly answerBytesMax: number;
  readonly connectionsMax: number;
}

/** What came back: whole, or why not. */
export type HttpAnswer =
  | {
      readonly kind: 'whole';
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      readonly body: Buffer;
    }
  | {
      readonly kind: 'failed';
      readonly cause: 'timeout' | 'connection' | 'aborted' | 'too-large' | 'unsent';
      readonly text: string;
    };

/** A POST to the platform over kept-alive connections. Never rejects. */
export interface HttpClient {
  /** `mayGo` is asked when a connection is free and open, right before the first byte is written to it. */
  post(
    path: string,
    headers: Record<string, string>,
    body: Uint8Array,
    signal: AbortSignal,
    mayGo: () => boolean,
  ): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Opens a pool of connections; they are made when needed. Redirects are not followed: a signed request goes nowhere else. */
export function openHttpClient(options: HttpOptions): HttpClient {
  const { origin, proxy } = options;
  const requests = {
    connections: options.connectionsMax,
    pipelining: 1,
    // undici's own time-outs start anew with each chunk: a slow drip would go on for ever. Each exchange has its deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: options.connectTimeoutMs, ...tlsOptions(options.tls) },
  };
  // HTTP/1.1 only: one request to a connection, so that giving one up harms no other (undici 8 would agree to HTTP/2).
  const pool = proxy ? openProxyDispatcher(proxy, requests) : new Pool(origin, { ...requests, allowH2: false });
  const bySignal = new WeakMap<AbortSignal, Together>();
  const togetherOf = (signal: AbortSignal) => {
    const together = bySignal.get(signal) ?? new Together(signal);
    bySignal.set(signal, together);
    return together;
  };
  return {
    post: (path, headers, body, signal, mayGo) =>
      new Promise(resolve => {
        if (signal.aborted) {
          resolve({ kind: 'failed', cause: 'aborted', text: 'stopped before it was sent' });
          return;
        }
        // Whatever is wrong, a closed pool and an invalid header too, comes to the exchange: nothing is thrown.
        pool.dispatch(
          { origin, path, method: 'POST', headers, body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) },
          new Exchange(options, togetherOf(signal), mayGo, resolve),
        );
      }),
    close: () => pool.destroy(),
  };
}

/** The exchanges that one signal gives up, with one listener for all: to add and take away one each costs more than all metrics. */
class Together {
  readonly #exchanges = new Set<Exchange>();
  readonly #signal: AbortSignal;
  readonly #giveUp = () => {
    for (const exchange of this.#exchanges) exchange.giveUp();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(exchange: Exchange): void {
    if (this.#exchanges.size === 0) this.#signal.addEventListener('abort', this.#giveUp, { once: true });
    this.#exchanges.add(exchange);
  }

  delete(exchange: Exchange): void {
    this.#exchanges.delete(exchange);
    if (this.#exchanges.size === 0) this.#signal.removeEventListener('abort', this.#giveUp);
  }
}

/** One request and its answer, as undici's dispatch tells of them: leaner than `request`, with one limit on time and one on size. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #options: HttpOptions;
  readonly #together: Together;
  readonly #mayGo: () => boolean;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #deadline: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #ended: HttpAnswer | null = null;
  #status = 0;
  #headers: Record<string, string | string[] | undefined> = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(options: HttpOptions, together: Together, mayGo: () => boolean, resolve: (answer: HttpAnswer) => void) {
    this.#options = options;
    this.#together = together;
    this.#mayGo = mayGo;
    this.#resolve = resolve;
    together.add(this);
    this.#deadline = setTimeout(Exchange.#expire, options.requestTimeoutMs, this);
  }

  static #expire(exchange: Exchange): void {
    const text = `no whole answer within ${exchange.#options.requestTimeoutMs} ms`;
    exchange.#end({ kind: 'failed', cause: 'timeout', text });
  }

  giveUp(): void {
    this.#end({ kind: 'failed', cause: 'aborted', text: 'given up while in flight' });
  }

  /** undici writes the request right after this, in the same turn (client-h1.js, writeH1). */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(new Error('ended'));
    else if (!this.#mayGo()) this.#end({ kind: 'failed', cause: 'unsent', text: 'it may not go any more' });
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#options.answerBytesMax) {
      this.#end({
        kind: 'failed',
        cause: 'too-large',
        text: `the answer is larger than ${this.#options.answerBytesMax} bytes`,
      });
      return;
    }
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#end({ kind: 'whole', status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks) });
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    this.#end({ kind: 'failed', cause: 'connection', text: `${code}: ${dispatchErrorText(error)}` });
  }

  #end(answer: HttpAnswer): void {
    if (this.#ended) return;
    this.#ended = answer;
    clearTimeout(this.#deadline);
    this.#together.delete(this);
    this.#resolve(answer);
    if (answer.kind === 'failed') this.#controller?.abort(new Error(answer.text));
  }
}
