import { sign } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { retryAfterMs } from '../../connector/delivery/headers.ts';
import { readResult } from '../../connector/delivery/read-answer.ts';
import { readSignature } from '../../connector/delivery/read-signature.ts';
import { checkAnswer } from '../../connector/delivery/sign.ts';
import type { Interpreted } from '../../connector/flow/ports.ts';
import { interpreterOf } from '../../connector/interpret.ts';
import { decompressLz4 } from '../../connector/kafka/compression/lz4.ts';
import { decompressSnappy } from '../../connector/kafka/compression/snappy.ts';
import { decompressZstd } from '../../connector/kafka/compression/zstd.ts';
import { Fault } from '../../connector/kernel/fault.ts';
import { keyText } from '../../connector/kernel/key-material.ts';
import { scrub } from '../../connector/kernel/mask.ts';
import type { Row, RowChange, RowValue } from '../../connector/kernel/row-change.ts';
import { instant } from '../../connector/kernel/time.ts';
import { findKey } from '../../connector/keys/key-form.ts';
import type { Mapped } from '../../connector/mapping/mapping.ts';
import { compileTemplate } from '../../connector/mapping/template.ts';
import type { Resolved, SchemaLookup } from '../../connector/registry/registry.ts';
import { createDecoder } from '../../connector/source/decode.ts';
import { badRecords } from '../corpus/records.ts';
import { type CorpusSchema, corpusSchemas, corpusWriter } from '../corpus/schemas.ts';
import type { Random } from '../demo/random.ts';
import { readableType } from '../support/avro-types.ts';
import { orderRow } from '../support/debezium-records.ts';
import { keySource, newPair } from '../support/key-rings.ts';
import { compile, exampleMappings, leastMapping, leastRow, mappingOf } from '../unit/mapping/mappings.ts';
import { mutated } from './mutate.ts';

/** Something that strangers' input goes into. */
export interface FuzzTarget {
  /** A new input. */
  readonly make: (random: Random) => Buffer;
  /** Rejects where an input does what none may. */
  readonly run: (input: Buffer) => Promise<void>;
  /** How many inputs of another target one of this takes the time of. Default 1. */
  readonly cost?: number;
}

const never = new AbortController().signal;
const ids = new Map((Object.keys(corpusSchemas) as CorpusSchema[]).map((name, index) => [name, index + 1]));
const types = new Map([...ids].map(([name, id]) => [id, { kind: 'type', type: readableType(corpusSchemas[name]) }]));
const refused: Resolved = { kind: 'refused', fault: new Fault('SCHEMA_UNKNOWN', { detail: 'there is no such id' }) };
const registry: SchemaLookup = {
  typeOf: id => (types.get(id) as Resolved | undefined) ?? refused,
  resolve: async id => registry.typeOf(id) ?? refused,
};
const mapping = mappingOf(exampleMappings);
const interpreter = interpreterOf(createDecoder(registry), mapping);
const writer = corpusWriter(ids, 'MB-FUZZ-0001', 'shop.public.orders');

const kinds = ['bill', 'flight', 'film', 'train', 'ride'];
const values = [
  ...kinds.map(kind => writer.as('orders').value({ after: orderRow({ kind }) })),
  ...badRecords.map(({ value }) => Buffer.from(value(writer) ?? [])),
].filter(value => value.length < 10_000);

/** Bytes of a record's value, or of its key: decoder, envelope, mapping, in one go. */
const records: FuzzTarget = {
  make: random => mutated(random.pick(values), values, random),
  run: async input => {
    const record = { topic: 'shop.public.orders', partition: 0, offset: 1n, timestamp: instant(0), headers: [] };
    expectSound(await interpreter.interpret({ ...record, key: input.subarray(0, 40), value: input }, never));
  },
};

const texts: readonly string[] = [
  ...['', 'unpaid', 'bill', 'HKD', 'infinity', '\u0000', '\ud83d', '🚆', 'null', '{}', '[]', '7', '"x"', '2026-11-30'],
  ...[
    '1234.50',
    '-1',
    '1e5',
    '.5',
    '99999999999999999999',
    '0.005',
    '2026-11-23T08:00:00Z',
    '__proto__',
    'x'.repeat(300),
  ],
  String(orderRow().details),
];

