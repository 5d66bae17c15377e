import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultSpec } from '../sandbox/faults/fault.ts';
import { choosePorts } from '../stack/ports.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { promqlOf, readAlerts, readDashboard, readRules, readRunbooks } from '../support/monitoring.ts';
import { aBill } from '../support/orders.ts';
import { type Prometheus, type Series, startPrometheus } from '../support/prometheus-server.ts';
import { addFault } from '../support/sandbox-faults.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';

// A real Prometheus reads two connectors that work on the real stack, while things go wrong: the alerts fire and end, and every query of
// the dashboard, the rules and the runbooks has an answer.

/** Panels that show 0 in this run, as they should in every: what they would show is a defect, or takes another world. */
const zeroHere: Readonly<Record<string, string>> = {
  Conservation: 'a defect of the connector',
};

/** Single queries of other panels that show 0, or no line, in this run. */
const quietHere: Readonly<Record<string, string>> = {
  'card_sync_journal_faults_total{': 'records lost, or a journal that somebody else writes',
  'card_sync_orders_evicted_total{': 'the memory has room for all orders here',
  'card_sync_requests_per_second_limit{': 'no limit is set here',
  'card_sync_restoring_partitions{': 'shorter than a scrape with a journal this small',
  'card_sync_paused_partitions{': 'only past flow.queuedMax',
  'card_sync_queued_changes{': 'mostly shorter than a scrape',
};

