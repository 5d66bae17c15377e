import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Interpreted, Interpreter } from '../../../connector/flow/ports.ts';
import { interpreterOf } from '../../../connector/interpret.ts';
import type { SourceRecord } from '../../../connector/kernel/record.ts';
import { instant } from '../../../connector/kernel/time.ts';
import { openRegistry } from '../../../connector/registry/registry.ts';
import { createDecoder } from '../../../connector/source/decode.ts';
import { systemClock } from '../../../connector/system-clock.ts';
import { badRecords } from '../../corpus/records.ts';
import { type CorpusSchema, corpusSchemas, corpusWriter } from '../../corpus/schemas.ts';
import { orderRow } from '../../support/debezium-records.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry.ts';
import { exampleMappings, mappingOf } from '../mapping/mappings.ts';

// Every bad record through the real decoder and the mappings of config/. test/e2e/corpus.test.ts sends them through a whole connector.

const never = new AbortController().signal;
const table = 'shop.public.orders';
const ids = new Map((Object.keys(corpusSchemas) as CorpusSchema[]).map((name, index) => [name, index + 1]));
const writer = corpusWriter(ids, 'MB-BAD-0001', table);

let registry: FakeRegistry;
let interpreter: Interpreter;

beforeAll(async () => {
  registry = await startFakeRegistry();
  for (const [name, id] of ids) registry.addSchema(id, corpusSchemas[name]);
  const tell = () => undefined;
  const options = { url: registry.url, tls: null, timeoutMs: 5_000, retryMs: 100, clock: systemClock };
  const schemas = openRegistry({ ...options, onUnavailable: tell, onAvailable: tell });
  interpreter = interpreterOf(createDecoder(schemas), mappingOf(exampleMappings));
});

afterAll(() => registry[Symbol.asyncDispose]());

function interpreted(value: Uint8Array | null): Interpreted | Promise<Interpreted> {
  const key = Buffer.from('MB-BAD-0001');
  const record: SourceRecord = {
    topic: table,
    partition: 0,
    offset: 7n,
    key,
    value,
    timestamp: instant(Date.UTC(2026, 10, 23)),
    headers: [],
  };
  return interpreter.interpret(record, never);
}

describe('the corpus of bad records', () => {
  it('is large, and names each once', () => {
    expect(badRecords.length).toBeGreaterThanOrEqual(60);
    expect(new Set(badRecords.map(({ name }) => name)).size).toBe(badRecords.length);
  });

  it.each(badRecords)('$name: $becomes', async ({ value, becomes, code, says }) => {
    const result = await interpreted(value(writer));
    switch (becomes) {
      case 'undecodable':
      case 'unmappable':
        expect(result.kind === 'unusable' ? [result.fault.code, result.fault.detail] : result).toEqual([
          code,
          expect.stringMatching(says ?? /./),
        ]);
        // A message goes into logs and headers: it says what is wrong and where, and nothing of the row.
        expect(result.kind === 'unusable' && `${result.fault.message} ${result.fault.stack}`).not.toMatch(
          /MB-BAD-0001|2160000000000001/,
        );
        break;
      case 'ignored':
      case 'unmapped':
        expect(result).toEqual({ kind: 'skipped', reason: becomes });
        break;
      case 'delivered':
        expect(result.kind).toBe('change');
    }
    // Whatever it was, the next one is read.
    expect(await interpreted(writer.as('orders').value({ after: orderRow() }))).toMatchObject({ kind: 'change' });
  });
});
