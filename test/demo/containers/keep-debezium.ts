// A service of docker-compose.yml: starts again what has failed of a connector. Kafka Connect itself leaves that to somebody (on
// Kubernetes to Strimzi's autoRestart): a registry that is away when a schema is registered ends Debezium's task. With --check:
// only says by the exit code whether all of the connector runs.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { restartFailed, statesOf } from '../../stack/connect-api.ts';
import { readSurroundings } from './surroundings.ts';

const everyMs = 3_000;
const { values, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true });
const [name = 'orders'] = positionals;
const { connectUrl } = readSurroundings(process.env);

async function keep(): Promise<never> {
  for (;;) {
    try {
      const failed = (await statesOf(connectUrl, name)).filter(state => state === 'FAILED');
      if (failed.length > 0) {
        console.log(`debezium: ${name} has failed, and is started again`);
        await restartFailed(connectUrl, name);
      }
    } catch (error) {
      console.log(`debezium: Kafka Connect does not answer: ${error instanceof Error ? error.message : error}`);
    }
    await sleep(everyMs);
  }
}

if (values.check) {
  const states = await statesOf(connectUrl, name).catch(() => []);
  process.exitCode = states.length > 1 && states.every(state => state === 'RUNNING') ? 0 : 1;
} else {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));
  await keep();
}
