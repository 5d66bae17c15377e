import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { lines, selected } from '../panels.ts';

/** Repetitions, parked orders, dead letters, limits. */
export const trouble: readonly Builder<Panel>[] = [
  lines(
    {
      title: 'Repetitions, by cause',
      description:
        'Deliveries put off to be tried again. Good: 0. timeout, network, http-status: the way to AlipayHK; unknown-outcome: AlipayHK itself; traffic-limit: too many requests; signature: keys.',
      unit: 'ops',
      width: 8,
      queries: [
        {
          expr: `sum by (cause) (rate(card_sync_retries_total{${selected}}[$__rate_interval]))`,
          legend: '{{cause}}',
        },
      ],
      alerts: ['CardSyncErrorBudgetBurn'],
    },
    'stacked',
  ),
  lines({
    title: 'Orders that wait',
    description:
      'waiting: in memory, for seconds; parked: in the journal, for 10 or 30 minutes. Good: near 0. Parked that grow: see which template and code above.',
    unit: 'short',
    width: 8,
    queries: [
      { expr: `sum(card_sync_waiting_orders{${selected}})`, legend: 'waiting' },
      { expr: `sum(card_sync_parked_orders{${selected}})`, legend: 'parked' },
      { expr: `sum(increase(card_sync_parkings_total{${selected}}[$__rate_interval]))`, legend: 'newly parked' },
    ],
    alerts: ['CardSyncParkedOrdersGrowing'],
  }),
  lines(
    {
      title: 'Dead letters, by reason',
      description:
        'Records given up. Good: 0. rejected, unmappable: the mapping or the row; undecodable: converter or registry; retries-exhausted: AlipayHK failed at every attempt.',
      unit: 'short',
      width: 8,
      queries: [
        {
          expr: `sum by (reason) (increase(card_sync_dead_letters_total{${selected}}[$__rate_interval]))`,
          legend: '{{reason}}',
        },
      ],
      alerts: ['CardSyncDeadLetters', 'CardSyncDeadLettersMany'],
    },
    'stacked',
  ),
  lines({
    title: 'In flight, and its limits',
    description:
      'Requests at the platform, the limit now, and flow.inFlightMax. Good: the limit at its maximum, in flight below. In flight at the limit while the lag grows: raise it. A low limit: AlipayHK refuses for the traffic.',
    unit: 'short',
    width: 8,
    queries: [
      { expr: `sum(card_sync_in_flight_requests{${selected}})`, legend: 'in flight' },
      { expr: `sum(card_sync_in_flight_limit{${selected}})`, legend: 'limit' },
      { expr: `sum(card_sync_in_flight_limit_max{${selected}})`, legend: 'flow.inFlightMax' },
    ],
    alerts: ['CardSyncTrafficRefused', 'CardSyncLagGrowing'],
  }),
  lines({
    title: 'Held back, by cause',
    description:
      'refused: AlipayHK says that there are too many; retry-after: waits that it asked for; requests-per-second: our own platform.requestsPerSecond, the line beside. Good: no refused.',
    unit: 'short',
    width: 8,
    queries: [
      {
        expr: `sum by (cause) (increase(card_sync_rate_limited_total{${selected}}[$__rate_interval]))`,
        legend: '{{cause}}',
      },
      { expr: `sum(card_sync_requests_per_second_limit{${selected}})`, legend: 'limit a second' },
    ],
    alerts: ['CardSyncTrafficRefused'],
  }),
  lines({
    title: 'Signatures of answers',
    description:
      'verified; unchecked: no key of AlipayHK is set; missing: mostly a proxy’s answer; bad: does not hold, and is not believed. Good: verified alone.',
    unit: 'ops',
    width: 8,
    queries: [
      {
        expr: `sum by (result) (rate(card_sync_answer_signatures_total{${selected}}[$__rate_interval]))`,
        legend: '{{result}}',
      },
    ],
    alerts: ['CardSyncAnswerSignaturesBad'],
  }),
  lines({
    title: 'Stopped, and why',
    description:
      '1 while it is so: intake stopped (by reason), journal not writable, registry away, key files refused. Good: all 0. Each has its runbook.',
    unit: 'none',
    width: 12,
    max: 1,
    queries: [
      { expr: `max by (reason) (card_sync_degraded{${selected}})`, legend: '{{reason}}' },
      { expr: `max(card_sync_journal_unwritable{${selected}})`, legend: 'journal not writable' },
      { expr: `max(card_sync_registry_unavailable{${selected}})`, legend: 'registry away' },
      { expr: `max(card_sync_key_files_refused{${selected}})`, legend: 'key files refused' },
    ],
    alerts: [
      'CardSyncCredentialsRefused',
      'CardSyncAnswersUnverified',
      'CardSyncRefusalsUnexplained',
      'CardSyncPlatformUnreachable',
      'CardSyncMappingFitsNothing',
      'CardSyncJournalUnwritable',
      'CardSyncRegistryUnavailable',
      'CardSyncKeysRefused',
    ],
  }),
  lines({
    title: 'Times of it',
    description:
      'How often intake stopped (by reason), and how often key files were taken or refused, within the last hour. Good: 0, or a rotation that you know of. Often and short: the platform is moody.',
    unit: 'short',
    width: 12,
    queries: [
      {
        expr: `sum by (reason) (increase(card_sync_degradations_total{${selected}}[1h]))`,
        legend: 'stopped: {{reason}}',
      },
      {
        expr: `sum by (outcome) (increase(card_sync_key_reloads_total{${selected}}[1h]))`,
        legend: 'keys {{outcome}}',
      },
    ],
    alerts: ['CardSyncPlatformUnreachable', 'CardSyncKeysRefused'],
  }),
];
