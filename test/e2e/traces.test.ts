import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectorProcess, startConnectorProcess } from '../support/connector-process.ts';
import { debeziumWriter, orderRow } from '../support/debezium-records.ts';
import { answers, type Behaviour, type FakePlatform, startFakePlatform } from '../support/fake-platform.ts';
import { newPair, pemOf } from '../support/key-rings.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { findForbidden } from '../support/secret-search.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openTopicAccess, type Place, type TopicAccess } from '../support/topic-access.ts';

const topic = 'traces.public.orders';
const deadLetterTopic = 'traces.dead-letters';
const userId = '2160998877665544';
const agentToken = 'agent-token-of-the-traces-0123456789';
const pair = newPair();
const consumer = 5;
const client = 3;

type Result = 'SUCCESS' | 'PARAM_ILLEGAL' | 'UNKNOWN_EXCEPTION';

const results: Readonly<Record<Result, string>> = { SUCCESS: 'S', PARAM_ILLEGAL: 'F', UNKNOWN_EXCEPTION: 'U' };

describe('traces, from a record to the platform and to the collector', () => {
  let folder: string;
  let topics: TopicAccess;
  let platform: FakePlatform;
  let collector: OtlpReceiver;
  let connector: ConnectorProcess;
  let write: (order: string, headers?: Readonly<Record<string, string>>) => Promise<Place>;
  let start: (name: string, tracing: boolean, nodeOptions?: readonly string[]) => Promise<ConnectorProcess>;
  const orders: string[] = [];
  /** What the platform answers of an order, one after the other; then the last. */
  const script = new Map<string, Result[]>();

  beforeAll(async () => {
    const stack = await sharedStack();
    folder = mkdtempSync(join(tmpdir(), 'card-sync-traces-'));
    topics = await openTopicAccess(stack.kafka.bootstrap);
    platform = await startFakePlatform();
    platform.behave(asScripted);
    collector = await startOtlpReceiver();
    await topics.create(topic);
    const schemaId = await register(stack.registry.url);
    const writer = debeziumWriter({ schemaId, table: topic });
    let lsn = 1_000n;
    write = (order, headers = {}) => {
      orders.push(order);
      const dueOn = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
      const row = { merchant_biz_no: order, user_id: userId, updated_at: new Date(), due_on: dueOn };
      const value = writer.value({ after: orderRow(row), lsn: lsn++, committedMs: Date.now() });
      return topics.write(topic, { partition: 0, key: order, value, headers });
    };
    writeFileSync(join(folder, 'ours.pem'), pemOf(pair.privateKey));
    writeFileSync(join(folder, 'token'), agentToken);
    start = (name, tracing, nodeOptions = []) =>
      startConnectorProcess(
        folder,
        name,
        {
          kafka: { brokers: [stack.kafka.bootstrap], topics: [topic], groupId: 'traces', fetchMaxWaitMs: 50 },
          registry: { url: stack.registry.url, retryMs: 200 },
          mapping: { files: [join(import.meta.dirname, '../../config/mappings/payment-order.yaml')] },
          platform: {
            baseUrl: platform.url,
            clientId: '4Q5Y8W0WSG45P907917',
            privateKeyFile: 'ours.pem',
            agentTokenFile: 'token',
          },
          flow: { retryDelaysMs: [50, 50, ...Array(60).fill(1_000)], parkFromMs: 400, commitIntervalMs: 100 },
          journal: { topic: 'traces.journal' },
          deadLetters: { topic: deadLetterTopic },
          observe: { port: 0, tracing },
          shutdown: { drainMs: 5_000 },
        },
        {
          nodeOptions,
          environment: {
            OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
            OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${agentToken}`,
            OTEL_BSP_SCHEDULE_DELAY: '50',
            OTEL_SERVICE_NAME: 'cards',
          },
        },
      );
    connector = await start('first', true);
  }, 120_000);
  afterAll(async () => {
    await connector.kill();
    await collector[Symbol.asyncDispose]();
    await platform[Symbol.asyncDispose]();
    await topics[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const asScripted: Behaviour = (socket, request) => {
    const { merchantBizNo } = JSON.parse(request.body.toString());
    const next = script.get(merchantBizNo) ?? ['SUCCESS'];
    const code = (next.length > 1 ? next.shift() : next[0]) ?? 'SUCCESS';
    // It repeats what it should not.
    const result = { resultStatus: results[code], resultCode: code, resultMessage: `${merchantBizNo} of ${userId}` };
    answers(JSON.stringify({ result }), { headers: { 'tracer-id': `T-${merchantBizNo}` } })(socket, request);
  };

  /** A trace of the shop's, and the headers that its record has. */
  function begun(flags: '00' | '01' = '01') {
    const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
    return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-${flags}`, tracestate: 'shop=a1' } };
  }

  /** The requests of an order: where their headers say that they belong. */
  function requestsOf(order: string) {
    return platform.requests
      .filter(({ body }) => body.includes(`"merchantBizNo":"${order}"`))
      .map(({ headers }) => {
        const [, traceId, spanId, flags] = String(headers.traceparent).split('-');
        return { traceId, spanId, flags, tracestate: headers.tracestate };
      });
  }

  async function spansOf(traceId: string, outcome: string) {
    const all = await collector.until(`${outcome} in ${traceId}`, spans =>
      spans.some(span => span.traceId === traceId && span.attributes['card_sync.outcome'] === outcome),
    );
    const own = all.filter(span => span.traceId === traceId);
    const byStart = (kind: number) => own.filter(span => span.kind === kind);
    return { changes: byStart(consumer), attempts: byStart(client) };
  }

  const resends = (attempts: readonly ReceivedSpan[]) =>
    attempts.map(({ attributes }) => attributes['http.request.resend_count']);

  it("go on in the trace of the record's writer, and into the request", async () => {
    const { traceId, spanId, headers } = begun();
    const { offset } = await write('MB-TRACED-0001', headers);
    const { changes, attempts } = await spansOf(traceId, 'delivered');
    expect(changes).toMatchObject([
      {
        name: `process ${topic}`,
        parentSpanId: spanId,
        resource: { 'service.name': 'cards' },
        attributes: {
          'messaging.system': 'kafka',
          'messaging.operation.type': 'process',
          'messaging.destination.name': topic,
          'messaging.destination.partition.id': '0',
          'messaging.consumer.group.name': 'traces',
          'messaging.kafka.offset': Number(offset),
        },
      },
    ]);
    expect(attempts).toMatchObject([
      {
        name: 'POST',
        parentSpanId: changes[0]?.spanId,
        attributes: { 'server.address': '127.0.0.1', 'http.response.status_code': 200, 'card_sync.command': 'SEND' },
      },
    ]);
    expect(requestsOf('MB-TRACED-0001')).toEqual([
      { traceId, spanId: attempts[0]?.spanId, flags: '01', tracestate: 'shop=a1' },
    ]);
  });

  it('have a span for each repetition, whose context is that of its request', async () => {
    const { traceId, headers } = begun();
    script.set('MB-TRACED-0002', ['UNKNOWN_EXCEPTION', 'UNKNOWN_EXCEPTION', 'SUCCESS']);
    await write('MB-TRACED-0002', headers);
    const { changes, attempts } = await spansOf(traceId, 'delivered');
    expect(changes).toHaveLength(1);
    expect(resends(attempts)).toEqual([undefined, 1, 2]);
    expect(attempts.map(({ attributes }) => attributes['error.type'])).toEqual(['result_U', 'result_U', undefined]);
    expect(requestsOf('MB-TRACED-0002').map(({ spanId }) => spanId)).toEqual(attempts.map(({ spanId }) => spanId));
  });

  it('begin here where the record has none, and stay unsaid where its writer does not sample', async () => {
    const unsampled = begun('00');
    const before = platform.requests.length;
    await write('MB-TRACED-0003', unsampled.headers);
    await write('MB-TRACED-0004');
    await platform.arrived(before + 2);
    const own = await collector.until('the trace that begins here', spans =>
      spans.some(({ kind, parentSpanId }) => kind === consumer && !parentSpanId),
    );
    const [change] = own.filter(({ kind, parentSpanId }) => kind === consumer && !parentSpanId);
    expect(requestsOf('MB-TRACED-0004')).toMatchObject([{ traceId: change?.traceId, flags: '01' }]);
    expect(requestsOf('MB-TRACED-0003')).toMatchObject([{ traceId: unsampled.traceId, flags: '00' }]);
    expect(own.some(({ traceId }) => traceId === unsampled.traceId)).toBe(false);
  });

  it('go on in the dead letter, and are named in the log', async () => {
    const { traceId, headers } = begun();
    script.set('MB-TRACED-0005', ['PARAM_ILLEGAL']);
    const place = await write('MB-TRACED-0005', headers);
    const { changes } = await spansOf(traceId, 'dead-lettered');
    expect(changes[0]?.attributes).toMatchObject({
      'card_sync.dead_letter_reason': 'rejected',
      'error.type': 'CARD_REJECTED',
    });
    expect(await topics.lettersOf(deadLetterTopic, place)).toMatchObject([{ headers }]);
    expect(await connector.logged('record became a dead letter')).toMatchObject({ trace_id: traceId });
    expect(await connector.logged('attempt failed')).toMatchObject({ trace_id: expect.stringMatching(/^\w{32}$/) });
  });

  it('go on in another process, where the delivery is owed', async () => {
    const { traceId, spanId, headers } = begun();
    script.set('MB-TRACED-0006', ['UNKNOWN_EXCEPTION']);
    await write('MB-TRACED-0006', headers);
    await spansOf(traceId, 'parked');
    expect(await connector.stop()).toBe(0);
    script.set('MB-TRACED-0006', ['SUCCESS']);
    const before = platform.requests.length;
    connector = await start('second', true);
    await platform.arrived(before + 1);
    const { changes, attempts } = await spansOf(traceId, 'delivered');
    expect(changes.every(({ parentSpanId }) => parentSpanId === spanId)).toBe(true);
    expect(resends(attempts)).toEqual([undefined, ...attempts.slice(1).map((_, index) => index + 1)]);
    expect(requestsOf('MB-TRACED-0006').every(request => request.traceId === traceId)).toBe(true);
  });

  it('hold no key, no token and no id of a customer', () => {
    expect(collector.spans.length).toBeGreaterThan(10);
    const forbidden = {
      keys: [pair.privateKey],
      texts: { order: orders, user: [userId], token: [agentToken], client: ['4Q5Y8W0WSG45P907917'] },
    };
    expect(findForbidden(collector.text, forbidden)).toEqual([]);
    expect(
      findForbidden(connector.lines.join('\n'), { ...forbidden, texts: { ...forbidden.texts, client: [] } }),
    ).toEqual([]);
  });

  it('keep nobody waiting where the collector is away: deliveries go on, one line tells, and the end comes soon', async () => {
    collector.refuse(response => response.writeHead(400).end());
    for (let n = 10; n < 40; n++) await write(`MB-TRACED-00${n}`, begun().headers);
    await connector.untilMetrics('all are delivered', now => now.sum('card_sync_changes_settled_total') >= 31);
    await connector.logged('spans cannot be sent');
    collector.refuse(undefined);
    await write('MB-TRACED-0040');
    expect(await connector.logged('spans are sent again')).toMatchObject({ spansLost: expect.any(Number) });
    // From now on it takes requests and says nothing.
    collector.refuse(() => undefined);
    await write('MB-TRACED-0041');
    await connector.untilMetrics('it is delivered', now => now.sum('card_sync_changes_settled_total') >= 33);
    expect(await connector.stop()).toBe(0);
    expect(connector.lines.filter(line => line.includes('spans cannot be sent'))).toHaveLength(1);
  });

  it('are nothing where they are off: no header goes along, and nobody is told', async () => {
    const before = collector.requests;
    connector = await start('third', false);
    await write('MB-TRACED-0050', begun().headers);
    await connector.untilMetrics('it is delivered', now => now.sum('card_sync_changes_settled_total') >= 1);
    expect(requestsOf('MB-TRACED-0050')).toMatchObject([{ traceId: undefined, tracestate: undefined }]);
    expect(await connector.stop()).toBe(0);
    expect(collector.requests).toBe(before);
  });

  it('go to the provider that a script of the user registers, whatever the settings say', async () => {
    const before = collector.requests;
    const script = join(folder, 'own-provider.mjs');
    writeFileSync(script, ownProvider());
    connector = await start('fourth', false, ['--import', script]);
    const { traceId, headers } = begun();
    await write('MB-TRACED-0060', headers);
    await connector.line(line => line === `own span process ${topic} ${traceId}` || undefined);
    expect(connector.lines).toContain(`own span POST ${traceId}`);
    expect(requestsOf('MB-TRACED-0060')).toMatchObject([{ traceId, flags: '01', tracestate: 'shop=a1' }]);
    expect(await connector.stop()).toBe(0);
    expect(collector.requests).toBe(before);
  });
});

/** A script for `--import`, as a user's own may be: it loads the packages by themselves, in another form than the connector does. */
function ownProvider(): string {
  const { resolve } = createRequire(import.meta.url);
  const load = (name: string) => `require(${JSON.stringify(resolve(name))})`;
  return `
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    const { trace, propagation } = ${load('@opentelemetry/api')};
    const { W3CTraceContextPropagator } = ${load('@opentelemetry/core')};
    const { TracerProvider, SimpleSpanProcessor } = ${load('@opentelemetry/sdk-trace')};
    const exporter = {
      export: (spans, done) => {
        for (const span of spans) console.log('own span', span.name, span.spanContext().traceId);
        done({ code: 0 });
      },
      shutdown: async () => undefined,
    };
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  `;
}

async function register(registryUrl: string): Promise<number> {
  const schema = readFileSync(new URL('../../schemas/avro/orders-envelope.avsc', import.meta.url), 'utf8');
  const answer = await fetch(`${registryUrl}/subjects/${topic}-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  });
  const { id } = (await answer.json()) as { readonly id: number };
  return id;
}
