import { describe, expect, it } from 'vitest';
import { interpreterOf } from '../../connector/interpret.ts';
import type { Mapping } from '../../connector/mapping/mapping.ts';
import type { Decoded, Decoder } from '../../connector/source/decode.ts';
import { replayHeaders } from '../../connector/source/replay-mark.ts';
import { aChange, aRecord } from '../support/builders.ts';

const never = new AbortController().signal;
const decoder: Decoder = { decode: () => ({ kind: 'change', change: {} }) as Decoded };
const mapping = { templates: [], mapChange: () => ({ kind: 'change', change: aChange() }) } as unknown as Mapping;

describe('a record that is interpreted', () => {
  it('is marked as redriven by its header, whatever the count', async () => {
    const { interpret } = interpreterOf(decoder, mapping);
    const redriven = { ...aRecord(), headers: [{ name: 'card_sync.redrive_count', value: Buffer.from('1') }] };
    expect(await interpret(redriven, never)).toMatchObject({ change: { redriven: true } });
    expect(interpret(aRecord(), never)).toEqual({ kind: 'change', change: aChange() });
  });

  it('is marked as put back to be sent again, and how often; a dead letter is one no more', async () => {
    const { interpret } = interpreterOf(decoder, mapping);
    const redriven = { name: 'card_sync.redrive_count', value: Buffer.from('1') };
    const again = { ...aRecord(), headers: [redriven, ...replayHeaders({ run: '7f3a', count: 2, origin: null })] };
    expect(await interpret(again, never)).toEqual({
      kind: 'change',
      change: { ...aChange(), replays: 2 },
    });
    expect(interpret({ ...aRecord(), headers: [{ name: 'other', value: Buffer.from('1') }] }, never)).toEqual({
      kind: 'change',
      change: aChange(),
    });
  });

  it('that cannot be mapped says whether any row of its table can be', () => {
    const invalid = { templates: [], mapChange: () => ({ kind: 'invalid', problems: ['no'] }) } as unknown as Mapping;
    const asked: unknown[] = [];
    const everyRowFails = (record: unknown, table: string) => asked.push([record, table]) > 0;
    const change = { position: aRecord(), table: 'shop.orders' };
    const row: Decoder = { decode: () => ({ kind: 'change', change }) as unknown as Decoded };
    const meaning = interpreterOf(row, invalid, { everyRowFails }).interpret(aRecord(), never);
    expect(meaning).toMatchObject({ kind: 'unusable', fault: { code: 'CHANGE_UNMAPPABLE' }, everyRow: true });
    expect(asked).toEqual([[aRecord(), 'shop.orders']]);
    expect(interpreterOf(row, invalid).interpret(aRecord(), never)).toMatchObject({ everyRow: false });
  });
});
