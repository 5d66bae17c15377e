import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Compose, runDocker } from '../stack/containers/compose.ts';
import { until } from '../support/until.ts';
import { leftovers } from './leftovers.ts';

const orders = 120;
const ports = { SANDBOX_PORT: '0', METRICS_PORT: '0', PROMETHEUS_PORT: '0', GRAFANA_PORT: '0' };
const project = `card-sync-up-${randomUUID().slice(0, 8)}`;
const compose = new Compose(project, {
  ...ports,
  IMAGE_TAG: inject('imageTag'),
  DEMO_OPTIONS: `--orders ${orders}`,
});

beforeAll(async () => {
  const startedAt = performance.now();
  await compose.must('up', '--detach', '--wait', 'connector', 'debezium-keeper', 'prometheus');
  const cards = await untilCards();
  console.log(`${cards} cards ${((performance.now() - startedAt) / 1000).toFixed(0)} s after docker compose up`);
});

afterAll(() => compose.remove());

async function pageOf(service: string, port: number, path: string): Promise<string> {
  const answer = await fetch(`http://${await compose.addressOf(service, port)}${path}`);
  if (!answer.ok) throw new Error(`${service} answers ${answer.status} at ${path}`);
  return answer.text();
}

const metrics = () => pageOf('connector', 9464, '/metrics');

/** The sum of a metric's series on a page of them. */
function sumOf(page: string, name: string): number {
  const lines = page.split('\n').filter(line => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function prometheusKnows(): Promise<boolean> {
  const query = '/api/v1/query?query=sum(last_over_time(card_sync_deliveries_total[1h]))';
  return (await pageOf('prometheus', 9090, query)).includes('"value"');
}

function untilCards(): Promise<number> {
  return until('the orders of the table are cards', async () => {
    const { cards } = JSON.parse(await pageOf('sandbox', 8080, '/sandbox/stats')) as { readonly cards: number };
    // Some orders have ended before anybody asked for a card.
    return cards >= orders / 2 && cards;
  });
}

/** The shop makes some changes; resolves with what it prints when each order was compared with its card. */
async function shopGoesOn(changes = 60): Promise<string> {
  const { code, output } = await compose.run([
    ...['run', '--rm', '--no-deps', 'generator', 'test/demo/containers/demo.ts'],
    ...['--orders', String(orders), '--changes', String(changes), '--rate', '30', '--exit'],
  ]);
  expect(code, output).toBe(0);
  return output;
}

/** Starts a service again and waits until it is healthy. */
async function restart(service: string): Promise<void> {
  await compose.must('restart', service);
  await compose.must('up', '--detach', '--wait', '--no-deps', '--no-recreate', service);
}

describe('docker compose up', () => {
  it('shows the cards on a page, and what is measured in Prometheus', async () => {
    expect(await pageOf('sandbox', 8080, '/')).toContain('<html');
    expect(await metrics()).toContain('card_sync_deliveries_total{');
    await until('Prometheus has what the connector counts', prometheusKnows);
    await restart('prometheus');
    expect(await prometheusKnows()).toBe(true);
  });

  it.each(['kafka', 'registry', 'connect', 'connector'])(
    'loses nothing when %s is started again while the shop goes on',
    async service => {
      const [output] = await Promise.all([shopGoesOn(), restart(service)]);
      expect(output).toMatch(/\n(\d+) of \1 equal/);
    },
  );

  it('loses nothing when the sandbox stands still for a while', async () => {
    const consumed = async () => sumOf(await metrics(), 'card_sync_records_consumed_total');
    const before = await consumed();
    const stand = async () => {
      await until('the shop changes orders', async () => (await consumed()) > before);
      await compose.must('pause', 'sandbox');
      await until('a delivery waits for it', async () => sumOf(await metrics(), 'card_sync_in_flight_requests') > 0);
      await compose.must('unpause', 'sandbox');
    };
    const [output] = await Promise.all([shopGoesOn(150), stand()]);
    expect(output).toMatch(/\n(\d+) of \1 equal/);
  });

  it('loses nothing when the database is started again', async () => {
    await restart('postgres');
    expect(await shopGoesOn()).toMatch(/\n(\d+) of \1 equal/);
  });

  it('is ready soon after it was started, where Kafka is there', async () => {
    const id = (await compose.must('ps', '--quiet', 'connector')).trim();
    const times: number[] = [];
    for (let n = 0; n < 3; n++) {
      await compose.must('stop', 'connector');
      await runDocker(['start', id]);
      const address = await compose.addressOf('connector', 9464);
      const isReady = async () => (await fetch(`http://${address}/health/ready`)).ok;
      await until('the connector is ready', () => isReady().catch(() => false));
      const { output } = await runDocker(['inspect', '--format', '{{.State.StartedAt}}', id]);
      times.push(Date.now() - Date.parse(output.trim()));
    }
    console.log(`ready ${times.map(time => `${time} ms`).join(', ')} after the start of its process`);
  });

  it('leaves nothing after docker compose down -v', async () => {
    expect(await leftovers(project)).not.toEqual([]);
    await compose.must('down', '--volumes');
    expect(await leftovers(project)).toEqual([]);
  });
});