/** A row of any values under the columns that the mappings name; the input is JSON of the choices made. */
const rows: FuzzTarget = {
  make: random => {
    const columns = Object.keys(orderRow()).filter(() => random.chance(0.95));
    return Buffer.from(JSON.stringify(columns.map(name => [name, random.chance(0.6) ? 'usual' : choice(random)])));
  },
  run: async input => {
    const chosen: unknown = parsed(input);
    if (!Array.isArray(chosen)) return;
    const usual: Row = orderRow();
    const row = Object.fromEntries(
      chosen.flatMap(entry =>
        Array.isArray(entry) ? [[String(entry[0]), chosenValue(entry[1], usual[entry[0]])]] : [],
      ),
    );
    for (const op of ['create', 'update', 'delete', 'read'] as const) expectSound(mapping.mapChange(changeOf(op, row)));
  },
};

const bodies = [
  '{"result":{"resultStatus":"S","resultCode":"SUCCESS","resultMessage":"success"}}',
  '{"result":{"resultStatus":"F","resultCode":"PARAM_ILLEGAL","resultMessage":"字"}}',
  '<html><body>502 Bad Gateway</body></html>',
  '{"result":null,"traceId":"1"}',
].map(body => Buffer.from(body));

const answers: FuzzTarget = {
  make: random => mutated(random.pick(bodies), bodies, random),
  run: async input => {
    const { result, unreadable } = readResult(input);
    expect((result === null) !== (unreadable === null), 'a result or a reason');
    if (result === null) return;
    expect(/^[A-Z][A-Z0-9_]{0,63}$/.test(result.code), 'a code that may be a label');
    expect('SFU'.includes(result.status) && result.message.length <= 256, 'a status and a bounded message');
  },
};

const pair = newPair();
const { verifying } = keySource({ privateKey: pair.privateKey, publicKeys: [[1, pair.publicKey]] }).current;
const answerParts = { path: '/api', clientId: 'CLIENT', time: '2026-11-23T08:00:00+08:00', body: Buffer.from('{}') };
const goodSignature = sign('sha256', Buffer.from('POST /api\nCLIENT.2026-11-23T08:00:00+08:00.{}'), pair.privateKey);
const base64 = goodSignature.toString('base64');
const headerBlocks = [
  `algorithm=RSA256,keyVersion=1,signature=${encodeURIComponent(base64)}\n${answerParts.time}\n7`,
  `Algorithm="sha256withrsa", KeyVersion='1', Signature = "${base64}"\n${answerParts.time}\n86400`,
  `signature=${base64}\n${answerParts.time}\nMon, 23 Nov 2026 01:02:13 GMT`,
].map(text => Buffer.from(text));

/** An answer's headers, one a line: Signature, Response-Time, Retry-After. */
const headers: FuzzTarget = {
  make: random => mutated(random.pick(headerBlocks), headerBlocks, random),
  run: async input => {
    const [signature = '', time = '', retryAfter = ''] = input.toString('latin1').split('\n');
    const read = readSignature(signature);
    expect(read.version === null || (read.version >= 0 && read.version < 1e9), 'a version of nine digits, or none');
    const check = await checkAnswer(verifying, { ...answerParts, time, signature });
    const isOwn = time === answerParts.time && read.signature?.equals(goodSignature) === true;
    expect(check === (isOwn ? 'verified' : 'bad'), 'verified for exactly the bytes that the platform signed');
    const wait = retryAfterMs(retryAfter, undefined, instant(0));
    expect(wait === null || (wait > 0 && wait <= 3_600_000), 'a wait of at most an hour, or none');
  },
};

// Their forms only: OpenSSL's own reading of the numbers is not ours to test.
const keyFiles = [
  '-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6\n-----END PRIVATE KEY-----\n',
  'MDIwEAYHKoZIzj0CAQYFK4EEACEDHgACRFiw8V1jF+WUamtAY6yjrmOyw7H4IuFSGCpv/w==',
  'Proc-Type: 4,ENCRYPTED',
].map(text => Buffer.from(text));

const keys: FuzzTarget = {
  make: random => mutated(random.pick(keyFiles), keyFiles, random),
  run: async input => {
    for (const half of ['private', 'public'] as const) {
      const form = findKey(keyText(input), half);
      expect(form.kind !== 'der' || form.der.length > 2, 'bytes, or a problem');
    }
  },
};

