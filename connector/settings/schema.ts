import { z } from 'zod';
import { defaultLimits } from '../mapping/bounds/limits.ts';
import { platform } from './platform-schema.ts';
import {
  count,
  httpsTls,
  httpUrl,
  kafkaTls,
  longestMs,
  ms,
  origin,
  sasl,
  secretFile,
  text,
  topicName,
} from './schema-parts.ts';
import { deadLetters, journal } from './schema-topics.ts';

// One schema for all settings: the YAML file, the environment names, the commented example file and the
// documentation come from it. Each key has its text in `describe`; a default in `default`.
// Keys whose name ends in `File` are paths, relative to the settings file. A secret never stands in the YAML itself:
// it is in a file, or in the environment variable of the same name without `_FILE`.

const kafka = z
  .strictObject({
    brokers: z
      .array(z.string().regex(/^(?:[^\s:@/[\]]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/, 'host:port'))
      .min(1)
      .meta({
        description: 'Brokers to start from, host:port or [IPv6]:port; name several',
        examples: [['localhost:9092']],
      }),
    topics: z
      .array(topicName())
      .min(1)
      .meta({ description: 'Topics of Debezium change events to read', examples: [['shop.public.orders']] }),
    groupId: z.string().min(1).default('card-sync').describe('Consumer group; all instances of one connector share it'),
    clientId: z.string().min(1).default('card-sync').describe("Name of this client in the broker's logs and quotas"),
    tls: kafkaTls,
    sasl,
    sessionTimeoutMs: ms(30_000, 'The broker gives our partitions away after this long without a heartbeat', 1000),
    rebalanceTimeoutMs: ms(60_000, 'Longest wait for all members to rejoin', 1000),
    heartbeatIntervalMs: ms(3_000, 'Pause between heartbeats', 100),
    fetchMaxBytes: count(1_048_576, 'Largest answer of one fetch, in bytes', 1024),
    fetchMaxBytesPerPartition: count(262_144, 'Largest part of one partition in a fetch, in bytes', 1024),
    fetchMaxWaitMs: ms(
      250,
      'Longest wait of the broker for new records; also the delay of resuming when all partitions are paused',
    ),
    requestTimeoutMs: ms(30_000, 'Time-out of a request to a broker'),
  })
  .describe('Where the changes come from');

const registry = z
  .strictObject({
    url: httpUrl(
      'Confluent-compatible schema registry, e.g. http://registry:8081 or http://apicurio:8080/apis/ccompat/v7',
      'http://localhost:8081',
    ),
    username: text('User of basic authentication', 'card-sync').optional(),
    passwordFile: secretFile(
      'File that holds the password of basic authentication',
      'secrets/registry-password',
    ).optional(),
    bearerTokenFile: secretFile('File that holds a bearer token', 'secrets/registry-token').optional(),
    tls: httpsTls,
    timeoutMs: ms(5_000, 'Time-out of one request'),
    retryMs: ms(2_000, 'Pause before asking again while the registry does not answer'),
  })
  .describe('Where the Avro schemas come from');

const proxy = z
  .strictObject({
    url: origin(
      'HTTP proxy on the way to AlipayHK, the registry and the token endpoint (not to the brokers). Where it is not given, the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY name it',
      'http://proxy.example:3128',
    ).optional(),
    username: text('User of the proxy', 'card-sync').optional(),
    passwordFile: secretFile('File that holds the password of the proxy', 'secrets/proxy-password').optional(),
    noProxy: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Hosts that are reached directly: names with all below them, addresses, networks such as 10.0.0.0/8, host:port, or * for all. This machine always is',
      ),
  })
  .prefault({})
  .describe('An HTTP proxy for outgoing requests');

const mapping = z
  .strictObject({
    files: z
      .array(z.string().min(1))
      .min(1)
      .default(['mappings/*.yaml'])
      .describe(
        'Mapping files, relative to this file; a * in the file name stands for any text (but not for *.test.yaml)',
      ),
    templateFiles: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'JSON Schemas of further templates, beside or instead of the built-in ones; the file name is the productTemplateCode, with .schema.json or .json after it',
      ),
    languageBusinessInfo: z
      .enum(['string', 'object'])
      .default('string')
      .describe(
        "string: the whole map as one JSON text, as in the API document's example; object: an object of JSON texts, as in its table",
      ),
    unavailableValue: z
      .string()
      .min(1)
      .default('__debezium_unavailable_value')
      .describe(
        "Debezium's unavailable.value.placeholder: stands for a large value that an update left as it was; never shown",
      ),
    cardBytesMax: count(
      defaultLimits.cardBytesMax,
      'Bytes of a card; a larger one becomes a dead letter. A record of the journal holds it: keep below max.message.bytes of journal.topic',
      1_024,
    ),
    jsonCharactersMax: count(
      defaultLimits.jsonCharactersMax,
      'Characters of a JSON column that json() reads; a row with more becomes a dead letter',
      1_024,
    ),
    stepsMax: count(
      defaultLimits.stepsMax,
      "Steps that a row's expressions may take, some 100 ns each; a row that needs more becomes a dead letter (docs/limits.md)",
      1_000,
    ),
  })
  .prefault({})
  .describe('How rows become cards');

