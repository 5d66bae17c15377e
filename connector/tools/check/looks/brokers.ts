import { connect } from 'node:net';
import type { ClusterInspector } from '../../../kafka/inspection/inspector.ts';
import type { ClusterFacts } from '../../../kafka/inspection/requests.ts';
import { messageOf } from '../../../kernel/fault.ts';
import type { DurationMs } from '../../../kernel/time.ts';
import { failed, type Looked, warning, well } from '../finding.ts';

/** Tries to reach an address; null when it could be connected to, else why not. */
export type Dial = (host: string, port: number, limitMs: DurationMs) => Promise<string | null>;

const dialMs: DurationMs = 3_000;

/** Whether the brokers of the settings can be connected to: one that answers will do, but all should. */
export async function lookAtBootstrap(brokers: readonly string[], dial: Dial): Promise<Looked<true>> {
  const [id, title] = ['kafka.connection', 'kafka.brokers can be reached'] as const;
  const tried = await Promise.all(
    brokers.map(async address => {
      const colon = address.lastIndexOf(':');
      const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
      return { address, problem: await dial(host, Number(address.slice(colon + 1)), dialMs) };
    }),
  );
  const missed = tried.filter(({ problem }) => problem !== null);
  if (missed.length === 0) return { found: [well(id, title, brokers.join(', '))], value: true };
  const detail = missed.map(({ address, problem }) => `${address}: ${problem}`).join('; ');
  const remedy = 'check kafka.brokers, name resolution, the network and firewalls';
  if (missed.length === tried.length) return { found: [failed(id, title, detail, remedy)], value: null };
  return { found: [warning(id, title, detail, remedy)], value: true };
}

/** Whether brokers answer; gives what they tell of themselves and these topics. */
export async function lookAtCluster(
  inspector: Pick<ClusterInspector, 'describe'>,
  topics: readonly string[],
): Promise<Looked<ClusterFacts>> {
  const facts = await inspector.describe(topics);
  const count = facts.brokers.length === 1 ? 'one broker' : `${facts.brokers.length} brokers`;
  return { found: [well('kafka.brokers', 'brokers answer', count)], value: facts };
}

/** Whether each broker can be reached at the address that it advertises: clients go there, whatever kafka.brokers says. */
export async function lookAtAddresses({ brokers }: ClusterFacts, dial: Dial): Promise<Looked<true>> {
  const [id, title] = ['kafka.addresses', 'every broker is reachable'] as const;
  const tried = await Promise.all(
    brokers.map(async ({ host, port }) => ({ address: `${host}:${port}`, problem: await dial(host, port, dialMs) })),
  );
  const missed = tried.filter(({ problem }) => problem !== null);
  const addresses = tried.map(({ address }) => address).join(', ');
  if (missed.length === 0) return { found: [well(id, title, addresses)], value: true };
  const detail = missed.map(({ address, problem }) => `${address}: ${problem}`).join('; ');
  const remedy = "the brokers' advertised.listeners must be addresses that can be reached from here";
  return { found: [failed(id, title, detail, remedy)], value: null };
}

/** Connects and hangs up. */
export const dial: Dial = (host, port, limitMs) =>
  new Promise(resolve => {
    const socket = connect({ host, port });
    const end = (problem: string | null) => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(limitMs, () => end(`no connection within ${limitMs / 1000} s`));
    socket.once('connect', () => end(null));
    socket.once('error', error => end(messageOf(error) || 'no connection'));
  });