const limits = { stepsMax: 100_000, cardBytesMax: 10_000, jsonCharactersMax: 10_000 };
const expressions = [
  ...Object.values(exampleMappings).flatMap(file =>
    [...file.matchAll(/^\s+\w+: ([a-z].*\(.*)$/gm)].map(([, text]) => text ?? ''),
  ),
  'row.list.map(x, row.list.map(y, x + y)).size()',
  'row.list.exists(x, x in row.list || row.text.contains(x)) || row.none',
  'json(row.details).estimate.filter(x, x.matches("^(a+)+$")).join(row.text)',
  'row.text.split("").map(x, row.text + x).join("") + join(row.list, row.text)',
  'default(row.list.all(x, x == row.list), {"a": [row.list, row.text]})',
  'format(timestamp(row.text), "yyyy-MM-dd", row.text).matches("[^a]{1,20}(b|c)*$")',
  'duration(row.text) + duration("1h") == duration(row.text)',
].map(text => Buffer.from(text));

/** A mapping's expression, mutated: whatever compiles is evaluated for rows that make it as dear as they can. */
const expressionTarget: FuzzTarget = {
  cost: 100,
  make: random => mutated(random.pick(expressions), expressions, random),
  run: async input => {
    const shown = input.toString();
    const languages = { each: { shown }, zh_HK: {} };
    const compiled = compile({ 'a.yaml': { ...leastMapping, let: { doubled: shown }, languages } }, { limits });
    if (compiled.kind === 'problems') return;
    for (const [text, length] of [
      ['a', 0],
      ['a'.repeat(35), 3],
      ['1'.repeat(2_000), 500],
    ] as const) {
      const list = Array.from({ length }, () => text.slice(0, 100));
      const mapped = compiled.mapping.mapChange(changeOf('update', { ...orderRow(), ...leastRow, text, list }));
      expectSound(mapped);
      if (mapped.kind === 'change') expect(Buffer.byteLength(mapped.change.card.members) <= 10_000, 'a small card');
    }
  },
};

const schemas = [
  '{"pattern":"^(a+)+$"}',
  '{"items":{"type":"string","pattern":"^([0-9]+(天|Day))?$"},"uniqueItems":true}',
  '{"anyOf":[{"pattern":"(a|aa)*b"},{"minLength":3}],"not":{"pattern":"^[a-z]*[0-9]*$"}}',
  '{"type":"object","patternProperties":{"^(x*)*y$":{"pattern":"a{1,30}b"}}}',
].map(text => Buffer.from(text));

/** A template's schema, mutated: whatever compiles is held against cards that make it as dear as they can. */
const templates: FuzzTarget = {
  cost: 100,
  make: random => mutated(random.pick(schemas), schemas, random),
  run: async input => {
    const a = parsed(input);
    const schema = { properties: { businessInfo: { properties: { a } } } };
    const template = compileTemplate({ template: 'FUZZ', file: 'FUZZ.schema.json', schema });
    if (typeof template === 'string') return;
    const long = 'a'.repeat(2_000);
    const list = Array.from({ length: 300 }, (_, index) => ({ index }));
    for (const value of [long, `${long}!`, list, [long, 'ab'], { [long]: long, y: 'b' }, null, 1]) {
      expect(Array.isArray(template.check('X', { a: value })), 'a list of problems');
    }
  },
};

const decoders = [decompressSnappy, decompressLz4, decompressZstd];
const batchText = Buffer.from('{"id":7919,"status":"NEW"}{"id":7920,"status":"NEW"}'.repeat(8));
const lz4Header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0]);
const batches = [
  Buffer.from([0, 7, 2 << 2, 0x78, 0x61, 0x62, 0x01, 2]),
  Buffer.concat([
    Buffer.of(0, 0x82),
    Buffer.from('SNAPPY\0\0\0\0\u0001\0\0\0\u0001'),
    Buffer.of(0, 0, 0, 4, 3, 8, 1, 2, 3),
  ]),
  Buffer.concat([Buffer.of(1), lz4Header, Buffer.from([7, 0, 0, 0, 0x24, 0x61, 0x62, 2, 0, 0x10, 0x21, 0, 0, 0, 0])]),
  Buffer.concat([Buffer.of(2), zstdCompressSync(batchText), zstdCompressSync(batchText)]),
];

