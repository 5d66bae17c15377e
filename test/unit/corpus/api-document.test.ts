import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../../connector/kernel/row-change.ts';
import { aChange, changeOf, mappingOf, membersOf } from '../mapping/mappings.ts';
import { aSession } from '../sandbox/sandbox-client.ts';

// The request that AlipayHK's document shows: see test/corpus/api-document/README.md.

type Members = Readonly<Record<string, unknown>>;

const file = join(import.meta.dirname, '../../corpus/api-document/contract-card-sync.example.json');
const text = readFileSync(file, 'utf8');
const example = JSON.parse(text) as Members & { readonly syncDataInfo: Members };
const languages = languagesOf(example);

/** Both forms of `languageBusinessInfo`, read: one JSON string of all, or an object of JSON strings. */
function languagesOf({ syncDataInfo }: { readonly syncDataInfo: Members }): Readonly<Record<string, Members>> {
  const given = syncDataInfo.languageBusinessInfo;
  const all = (typeof given === 'string' ? JSON.parse(given) : given) as Readonly<Record<string, string | Members>>;
  const read = (info: string | Members): Members => (typeof info === 'string' ? JSON.parse(info) : info);
  return Object.fromEntries(Object.entries(all).map(([language, info]) => [language, read(info)]));
}

/** A mapping that makes the example of a row: each value of it is a column. */
function mappingOfExample(): { readonly mapping: Members; readonly row: Row } {
  const row: Record<string, string | bigint> = {};
  const column = (value: unknown) => {
    const name = `c${Object.keys(row).length}`;
    row[name] = typeof value === 'number' ? BigInt(value) : String(value);
    return `row.${name}`;
  };
  const columns = (members: Members, names = Object.keys(members)) =>
    Object.fromEntries(names.filter(name => name in members).map(name => [name, column(members[name])]));
  const data = Object.keys(example.syncDataInfo).filter(name => name !== 'languageBusinessInfo');
  const mapping = {
    template: example.productTemplateCode,
    table: 'public.orders',
    ...columns(example, ['merchantBizNo', 'userId', 'openId', 'merchantId', 'orderStatus', 'bizDate', 'endDate']),
    data: columns(example.syncDataInfo, data),
    languages: Object.fromEntries(Object.entries(languages).map(([code, info]) => [code, columns(info)])),
  };
  return { mapping, row };
}

describe("the API document's example request", () => {
  it('is accepted by the sandbox, byte for byte, and shown in each of its languages', async () => {
    await using session = await aSession();
    expect(JSON.parse((await session.post(text)).text)).toEqual({
      result: { resultStatus: 'S', resultCode: 'SUCCESS', resultMessage: 'success' },
    });
    expect(session.sandbox.cards()).toMatchObject([{ merchantBizNo: example.merchantBizNo, languages }]);
  });

  it('is accepted in the form of its table, too: an object of JSON strings', async () => {
    const texts = Object.entries(languages).map(([language, info]) => [language, JSON.stringify(info)]);
    const syncDataInfo = { ...example.syncDataInfo, languageBusinessInfo: Object.fromEntries(texts) };
    await using session = await aSession();
    expect(await session.codeOf({ ...example, syncDataInfo })).toBe('SUCCESS');
    expect(session.sandbox.cards()).toMatchObject([{ languages }]);
  });

  it('is accepted with members that no document names', async () => {
    const syncDataInfo = { ...example.syncDataInfo, newMember: { a: 1 } };
    await using session = await aSession();
    expect(await session.codeOf({ ...example, syncDataInfo, newMember: [1] })).toBe('SUCCESS');
  });

  it('can be made by a mapping', async () => {
    const { mapping, row } = mappingOfExample();
    const { requestId: _, command: __, bizDate, ...members } = example;
    const mapped = mappingOf({ 'example.yaml': mapping }).mapChange(aChange(row, { op: 'create' }));
    expect(membersOf(mapped)).toEqual({
      ...members,
      syncDataInfo: { ...members.syncDataInfo, languageBusinessInfo: languages },
    });
    expect(changeOf(mapped).bizDate).toBe(bizDate);
    const body = `{"requestId":"1","command":"SEND","bizDate":${bizDate},${changeOf(mapped).card.members}}`;
    await using session = await aSession();
    expect(await session.codeOf(body)).toBe('SUCCESS');
  });
});
