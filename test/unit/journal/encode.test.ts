import { describe, expect, it } from 'vitest';
import { EntryEncoder, membersIn } from '../../../connector/journal/encode.ts';
import { journalSchema, symbols } from '../../../connector/journal/schema.ts';
import { decide } from '../../../connector/order/decide.ts';
import { initialState } from '../../../connector/order/state.ts';
import { aChange, aPolicy } from '../../support/builders.ts';
import { anEntry, journalSchemaId } from './entries.ts';

describe('the value of an entry', () => {
  it('begins with a zero byte and the id of its schema', () => {
    expect([...new EntryEncoder(0x01020304).encode(anEntry()).subarray(0, 5)]).toEqual([0, 1, 2, 3, 4]);
  });

  it('is at most 150 bytes long where a card was sent', () => {
    expect(new EntryEncoder(journalSchemaId).encode(anEntry()).length).toBeLessThanOrEqual(150);
  });

  it('is not touched by the next one', () => {
    const encoder = new EntryEncoder(journalSchemaId);
    const first = encoder.encode(anEntry({ n: 1 }));
    const copy = Buffer.from(first);
    encoder.encode(anEntry({ n: 2 }));
    expect(first).toEqual(copy);
  });
});

describe('the symbols', () => {
  it('are those of the schema, in its order', () => {
    const found: Record<string, readonly string[]> = {};
    JSON.parse(journalSchema(), (_, value) => {
      if (value?.type === 'enum') found[value.name] = value.symbols;
      return value;
    });
    expect(found).toEqual({
      Event: [...symbols.event],
      Command: [...symbols.command],
      StateKind: [...symbols.state],
      SourceKind: [...symbols.source],
    });
  });
});

describe("a request's members", () => {
  it.each(['uuid', 'hex'] as const)('are what its body has behind the bizDate (%s)', requestIdForm => {
    const change = aChange();
    const decision = decide(initialState, change, aPolicy({ requestIdForm }));
    expect(decision.kind === 'deliver' && membersIn(decision.request)).toBe(change.card.members);
  });
});
