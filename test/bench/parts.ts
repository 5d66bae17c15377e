import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Interpreter } from '../../connector/flow/ports.ts';
import { interpreterOf } from '../../connector/interpret.ts';
import type { SourceRecord } from '../../connector/kernel/record.ts';
import { instant } from '../../connector/kernel/time.ts';
import { compileMappings } from '../../connector/mapping/compile.ts';
import type { Mapping } from '../../connector/mapping/mapping.ts';
import type { CardChange } from '../../connector/order/change.ts';
import { decide, nothingDropped, type Policy } from '../../connector/order/decide.ts';
import { initialState } from '../../connector/order/state.ts';
import { createDecoder } from '../../connector/source/decode.ts';
import { readableType } from '../support/avro-types.ts';
import { debeziumWriter, ordersEnvelope } from '../support/debezium-records.ts';
import { carryThrough } from './flow-alone.ts';
import { median } from './numbers.ts';
import { changesOf } from './preload.ts';

const orders = 2_000;
const rounds = 15;
const signal = new AbortController().signal;

/** Measures, in this process, what an event costs before and after signing and HTTP; the median of several rounds. */
export async function measureParts(say: (line: string) => void): Promise<object> {
  const mapping = exampleMapping();
  const decoder = createDecoder(knownSchema());
  const interpreter = interpreterOf(decoder, mapping);
  const records = sampleRecords();
  const changes = records.map(record => changeOf(interpreter, record));
  const policy: Policy = {
    now: instant(Date.now()),
    requestIdForm: 'uuid',
    mayBeRepeat: false,
    dropped: nothingDropped,
  };
  const rows = records.flatMap(record => {
    const decoded = decoder.decode(record, signal);
    return 'kind' in decoded && decoded.kind === 'change' ? [decoded.change] : [];
  });
  const results = {
    decode: await microsEach(records, record => decoder.decode(record, signal)),
    map: await microsEach(rows, row => mapping.mapChange(row)),
    decide: await microsEach(changes, change => decide(initialState, change, policy)),
    flow: await microsEach([records], whole => carryThrough(whole, interpreter), records.length),
  };
  say(`decode          ${results.decode.toFixed(1)} µs an event`);
  say(`map             ${results.map.toFixed(1)} µs`);
  say(`decide          ${results.decide.toFixed(1)} µs (with the request's body and id)`);
  say(`the whole flow  ${results.flow.toFixed(1)} µs, with these three, from the record to the settled offset`);
  return results;
}

async function microsEach<T>(
  items: readonly T[],
  work: (item: T) => unknown,
  events: number = items.length,
): Promise<number> {
  const measured: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (const item of items) {
      const outcome = work(item);
      if (outcome instanceof Promise) await outcome;
    }
    const { user, system } = process.cpuUsage(before);
    measured.push((user + system) / events);
  }
  // The first rounds compile.
  return median(measured.slice(rounds >> 1));
}

function changeOf(interpreter: Interpreter, record: SourceRecord): CardChange {
  const interpreted = interpreter.interpret(record, signal);
  if ('kind' in interpreted && interpreted.kind === 'change') return interpreted.change;
  throw new Error('a record of the benchmark makes no change');
}

function sampleRecords(): readonly SourceRecord[] {
  const writer = debeziumWriter();
  const now = new Date();
  const written = [0, 1].flatMap(change => [...changesOf(orders, change, now)]);
  return written.map(({ key, ...change }, index) => writer.record(change, { key, offset: BigInt(index) }));
}

function knownSchema() {
  const resolved = { kind: 'type', type: readableType(ordersEnvelope) } as const;
  return { typeOf: () => resolved, resolve: async () => resolved };
}

/** The mappings and templates as they are shipped. */
function exampleMapping(): Mapping {
  const root = join(import.meta.dirname, '../..');
  const filesIn = (folder: string, ends: string) =>
    readdirSync(join(root, folder))
      .filter(name => name.endsWith(ends) && !name.endsWith('.test.yaml'))
      .map(name => ({ name, text: readFileSync(join(root, folder, name), 'utf8') }));
  const documents = filesIn('config/mappings', '.yaml').map(({ name, text }) => ({ file: name, content: parse(text) }));
  const templates = filesIn('schemas/json/templates', '.schema.json').map(({ name, text }) => ({
    template: name.replace('.schema.json', ''),
    file: name,
    schema: JSON.parse(text),
  }));
  const compiled = compileMappings(documents, { templates, languageBusinessInfo: 'string' });
  if (compiled.kind === 'problems') throw new Error(JSON.stringify(compiled.problems));
  return compiled.mapping;
}
