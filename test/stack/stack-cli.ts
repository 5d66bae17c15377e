// `npm run stack`: the stack alone, until Ctrl-C. `--fetch-only` fetches its programs and ends.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { fetchStack, startStack } from './stack.ts';

const usage = `Starts PostgreSQL, Kafka, Kafka Connect with Debezium and the schema registry on free ports of 127.0.0.1.

  npm run stack                  until Ctrl-C; the data is removed at the end
  npm run stack -- --fetch-only  only fetch the programs`;

const log = (line: string) => console.log(`stack: ${line}`);

async function main(): Promise<void> {
  const options = { help: { type: 'boolean' }, 'fetch-only': { type: 'boolean' } } as const;
  const { values } = parseArgs({ options });
  if (values.help) return console.log(usage);
  if (values['fetch-only']) return fetchStack({ log });

  const asked = askedToEnd();
  const stack = await startStack({ log, signal: asked }).catch(error => {
    if (asked.aborted) return undefined;
    throw error;
  });
  if (stack === undefined) {
    process.exitCode = 130;
    return;
  }
  console.log(`
  PostgreSQL  ${stack.postgres.connectionString}
  Kafka       ${stack.kafka.bootstrap}
  Registry    ${stack.registry.url}
  Connect     ${stack.connect.url}
  Logs        ${stack.dir}/logs

Ctrl-C ends it.`);
  if (!asked.aborted) await once(asked, 'abort');
  log('ending');
  await stack.stop();
}

function askedToEnd(): AbortSignal {
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end.abort());
  return end.signal;
}

try {
  await main();
} catch (error) {
  console.error(`stack: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
