import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badRecords } from '../corpus/records.ts';
import { type CorpusSchema, corpusSchemas, corpusWriter } from '../corpus/schemas.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { type ConnectorProcess, startConnectorProcess } from '../support/connector-process.ts';
import { orderRow } from '../support/debezium-records.ts';
import { type KafkaWorld, openKafkaWorld } from '../support/kafka-world.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openTopicAccess, type Place, type StoredRecord, type TopicAccess } from '../support/topic-access.ts';
import { until } from '../support/until.ts';

const topic = 'corpus.public.orders';
const deadLetterTopic = 'corpus.dead-letters';
const largest = 12_000_000;

// Each bad record, and behind it, on the same partition and with the same key, a healthy order: through a whole connector, once.
describe('the corpus of bad records in Kafka', () => {
  let folder: string;
  let world: KafkaWorld;
  let topics: TopicAccess;
  let sandbox: Sandbox;
  let connector: ConnectorProcess;
  let letters: ReadonlyMap<string, StoredRecord>;
  const places = new Map<string, Place>();
  const orderOf = (index: number) => `MB-CORPUS-${1000 + index}`;

  beforeAll(async () => {
    const stack = await sharedStack();
    folder = mkdtempSync(join(tmpdir(), 'card-sync-corpus-'));
    world = await openKafkaWorld(stack.kafka.bootstrap);
    topics = await openTopicAccess(stack.kafka.bootstrap);
    const configEntries = [{ name: 'max.message.bytes', value: String(largest) }];
    await world.admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2, configEntries }] });
    const ids = new Map<CorpusSchema, number>();
    for (const name of Object.keys(corpusSchemas) as CorpusSchema[])
      ids.set(name, await register(stack.registry.url, name));

    sandbox = await startSandbox({ folder: join(folder, 'sandbox') });
    connector = await startConnectorProcess(folder, 'connector', {
      kafka: {
        brokers: [stack.kafka.bootstrap],
        topics: [topic],
        groupId: 'corpus',
        fetchMaxWaitMs: 50,
        clientId: 'corpus',
      },
      registry: { url: stack.registry.url, retryMs: 200 },
      mapping: {
        files: ['payment-order', 'ride-hailing'].map(name =>
          join(import.meta.dirname, '../../config/mappings', `${name}.yaml`),
        ),
      },
      platform: {
        baseUrl: sandbox.url,
        clientId: sandbox.clientId,
        privateKeyFile: sandbox.keys.client.privateKeyFile,
        publicKeyFile: sandbox.keys.platform.publicKeyFile,
      },
      flow: { retryDelaysMs: [100, 100], commitIntervalMs: 100 },
      deadLetters: { topic: deadLetterTopic },
      observe: { port: 0 },
      shutdown: { drainMs: 5_000 },
    });
    for (const [index, { name, value }] of badRecords.entries()) {
      const order = orderOf(index);
      const writer = corpusWriter(ids, order, topic);
      const key = index % 3 === 2 ? null : order;
      const partition = index % 2;
      places.set(name, await topics.write(topic, { partition, key, value: asBuffer(value(writer)) }));
      // A moment later, and said to be a healthy order of its own.
      const after = orderRow({ merchant_biz_no: order, updated_at: new Date(Date.now()), due_on: dueOn() });
      const healthy = writer.as('orders').value({ after, lsn: 1_000_000n + BigInt(index), committedMs: Date.now() });
      await topics.write(topic, { partition, key, value: healthy });
    }
  }, 240_000);
  afterAll(async () => {
    await connector.kill();
    await sandbox.stop();
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it('stops no order: every healthy one behind a bad record is delivered, and all is committed', async () => {
    const orders = badRecords.map((_, index) => orderOf(index));
    const shown = () => new Set(sandbox.cards({ limit: 10_000 }).map(({ merchantBizNo }) => merchantBizNo));
    await until('all healthy orders are shown', () => orders.every(order => shown().has(order)));
    await until('all is committed', async () => {
      const [ends, committed] = [await topics.ends(topic), await topics.committed('corpus', topic)];
      return [...ends].every(([partition, end]) => committed.get(partition) === end);
    });
    for (const card of sandbox.cards({ limit: 10_000 })) expect(card.orderStatus, card.merchantBizNo).toBe('WAIT_PAY');
  }, 120_000);

  it('is counted by its reasons, and nothing more', async () => {
    const expected = (becomes: string) => badRecords.filter(record => record.becomes === becomes).length;
    const metrics = await connector.metrics();
    expect({
      undecodable: metrics.sum('card_sync_dead_letters_total', { reason: 'undecodable' }),
      unmappable: metrics.sum('card_sync_dead_letters_total', { reason: 'unmappable' }),
      all: metrics.sum('card_sync_dead_letters_total'),
      ignored: metrics.sum('card_sync_changes_skipped_total', { reason: 'ignored' }),
      unmapped: metrics.sum('card_sync_changes_skipped_total', { reason: 'unmapped' }),
    }).toEqual({
      undecodable: expected('undecodable'),
      unmappable: expected('unmappable'),
      all: expected('undecodable') + expected('unmappable'),
      ignored: expected('ignored'),
      unmapped: expected('unmapped'),
    });
  });

  it('has a dead letter for each that cannot be used, with its reason, and byte for byte but for what is too large', async () => {
    const stored = await topics.read(deadLetterTopic);
    letters = new Map(
      stored.map(letter => [
        `${letter.headers['card_sync.source.partition']}@${letter.headers['card_sync.source.offset']}`,
        letter,
      ]),
    );
    const source = new Map((await topics.read(topic)).map(record => [`${record.partition}@${record.offset}`, record]));
    for (const { name, becomes, code, says } of badRecords) {
      const at = places.get(name);
      const place = `${at?.partition}@${at?.offset}`;
      const letter = letters.get(place);
      if (becomes !== 'undecodable' && becomes !== 'unmappable') {
        expect(letter, name).toBeUndefined();
        continue;
      }
      expect(letter?.headers, name).toMatchObject({ 'card_sync.reason': becomes, 'card_sync.code': code });
      if (says) expect(letter?.headers['card_sync.detail'], name).toMatch(says);
      const original = source.get(place);
      const omitted = letter?.headers['card_sync.value_omitted'];
      const isLarge = (original?.value?.length ?? 0) > 2_000_000;
      expect(omitted, name).toEqual(
        isLarge ? expect.stringContaining(`${topic}/${at?.partition}@${at?.offset}`) : undefined,
      );
      // Not toEqual: a difference of 10 MB would be printed.
      expect(isLarge ? letter?.value === null : sameBytes(letter?.value, original?.value), name).toBe(true);
      expect(sameBytes(letter?.key, original?.key), name).toBe(true);
    }
  });
});

function sameBytes(one: Buffer | null | undefined, other: Buffer | null | undefined): boolean {
  return one && other ? one.equals(other) : one === other;
}

function asBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

function dueOn(): string {
  return new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
}

async function register(registry: string, name: CorpusSchema): Promise<number> {
  const answer = await fetch(`${registry}/subjects/corpus-${name}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(corpusSchemas[name]) }),
  });
  const { id } = (await answer.json()) as { readonly id?: number };
  if (id === undefined) throw new Error(`the registry refuses the schema ${name}: ${answer.status}`);
  return id;
}