const flow = z
  .strictObject({
    inFlightMax: count(64, 'Requests in flight at once, over all orders; at most one for each order'),
    queuedMax: count(2_000, 'Changes that may wait in memory; past it the source is paused'),
    queuedBytesMax: count(16_777_216, 'Bytes of records that may wait in memory; past it the source is paused', 65_536),
    waitingMax: count(
      10_000,
      'Orders that may wait in memory for the next attempt of a failed delivery; past it the next ones are parked in the journal',
    ),
    parkFromMs: ms(
      30_000,
      'A wait of at least this long is spent in the journal, not in memory: it keeps no commit back',
    ),
    parkedMax: count(
      10_000,
      'Deliveries that may be parked in the journal, an instance (some kilobytes of memory each); past it the next ones become dead letters at once',
    ),
    ordersMax: count(
      1_000_000,
      'Orders whose state is kept in memory (some 200 bytes each); past it the ones unchanged for longest are forgotten',
      1000,
    ),
    forgetAfterMs: ms(
      3_600_000,
      'An order is forgotten when its card is over for this long; until then a repetition of an old change is known as one',
    ),
    conflate: z
      .boolean()
      .default(true)
      .describe(
        "While an order waits, a newer change replaces the waiting one (each payload is the order's whole state)",
      ),
    commitIntervalMs: ms(1_000, 'Pause between commits of offsets', 50),
    retryDelaysMs: z
      .array(z.number().int().min(1).max(longestMs))
      .default([2_000, 2_000, 2_000, 600_000, 1_800_000])
      .describe(
        "Pauses before the repetitions of a failed delivery (milliseconds), AlipayHK's own advice; after the last one the change becomes a dead letter",
      ),
    giveUpAfterMs: ms(
      86_400_000,
      'A change becomes a dead letter when its pauses between attempts would add up to more; those of an outage do not count',
    ),
    probeIntervalMs: ms(5_000, 'While the platform is out, or refuses our credentials: pause between probes'),
    outageWindow: count(20, 'Deliveries that are looked at to tell an outage', 2),
    outageRatio: z
      .number()
      .min(0.1)
      .max(1)
      .default(0.8)
      .describe('Share of them that must have failed for reasons of the platform'),
  })
  .prefault({})
  .describe('How many at once, how often again');

const observe = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address of /metrics, /health and /status; 0.0.0.0 lets other machines in'),
    port: z
      .number()
      .int()
      .min(0)
      .max(65_535)
      .default(9464)
      .describe('Port of /metrics, /health and /status; 0 picks a free one and logs it'),
    logLevel: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('Least level that is logged, as JSON lines on standard output'),
    tracing: z
      .boolean()
      .default(false)
      .describe(
        "Sends spans of each change over OTLP/HTTP, as OpenTelemetry's variables say (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER and others); without it spans are made only for a provider that is registered by NODE_OPTIONS=--import",
      ),
    stalledAfterMs: ms(60_000, 'Not live when the consumer neither fetched nor beat for this long', 1000),
  })
  .prefault({})
  .describe('Metrics, health and logs');

const shutdown = z
  .strictObject({
    drainMs: ms(
      20_000,
      "Longest time to finish requests and commit after SIGTERM; keep it below the supervisor's grace",
      0,
    ),
  })
  .prefault({})
  .describe('How it stops');

/** The schema of all settings. */
export const settingsSchema = z.strictObject({
  kafka,
  registry,
  proxy,
  mapping,
  platform,
  flow,
  deadLetters,
  journal,
  observe,
  shutdown,
});

/** All settings as the file and the environment give them: checked, with defaults, but with paths in place of contents. */
export type SettingsDocument = z.output<typeof settingsSchema>;

/** One part of {@link settingsSchema}, e.g. `kafka`. */
export type PartName = keyof SettingsDocument;
