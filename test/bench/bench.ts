// `npm run bench`: how fast the connector is on this machine, against the bare cost of signing. See README.md beside this file.
import { measureDatabase } from './database.ts';
import { measureInstances } from './instances.ts';
import { measureLatency } from './latency.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { measureParts } from './parts.ts';
import { measureThroughput } from './throughput.ts';

const options = readOptions(process.argv.slice(2));
if (options !== null) {
  const say = (line: string) => void (options.json || console.log(line));
  const result = await measure(options, say);
  if (options.json) console.log(JSON.stringify({ benchmark: options.benchmark, ...result }));
}

function measure(options: BenchOptions, say: (line: string) => void): Promise<object> {
  switch (options.benchmark) {
    case 'throughput':
    case 'memory':
      return measureThroughput(options, say);
    case 'latency':
      return measureLatency(options, say);
    case 'database':
      return measureDatabase(options, say);
    case 'instances':
      return measureInstances(options, say);
    case 'parts':
      return measureParts(say);
  }
}
