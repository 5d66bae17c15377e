import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectorSettings } from './connect.ts';

const deadlineMs = 60_000;

interface ConnectorStatus {
  readonly connector: { readonly state: string; readonly trace?: string };
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly trace?: string }[];
}

/** Registers a connector (or gives it other settings) and waits until it and its task run. Throws with Connect's own reason. */
export async function putConnector(connectUrl: string, connector: ConnectorSettings): Promise<void> {
  await call('PUT', `${connectUrl}/connectors/${connector.name}/config`, connector.config);
  await connectorRunning(connectUrl, connector.name);
}

/** Ends a connector. Its replication slot and publication stay in the database. */
export async function deleteConnector(connectUrl: string, name: string): Promise<void> {
  await call('DELETE', `${connectUrl}/connectors/${name}`);
}

/** Resolves when the connector and its task run; throws when one has failed, with its stack trace. */
export async function connectorRunning(connectUrl: string, name: string): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (performance.now() < deadline) {
    const status = await statusOf(connectUrl, name);
    const states = status === undefined ? [] : [status.connector, ...status.tasks];
    const failed = states.find(one => one.state === 'FAILED');
    if (failed !== undefined) throw new Error(`connector ${name} failed: ${failed.trace}`);
    if (states.length > 1 && states.every(one => one.state === 'RUNNING')) return;
    await sleep(50);
  }
  throw new Error(`connector ${name} does not run within ${deadlineMs} ms`);
}

/** Resolves when the connector has written to the topic, so that it is there; throws when that takes over a minute. */
export async function connectorWrote(connectUrl: string, name: string, topic: string): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (performance.now() < deadline) {
    const answer = await fetch(`${connectUrl}/connectors/${name}/topics`);
    const topics = answer.ok ? ((await answer.json()) as Record<string, { topics: string[] } | undefined>) : {};
    if (topics[name]?.topics.includes(topic)) return;
    await sleep(50);
  }
  throw new Error(`connector ${name} has written nothing to ${topic} within ${deadlineMs} ms`);
}

/** The states of the connector and its tasks, e.g. RUNNING; none where it is not there. */
export async function statesOf(connectUrl: string, name: string): Promise<readonly string[]> {
  const status = await statusOf(connectUrl, name);
  return status === undefined ? [] : [status.connector.state, ...status.tasks.map(task => task.state)];
}

/** Starts again what has failed of a connector. */
export async function restartFailed(connectUrl: string, name: string): Promise<void> {
  await call('POST', `${connectUrl}/connectors/${name}/restart?includeTasks=true&onlyFailed=true`);
}

async function statusOf(connectUrl: string, name: string): Promise<ConnectorStatus | undefined> {
  const answer = await fetch(`${connectUrl}/connectors/${name}/status`);
  // 404 while the worker is still taking it in.
  return answer.ok ? ((await answer.json()) as ConnectorStatus) : undefined;
}

async function call(method: 'PUT' | 'POST' | 'DELETE', url: string, body?: unknown): Promise<void> {
  const answer = await fetch(url, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`Kafka Connect answers ${answer.status}: ${await answer.text()}`);
}