describe('what Prometheus makes of it', () => {
  let stack: RemoteStack;
  let world: ShopWorld;
  let topics: TopicAccess;
  let prometheus: Prometheus;
  let ports: readonly number[];
  let one: ConnectorProcess;
  let two: ConnectorProcess;
  let keyFile: string;
  let changing: Promise<void> = Promise.resolve();
  const shopCloses = new AbortController();

  const start = (name: string, port: number | undefined) =>
    world.startConnector(name, {
      kafka: { sessionTimeoutMs: 2_000, rebalanceTimeoutMs: 6_000, heartbeatIntervalMs: 200 },
      flow: {
        // Parked after the quick ones, for 5 s each.
        retryDelaysMs: [100, 100, 100, ...Array<number>(20).fill(5_000)],
        parkFromMs: 1_000,
        probeIntervalMs: 200,
        // Two of five attempts that fail are no outage.
        outageRatio: 0.95,
      },
      platform: { privateKeyFile: keyFile, keyCheckIntervalMs: 100 },
      observe: { port },
    });

  beforeAll(async () => {
    ports = await choosePorts(2);
    prometheus = await startPrometheus(ports.map(port => `127.0.0.1:${port}`));
    stack = await sharedStack();
    world = await openShop(stack, { name: 'prometheus', orders: 60 });
    topics = await openTopicAccess(stack.kafka.bootstrap);
    keyFile = join(world.folder, 'ours.pem');
    writeFileSync(keyFile, readFileSync(world.sandbox.keys.client.privateKeyFile));
  });
  afterAll(async () => {
    shopCloses.abort();
    await changing;
    await Promise.all([one?.kill(), two?.kill()]);
    // Whoever is next needs them; where they are up already, nothing happens.
    for (const part of ['kafka', 'registry'] as const) await stack?.up(part);
    await topics?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
    await prometheus?.[Symbol.asyncDispose]();
  });

  /** From now on, until the function that is given is called. */
  function fault(spec: FaultSpec): () => void {
    const id = addFault(world.sandbox, spec);
    return () => void world.sandbox.faults.remove(id);
  }

  it('says that nothing runs, until something does', async () => {
    await prometheus.untilFiring('CardSyncDown');
    [one, two] = await Promise.all([start('one', ports[0]), start('two', ports[1])]);
    await prometheus.untilResolved('CardSyncDown');
    await world.untilEqual();
    changing = world.change({ changes: Infinity, inserts: Infinity, rate: 30, signal: shopCloses.signal });
    // Alerts on what rises must have seen it low.
    await prometheus.untilResolved('CardSyncInstanceDown');
  });

  it('says that an order comes from two partitions', async () => {
    const [record] = await topics.read(world.topic);
    if (record === undefined) throw new Error('the topic is empty');
    // To all others: one at least is of the same instance, which then sees it.
    const { key, value, partition } = record;
    const others = [...(await topics.ends(world.topic)).keys()].filter(other => other !== partition);
    expect(others.length).toBeGreaterThanOrEqual(2);
    for (const other of others) await topics.write(world.topic, { key: String(key), value, partition: other });
    await prometheus.untilFiring('CardSyncOrdersFromTwoPartitions');
  });

  it('says what is wrong with orders, answers and keys, and when it is over', { timeout: 150_000 }, async () => {
    const bad = aBill('BLREFUSED01');
    const [mends, poison] = [
      fault({ kind: 'PARAM_ILLEGAL', order: bad.merchantBizNo }),
      fault({ kind: 'SYSTEM_ERROR', orderPrefix: 'BLPARKED' }),
    ];
    const signatures = fault({ kind: 'bad-signature', rate: 0.1 });
    const moody = fault({ kind: 'UNKNOWN_EXCEPTION', rate: 0.4 });
    fault({ kind: 'UN_SUPPORT_BUSINESS', command: 'SEND', when: 'after', count: 3 });
    fault({ kind: 'REQUEST_TRAFFIC_EXCEED_LIMIT', count: 4 });
    writeFileSync(keyFile, readFileSync(keyFile, 'utf8').slice(0, 100));
    await world.insert(bad);
    for (let n = 10; n < 30; n++) await world.insert(aBill(`BLPARKED${n}`));
    await Promise.all([
      prometheus.untilFiring('CardSyncDeadLetters').then(({ labels }) => expect(labels.reason).toBe('rejected')),
      prometheus.untilFiring('CardSyncErrorBudgetBurn'),
      prometheus.untilFiring('CardSyncAnswerSignaturesBad'),
      prometheus.untilFiring('CardSyncKeysRefused'),
    ]);
    for (const end of [mends, signatures, moody]) end();
    writeFileSync(keyFile, readFileSync(world.sandbox.keys.client.privateKeyFile));
    await prometheus.untilFiring('CardSyncParkedOrdersGrowing');
    poison();
    await Promise.all([
      prometheus.untilResolved('CardSyncKeysRefused'),
      prometheus.untilResolved('CardSyncDeadLetters'),
      prometheus.untilResolved('CardSyncAnswerSignaturesBad'),
      prometheus.untilResolved('CardSyncParkedOrdersGrowing'),
      // Half a minute without failures must pass.
      prometheus.untilResolved('CardSyncErrorBudgetBurn', 60_000),
    ]);
  });

  it('says that our credentials are refused, that the platform is away, and when it is over', async () => {
    const refused = fault({ kind: 'INVALID_CLIENT' });
    await prometheus.untilFiring('CardSyncCredentialsRefused');
    refused();
    await prometheus.untilResolved('CardSyncCredentialsRefused');
    const away = fault({ kind: 'http', status: 500 });
    const { labels } = await prometheus.untilFiring('CardSyncPlatformUnreachable');
    expect(labels).toMatchObject({ severity: 'page', job: 'card-sync', reason: 'PLATFORM_UNREACHABLE' });
    away();
    await prometheus.untilResolved('CardSyncPlatformUnreachable');
  });

  it('says that one of two instances is gone, and when it is back', async () => {
    await two.kill();
    const { labels } = await prometheus.untilFiring('CardSyncInstanceDown');
    expect(labels.instance).toBe(`127.0.0.1:${ports[1]}`);
    two = await start('two', ports[1]);
    await prometheus.untilResolved('CardSyncInstanceDown');
  });

  it('says that the registry is away, and when it is back', { timeout: 150_000 }, async () => {
    await stack.down('registry');
    // Of a schema that nobody knows yet.
    await topics.write(world.topic, { key: 'BLSCHEMA01', value: Buffer.from([0, 0, 9, 9, 9, 2]) });
    const { labels } = await prometheus.untilFiring('CardSyncRegistryUnavailable');
    expect(labels.severity).toBe('page');
    await stack.up('registry');
    await prometheus.untilResolved('CardSyncRegistryUnavailable');
    const { labels: letter } = await prometheus.untilFiring('CardSyncDeadLetters');
    expect(letter.reason).toBe('undecodable');
    // Its hour is a minute here.
    await prometheus.untilResolved('CardSyncOrdersFromTwoPartitions', 90_000);
  });

  it('says that the brokers are away, and when they are back', { timeout: 120_000 }, async () => {
    // What is answered while they are away is to be written down; else a quiet moment would leave nothing to write.
    const slow = fault({ kind: 'slow', delayMs: 3_000 });
    for (const connector of [one, two]) {
      await connector.untilMetrics('requests are in flight', now => now.sum('card_sync_in_flight_requests') > 0);
    }
    await stack.down('kafka', 'kill');
    slow();
    const { labels } = await prometheus.untilFiring('CardSyncJournalUnwritable');
    expect(labels.severity).toBe('page');
    await stack.up('kafka');
    await prometheus.untilResolved('CardSyncJournalUnwritable');
  });

  it('says nothing else', async () => {
    const fired = await prometheus.queryRange('ALERTS{alertstate="firing"}');
    const names = new Set(fired.map(({ metric }) => metric.alertname ?? ''));
    // Joining a group and restoring take their time, which is not shortened as the rules are.
    for (const name of ['CardSyncNotConsuming', 'CardSyncJournalRestoreSlow']) names.delete(name);
    // Whether a commit fails or waits while the brokers are away is for the client to say.
    names.delete('CardSyncCommitsFailing');
    expect([...names].sort()).toEqual([
      'CardSyncAnswerSignaturesBad',
      'CardSyncCredentialsRefused',
      'CardSyncDeadLetters',
      'CardSyncDown',
      'CardSyncErrorBudgetBurn',
      // A day is 24 minutes here: what failed in this run is enough.
      'CardSyncErrorBudgetBurnSlow',
      'CardSyncInstanceDown',
      'CardSyncJournalUnwritable',
      'CardSyncKeysRefused',
      'CardSyncOrdersFromTwoPartitions',
      'CardSyncParkedOrdersGrowing',
      'CardSyncPlatformUnreachable',
      'CardSyncRegistryUnavailable',
    ]);
  });

  it('has an answer to every query of the dashboard, which shows something', async () => {
    const seconds = Math.ceil(Date.now() / 1000 - prometheus.startedAt);
    const problems: string[] = [];
    for (const { title, type, targets = [] } of readDashboard().panels) {
      for (const { expr } of targets) {
        const query = substituted(expr, seconds);
        const series = type === 'table' ? await prometheus.query(query) : await prometheus.queryRange(query);
        const problem = problemOf(series);
        const isQuiet = title in zeroHere || Object.keys(quietHere).some(part => expr.includes(part));
        if (problem !== null && !(problem === 'only zeros' && isQuiet)) problems.push(`${title}: ${query}: ${problem}`);
      }
    }
    expect(problems).toEqual([]);
    const asked = readDashboard().panels.flatMap(({ title, targets = [] }) => [
      title,
      ...targets.map(({ expr }) => expr),
    ]);
    const excused = [...Object.keys(zeroHere), ...Object.keys(quietHere)];
    expect(excused.filter(part => !asked.some(text => text.includes(part)))).toEqual([]);
  });

  it('has values for every variable of the dashboard', async () => {
    for (const { name, type, definition = '' } of readDashboard().templating.list) {
      if (type !== 'query') continue;
      const [, metric = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
      expect([name, await prometheus.labelValues(substituted(metric, 60), label)]).not.toEqual([name, []]);
    }
  });

  it('finds the series of every rule and runbook', async () => {
    const runbooks = [...readRunbooks().values()].flatMap(promqlOf);
    const queries = [...readRules().map(({ expr }) => expr), ...runbooks];
    expect(queries.length).toBeGreaterThan(readAlerts().length * 2);
    for (const query of queries) {
      await prometheus.query(query);
      for (const selector of selectorsIn(query)) {
        const series = await prometheus.query(`last_over_time(${selector}[10m])`);
        expect([query, selector, series.length > 0]).toEqual([query, selector, true]);
      }
    }
  });

  it('has no complaint about our metrics', async () => {
    const page = await (await fetch(`${one.url}/metrics`)).text();
    expect(complaints(page)).toEqual([
      // prom-client's own, kept for those who know them by these names.
      'nodejs_active_handles_total non-counter metrics should not have "_total" suffix',
      'nodejs_active_requests_total non-counter metrics should not have "_total" suffix',
      'nodejs_active_resources_total non-counter metrics should not have "_total" suffix',
    ]);
    expect(complaints('card_sync_x_total{a="b"} 1\n')).toEqual(['card_sync_x_total no help text']);
  });
});

/** What Grafana makes of a query where All is chosen. */
function substituted(expr: string, seconds: number): string {
  return expr
    .replaceAll('$__rate_interval', '4s')
    .replaceAll('$__range', `${seconds}s`)
    .replaceAll(/\$(job|instance|template|topic)\b/g, '.*');
}

function problemOf(series: readonly Series[]): string | null {
  const values = series.flatMap(one => one.values.map(([, value]) => value)).filter(Number.isFinite);
  if (series.length === 0) return 'no series';
  if (values.length === 0) return 'no number';
  return values.some(value => value !== 0) ? null : 'only zeros';
}

/** Each metric of a query with its label matchers, without the range. */
function selectorsIn(query: string): readonly string[] {
  const selector = /(?<![\w:"])(?:(?:card_sync|process|nodejs)_\w+|up|job:\w+:\w+)\b(?:\{[^}]*\})?(?![\w(])/g;
  return query.match(selector) ?? [];
}

/** What `promtool check metrics` says of a page; it exits with 3 where it says something. */
function complaints(page: string): readonly string[] {
  try {
    execFileSync('promtool', ['check', 'metrics'], { input: page, stdio: ['pipe', 'pipe', 'pipe'] });
    return [];
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: Buffer; readonly stderr: Buffer };
    return `${stdout}${stderr}`.split('\n').filter(line => line !== '');
  }
}