/** Compressed bytes of a batch, behind a byte that names their codec: decompressed, or refused by an error of ours or zlib's. */
const compressed: FuzzTarget = {
  make: random => mutated(random.pick(batches), batches, random),
  run: async input => {
    const decoder = decoders[(input[0] ?? 0) % decoders.length];
    const given = await Promise.resolve(input.subarray(1))
      .then(decoder)
      .catch(error => error);
    expect(Buffer.isBuffer(given) || given.constructor === Error || 'code' in given, 'bytes, or a refusal');
  },
};

const strangersTexts = [
  'order MB-2026-000001 of +852 9123 4567 is unknown, {"customerName":"陳大文","token":"abc"}',
  'GET http://joe:pass@registry:8081/subjects/a-value HTTP 401: Bearer eyJhbGciOiJIUzI1NiJ9.e30.x',
  '-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6\n-----END PRIVATE KEY-----',
].map(text => Buffer.from(text));

/** What others wrote, and a log shows. */
const foreignTexts: FuzzTarget = {
  make: random => {
    const text = mutated(random.pick(strangersTexts), strangersTexts, random);
    return Buffer.concat(Array<Buffer>(random.int(1, 40)).fill(text));
  },
  run: async input => {
    const scrubbed = scrub(input.toString(), ['MB-2026-000001']);
    expect(scrubbed.length <= 2 * 4_096 && !scrubbed.includes('MB-2026-000001'), 'a bounded text without the id');
  },
};

/** All of them, by the name that --target takes. */
export const targets: Readonly<Record<string, FuzzTarget>> = {
  records,
  rows,
  answers,
  headers,
  keys,
  expressions: expressionTarget,
  templates,
  compressed,
  foreignTexts,
};

function expectSound(result: Interpreted | Mapped): void {
  if (result.kind !== 'change') return;
  const { card, merchantBizNo, bizDate } = result.change;
  const members: unknown = JSON.parse(`{${card.members}}`);
  const order: unknown = Object(members).merchantBizNo;
  expect(order === merchantBizNo && merchantBizNo !== '', 'the body names the order');
  expect(card.members.isWellFormed(), 'the body is well-formed text');
  expect(Number.isSafeInteger(bizDate), 'the bizDate is a moment');
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`it should have given ${what}`);
}

function choice(random: Random): unknown {
  switch (random.int(0, 6)) {
    case 0:
      return null;
    case 1:
      return {
        bigint: String(BigInt.asIntN(64, BigInt(Math.floor(random.next() * 2 ** 53)) << BigInt(random.int(0, 11)))),
      };
    case 2:
      return { number: random.pick(['NaN', 'Infinity', '-0', '1.5', '1e308']) };
    case 3:
      return { date: random.pick([0, 8.64e15, -8.64e15, Date.UTC(2026, 10, 23), Number.NaN]) };
    case 4:
      return { bytes: random.int(0, 40) };
    case 5:
      return { list: random.pick(texts) };
    default:
      return { text: mutated(Buffer.from(random.pick(texts)), [Buffer.from('{"a":')], random).toString() };
  }
}

function chosenValue(chosen: unknown, usual: RowValue | undefined): RowValue {
  if (chosen === 'usual') return usual ?? null;
  const { bigint, number, date, bytes, list, text } = Object(chosen);
  if (typeof bigint === 'string' && /^-?\d+$/.test(bigint)) return BigInt(bigint);
  if (number !== undefined) return Number(number);
  if (date !== undefined) return new Date(date === null ? Number.NaN : Number(date));
  if (bytes !== undefined) return new Uint8Array(Math.min(Number(bytes) || 0, 100));
  if (list !== undefined) return [String(list), null];
  return text === undefined ? null : String(text);
}

function changeOf(op: RowChange['op'], row: Row): RowChange {
  const committedAt = instant(Date.UTC(2026, 10, 23));
  return {
    op,
    before: op === 'delete' ? row : null,
    after: op === 'delete' ? null : row,
    table: 'public.orders',
    position: { topic: 'shop.public.orders', partition: 0, offset: 1n },
    key: 'MB-FUZZ-0001',
    committedAt,
    source: { kind: 'lsn', lsn: 1n, committedAt },
  };
}

function parsed(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString());
  } catch {
    return null;
  }
}
