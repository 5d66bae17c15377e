import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type ISocketFactory, Kafka, type LogEntry, logLevel } from 'kafkajs';
import type { Sasl } from '../kernel/sasl.ts';
import type { DurationMs } from '../kernel/time.ts';
import { type TlsMaterial, tlsOptions } from '../kernel/tls-material.ts';
import { saslOf } from './authentication/authentication.ts';
import { registerCodecs } from './compression/codecs.ts';

/** How to reach the brokers. */
export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Null: not encrypted. */
  readonly tls: TlsMaterial | null;
  readonly sasl: Sasl;
  readonly requestTimeoutMs: DurationMs;
}

/** Takes what kafkajs logs: its text and its own fields. */
export type KafkaLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  text: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

// kafkajs' own limit of 30 s would be the wait for a broker that has long been back. The others are its defaults; but where
// NODE_ENV is "test" it has quite other ones (retry/index.js), and what was tested would not be what runs.
const retry = { initialRetryTime: 300, multiplier: 2, factor: 0.2, maxRetryTime: 2_000, retries: 5 };

/** What kafkajs logs of a command's short life helps nobody: what fails is thrown. */
const unheard: KafkaLog = () => undefined;

/** A kafkajs client; without `log` it keeps silent. Connects with the first use of what is made of it. */
export function openKafka(options: KafkaOptions, log: KafkaLog = unheard): Kafka {
  registerCodecs();
  const { tls, sasl } = options;
  const connectTimeoutMs = Math.min(10_000, options.requestTimeoutMs);
  const mechanism = saslOf(sasl, connectTimeoutMs);
  return new Kafka({
    clientId: options.clientId,
    brokers: options.brokers.map(withoutColons),
    socketFactory,
    requestTimeout: options.requestTimeoutMs,
    connectionTimeout: connectTimeoutMs,
    retry,
    ssl: tls === null ? false : tlsOptions(tls),
    ...(mechanism === null ? {} : { sasl: mechanism }),
    logLevel: logLevel.INFO,
    logCreator: () => entry => logEntry(entry, log),
  });
}

/** kafkajs takes the host of a broker's address for what is before the first colon: `[::1]:9092` becomes `[--1]:9092`. */
function withoutColons(address: string): string {
  return address.replace(/^\[.+\]/, host => host.replaceAll(':', '-'));
}

/** kafkajs' own, but for {@link withoutColons}. */
const socketFactory: ISocketFactory = ({ host: given, port, ssl, onConnect }) => {
  const host = /^\[.+\]$/.test(given) ? given.slice(1, -1).replaceAll('-', ':') : given;
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = ssl ? connectTls({ host, port, ...name, ...ssl }, onConnect) : connectTcp({ host, port }, onConnect);
  return socket.setKeepAlive(true, 60_000);
};

// kafkajs says on INFO what we say ourselves, once for every pause: of its words only the warnings are passed on as such.
const levels = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'debug',
  [logLevel.DEBUG]: 'debug',
} as const;

function logEntry(entry: LogEntry, log: KafkaLog): void {
  if (entry.level === logLevel.NOTHING) return;
  const { message, timestamp: _, logger: __, ...fields } = entry.log;
  // An error answer of a broker (a coordinator that is still loading, at every first start) is asked again by kafkajs.
  const level = message.startsWith('Response ') ? 'warn' : levels[entry.level];
  log(level, `kafkajs: ${message}`, fields);
}
