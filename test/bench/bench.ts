// `npm run bench`: how fast the connector is on this machine, against the bare cost of signing. See README.md beside this file.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startStack } from '../stack/stack.ts';
import { preload } from './preload.ts';
import { type Measured, runOnce } from './run-once.ts';
import { measureSigning } from './signing-reference.ts';

const help = `npm run bench -- [options]

  --orders N      orders in the topic (15000)
  --changes N     changes of each (4)
  --partitions N  (6)
  --latency MS    of the endpoint (20)
  --in-flight N   requests at once (256)
  --runs N        runs, of which the median counts (3)
  --json          one line of JSON instead of the table`;

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '15000' },
    changes: { type: 'string', default: '4' },
    partitions: { type: 'string', default: '6' },
    latency: { type: 'string', default: '20' },
    'in-flight': { type: 'string', default: '256' },
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(help);
else await bench();

async function bench(): Promise<void> {
  const orders = Number(values.orders);
  const changes = Number(values.changes);
  const partitions = Number(values.partitions);
  const say = (line: string) => values.json || console.log(line);
  const folder = mkdtempSync(join(tmpdir(), 'card-sync-bench-'));
  const stack = await startStack({ parts: ['kafka', 'registry'], log: say });
  try {
    const privateKeyFile = join(folder, 'key.pem');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(privateKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const topic = 'shop.public.orders';
    await preload(stack.kafka.bootstrap, stack.registry.url, { topic, partitions, orders, changes });
    say(`${orders * changes} records of ${orders} orders are in ${partitions} partitions`);

    const measured: Measured[] = [];
    const references: number[] = [];
    for (let run = 1; run <= Number(values.runs); run++) {
      const reference = measureSigning();
      const result = await runOnce({
        folder,
        events: orders * changes,
        latencyMs: Number(values.latency),
        settings: {
          // A group of its own for each run reads the topic from its start.
          kafka: { brokers: [stack.kafka.bootstrap], topics: [topic], groupId: `bench-${run}` },
          registry: { url: stack.registry.url },
          mapping: { files: [join(import.meta.dirname, '../../config/mappings/*.yaml')] },
          // Each change is to be sent.
          flow: { inFlightMax: Number(values['in-flight']), conflate: false },
          observe: { port: 0 },
        },
        platform: url => ({
          baseUrl: url,
          clientId: 'BENCH',
          privateKeyFile,
          connectionsMax: Number(values['in-flight']),
        }),
      });
      measured.push(result);
      references.push(reference.cpuMicros);
      say(describe(`run ${run}`, result, reference.cpuMicros));
    }
    const reference = median(references);
    const middle = medianRun(measured);
    if (values.json) console.log(JSON.stringify({ ...middle, signingCpuMicros: reference }));
    else
      say(`${describe('median', middle, reference)}\n(bare RSA-2048 signing here: ${reference.toFixed(0)} µs of CPU)`);
    if (measured.some(({ overlaps }) => overlaps > 0))
      throw new Error('two requests of one order were in flight at once');
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function describe(name: string, result: Measured, signingMicros: number): string {
  const { eventsPerSecond, cpuMicrosPerEvent, peakMegabytes, events } = result;
  const ratio = cpuMicrosPerEvent / signingMicros;
  return `${name.padEnd(7)} ${events} events  ${eventsPerSecond.toFixed(0)}/s  ${cpuMicrosPerEvent.toFixed(0)} µs CPU/event  ${ratio.toFixed(2)} × signing  ${peakMegabytes.toFixed(0)} MB peak`;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

function medianRun(runs: readonly Measured[]): Measured {
  const middle = runs.toSorted((a, b) => a.cpuMicrosPerEvent - b.cpuMicrosPerEvent)[runs.length >> 1];
  if (middle === undefined) throw new Error('no run');
  return middle;
}
