import { parseArgs } from 'node:util';

/** The benchmarks there are, and what each measures. */
export const benchmarks = {
  throughput: 'events/s, CPU per event against the bare cost of signing, peak memory (default)',
  memory: 'the same over many events, signing off: resident memory in each tenth of them',
  latency: 'from the append in Kafka to the arrival of the request, at a steady rate',
  database: 'from a row change in PostgreSQL to the arrival of the request, at a steady rate',
  instances: 'events/s of 1, 2 and 3 instances, 50 ms latency, 32 requests in flight each',
  parts: 'CPU of decoding, mapping, deciding, and of the whole flow, without Kafka and HTTP',
} as const;

/** The name of one. */
export type Benchmark = keyof typeof benchmarks;

/** What the command line asks for. */
export interface BenchOptions {
  readonly benchmark: Benchmark;
  readonly orders: number;
  readonly changes: number;
  readonly partitions: number;
  readonly latencyMs: number;
  readonly inFlight: number;
  readonly runs: number;
  readonly signing: boolean;
  readonly rate: number;
  readonly seconds: number;
  readonly nodeOptions: readonly string[];
  readonly json: boolean;
}

const help = `npm run bench -- [benchmark] [options]

${Object.entries(benchmarks)
  .map(([name, says]) => `  ${name.padEnd(15)} ${says}`)
  .join('\n')}

  --orders N      orders in the topic (15000; memory: 50000; database: 500; instances: 3000)
  --changes N     changes of each (8; memory: 20; instances: 4)
  --partitions N  (6)
  --latency MS    of the endpoint (20; instances: 50)
  --in-flight N   requests at once (256; instances: 32)
  --runs N        runs, of which the median counts (5; memory, latency, database and instances: 1)
  --signing X     on, or off: OpenSSL's signing is replaced by a fixed signature (on; memory: off)
  --rate N        latency, database: changes a second (200)
  --seconds N     latency, database: for so long (30)
  --node-options  Node's own options for the connector, e.g. --node-options="--cpu-prof --cpu-prof-dir=profiles"
  --json          one line of JSON instead of the table

Everything runs on this machine: Kafka, the schema registry and the endpoint listen on 127.0.0.1 only, and end with the benchmark.`;

const text = { type: 'string' } as const;

/** Reads the command line; null where only help was asked for, which is printed. Throws for what it does not know. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      orders: text,
      changes: text,
      partitions: text,
      latency: text,
      'in-flight': text,
      runs: text,
      signing: text,
      rate: text,
      seconds: text,
      'node-options': text,
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return null;
  }
  const [benchmark = 'throughput'] = positionals;
  if (!isBenchmark(benchmark)) throw new Error(`There is no benchmark "${benchmark}".\n\n${help}`);
  const byDefault = defaultsOf(benchmark);
  const signing = values.signing ?? byDefault.signing;
  if (signing !== 'on' && signing !== 'off') throw new Error('--signing is on or off');
  return {
    benchmark,
    orders: count(values.orders, byDefault.orders),
    changes: count(values.changes, byDefault.changes),
    partitions: count(values.partitions, 6),
    latencyMs: Number(values.latency ?? byDefault.latencyMs),
    inFlight: count(values['in-flight'], byDefault.inFlight),
    runs: count(values.runs, byDefault.runs),
    signing: signing === 'on',
    rate: count(values.rate, 200),
    seconds: count(values.seconds, 30),
    nodeOptions: values['node-options']?.split(' ').filter(option => option !== '') ?? [],
    json: values.json,
  };
}

function isBenchmark(name: string): name is Benchmark {
  return Object.hasOwn(benchmarks, name);
}

function defaultsOf(benchmark: Benchmark) {
  const usual = { orders: 15_000, changes: 8, latencyMs: 20, inFlight: 256, runs: 5, signing: 'on' };
  if (benchmark === 'memory') return { ...usual, orders: 50_000, changes: 20, runs: 1, signing: 'off' };
  if (benchmark === 'latency') return { ...usual, runs: 1 };
  if (benchmark === 'database') return { ...usual, orders: 500, runs: 1 };
  if (benchmark === 'instances') return { ...usual, orders: 3_000, changes: 4, latencyMs: 50, inFlight: 32, runs: 1 };
  return usual;
}

function count(given: string | undefined, byDefault: number): number {
  const value = given === undefined ? byDefault : Number(given);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${given} is no count`);
  return value;
}
