import { median } from './numbers.ts';
import type { BenchOptions } from './options.ts';
import { preload } from './preload.ts';
import { type Measured, runOnce } from './run-once.ts';
import { measureSigning } from './signing-reference.ts';
import { openWorld } from './world.ts';

/** Preloads the topic and reads it as often as asked, each time with a fresh connector; the run of median CPU counts. */
export async function measureThroughput(options: BenchOptions, say: (line: string) => void): Promise<object> {
  await using world = await openWorld(options, say);
  const { orders, changes, partitions } = options;
  const events = orders * changes;
  await preload(world.bootstrap, world.registryUrl, { topic: world.topic, partitions, orders, changes });
  say(`${events} records of ${orders} orders are in ${partitions} partitions`);

  const runs: { readonly measured: Measured; readonly signing: number }[] = [];
  for (let run = 1; run <= options.runs; run++) {
    const { cpuMicros: signing } = measureSigning();
    const { folder, process, platform } = world;
    const settings = world.settings(`bench-${run}`);
    const measured = await runOnce({ folder, events, latencyMs: options.latencyMs, settings, process, platform });
    runs.push({ measured, signing });
    say(describe(`run ${run}`, measured, signing));
  }
  if (runs.some(({ measured }) => measured.overlaps > 0)) {
    throw new Error('two requests of one order were in flight at once');
  }
  const all = runs.map(({ measured }) => measured);
  const signing = median(runs.map(run => run.signing));
  const middle = all.toSorted((a, b) => a.cpuMicrosPerEvent - b.cpuMicrosPerEvent)[all.length >> 1];
  if (middle === undefined) throw new Error('no run');
  const eventsPerSecond = median(all.map(one => one.eventsPerSecond));
  const peakMegabytes = Math.max(...all.map(one => one.peakMegabytes));
  say(describe('median', { ...middle, eventsPerSecond, peakMegabytes }, signing));
  const { mainMicrosPerEvent: main, poolMicrosPerEvent: pool, cpuMicrosPerEvent: cpu } = middle;
  say(
    `        of it ${main.toFixed(0)} µs JavaScript's thread, ${pool.toFixed(0)} µs signing threads, ${(cpu - main - pool).toFixed(0)} µs others (GC, compilation)`,
  );
  say(`        memory in tenths of the events, MB: ${middle.megabytesByTenth.map(Math.round).join(' ')}`);
  say(`(bare RSA-2048 signing here: ${signing.toFixed(0)} µs of CPU; the peak is that of all runs)`);
  return { ...middle, eventsPerSecond, peakMegabytes, signingCpuMicros: signing };
}

function describe(name: string, measured: Measured, signingMicros: number): string {
  const { eventsPerSecond, cpuMicrosPerEvent, peakMegabytes, events } = measured;
  const ratio = cpuMicrosPerEvent / signingMicros;
  return `${name.padEnd(7)} ${events} events  ${eventsPerSecond.toFixed(0)}/s  ${cpuMicrosPerEvent.toFixed(0)} µs CPU/event  ${ratio.toFixed(2)} × signing  ${peakMegabytes.toFixed(0)} MB peak`;
}
