import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { until } from './until.ts';

/** A span as OTLP has it in JSON, its attributes by name. */
export interface ReceivedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly { readonly spanId: string }[];
  /** Of the process that sent it. */
  readonly resource: Readonly<Record<string, string | number | boolean>>;
}

/** A collector that keeps what it gets (OTLP/HTTP, JSON). */
export interface OtlpReceiver extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** All that came, as it came. */
  readonly text: string;
  /** How many requests came, answered or not. */
  readonly requests: number;
  /** What is done with the next requests; undefined: they are taken. */
  refuse(how: ((response: ServerResponse) => void) | undefined): void;
  /** Resolves with the spans once they hold it. */
  until(what: string, holds: (spans: readonly ReceivedSpan[]) => boolean): Promise<readonly ReceivedSpan[]>;
}

/** Starts it on a free port of 127.0.0.1. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const texts: string[] = [];
  let requests = 0;
  let refusing: ((response: ServerResponse) => void) | undefined;
  const server = createServer(async (request, response) => {
    const body = await json(request);
    requests++;
    if (refusing !== undefined) return refusing(response);
    if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/json') {
      return response.writeHead(404).end();
    }
    texts.push(JSON.stringify(body));
    spans.push(...spansIn(body as Exported));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    get text() {
      return texts.join('\n');
    },
    get requests() {
      return requests;
    },
    refuse: how => {
      refusing = how;
    },
    until: (what, holds) => until(what, () => holds(spans) && spans),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

type Attributes = readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Attributes };
    readonly scopeSpans: readonly { readonly spans: readonly ExportedSpan[] }[];
  }[];
}

interface ExportedSpan extends Omit<ReceivedSpan, 'attributes' | 'links' | 'resource'> {
  readonly attributes: Attributes;
  readonly links?: readonly { readonly spanId: string }[];
}

function spansIn({ resourceSpans }: Exported): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(scope =>
      scope.spans.map(({ name, kind, traceId, spanId, parentSpanId, attributes, links = [] }) => ({
        ...{ name, kind, traceId, spanId, parentSpanId, links },
        attributes: byName(attributes),
        resource: byName(resource.attributes),
      })),
    ),
  );
}

function byName(attributes: Attributes): Record<string, string | number | boolean> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, boolValue, intValue, doubleValue } }) => {
      const number = intValue ?? doubleValue;
      return [key, (stringValue ?? boolValue ?? Number(number)) as string | number | boolean];
    }),
  );
}
