import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { lines, selected, table } from '../panels.ts';

const byInstance = (expr: string, legend = '{{instance}}') => ({ expr: `sum by (instance) (${expr})`, legend });

/** The processes themselves. */
export const process: readonly Builder<Panel>[] = [
  lines({
    title: 'CPU',
    description:
      'CPU seconds a second. Good: well below 1 a process. At 1 it needs another instance; well below with a late event loop it is throttled.',
    unit: 'short',
    width: 6,
    queries: [byInstance(`rate(process_cpu_seconds_total{${selected}}[$__rate_interval])`)],
    alerts: ['CardSyncEventLoopSlow'],
  }),
  lines({
    title: 'Memory',
    description:
      'Memory of the process, its objects, its buffers, and the records that wait. Good: level. It rises with the orders that are remembered (some 60 to 200 bytes each) and with queued records, to their limits.',
    unit: 'bytes',
    width: 6,
    queries: [
      byInstance(`process_resident_memory_bytes{${selected}}`, 'process: {{instance}}'),
      byInstance(`nodejs_heap_size_used_bytes{${selected}}`, 'objects: {{instance}}'),
      byInstance(`nodejs_external_memory_bytes{${selected}}`, 'buffers: {{instance}}'),
      byInstance(`card_sync_queued_bytes{${selected}}`, 'queued records: {{instance}}'),
    ],
    alerts: ['CardSyncRestarting'],
  }),
  lines({
    title: 'Event loop: late by',
    description:
      'How late the process is for its own timers: 99th percentile and mean (10 ms are the timer itself). Good: below 50 ms. Above 500 ms heartbeats are at risk.',
    unit: 's',
    width: 6,
    thresholds: [
      [null, 'green'],
      [0.5, 'red'],
    ],
    queries: [
      { expr: `max by (instance) (nodejs_eventloop_lag_p99_seconds{${selected}})`, legend: '99 %: {{instance}}' },
      { expr: `max by (instance) (nodejs_eventloop_lag_mean_seconds{${selected}})`, legend: 'mean: {{instance}}' },
    ],
    alerts: ['CardSyncEventLoopSlow'],
  }),
  lines({
    title: 'Garbage collection',
    description:
      'Seconds a second spent in pauses of the garbage collector. Good: below 0.05. More: memory is short; raise its limit or lower flow.ordersMax and flow.queuedBytesMax.',
    unit: 'percentunit',
    width: 6,
    queries: [byInstance(`rate(nodejs_gc_duration_seconds_sum{${selected}}[$__rate_interval])`)],
    alerts: ['CardSyncEventLoopSlow'],
  }),
  lines({
    title: 'Open files and connections',
    description:
      'Share of the open files that the system allows. Good: a few hundred files at most, whatever the limit. A steady rise is a leak: report it.',
    unit: 'percentunit',
    width: 6,
    max: 1,
    queries: [byInstance(`process_open_fds{${selected}} / process_max_fds{${selected}}`)],
  }),
  lines({
    title: 'Running since',
    description:
      'Time since each process started. Good: since the last deployment. A saw: it is restarted again and again.',
    unit: 's',
    width: 6,
    queries: [byInstance(`time() - process_start_time_seconds{${selected}}`)],
    alerts: ['CardSyncRestarting', 'CardSyncDown'],
  }),
  table({
    title: 'What runs',
    description:
      'Version of card-sync and of Node, by instance. Good: one version everywhere, but during a deployment.',
    unit: 'none',
    width: 12,
    queries: [{ expr: `sum by (job, instance, version, node) (card_sync_build_info{${selected}})`, legend: '' }],
  }),
];
