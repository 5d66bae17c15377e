import type { ColumnCheck } from './column-check.ts';
import { redriveCountHeader } from './dead-letter/names.ts';
import type { Interpreted, Interpreter } from './flow/ports.ts';
import { Fault } from './kernel/fault.ts';
import type { SourceRecord } from './kernel/record.ts';
import type { Mapping } from './mapping/mapping.ts';
import type { CardChange } from './order/change.ts';
import type { Decoded, Decoder } from './source/decode.ts';
import { replayMarkOf } from './source/replay-mark.ts';

/**
 * Decoding and mapping as one step: from a record to what it means for its order. `columns` is asked of a row that cannot be mapped
 * whether any other of its table can be.
 */
export function interpreterOf(
  decoder: Decoder,
  mapping: Mapping,
  columns?: Pick<ColumnCheck, 'everyRowFails'>,
): Interpreter {
  return {
    interpret: (record, signal) => {
      const decoded = decoder.decode(record, signal);
      const mark = markOf(record);
      const meaning = (one: Decoded) => mapped(one, record);
      if (mark !== null)
        return Promise.resolve(decoded)
          .then(meaning)
          .then(one => marked(one, mark));
      return decoded instanceof Promise ? decoded.then(meaning) : mapped(decoded, record);
    },
  };

  function mapped(decoded: Decoded, record: SourceRecord): Interpreted {
    switch (decoded.kind) {
      case 'ignored':
        return { kind: 'skipped', reason: 'ignored' };
      case 'undecodable':
        return { kind: 'unusable', fault: decoded.fault };
      case 'change':
        return mapRow(decoded, record);
    }
  }

  function mapRow({ change }: Extract<Decoded, { kind: 'change' }>, record: SourceRecord): Interpreted {
    const result = mapping.mapChange(change);
    if (result.kind !== 'invalid') return result;
    return {
      kind: 'unusable',
      fault: new Fault('CHANGE_UNMAPPABLE', { detail: result.problems.join('; '), at: change.position }),
      everyRow: columns?.everyRowFails(record, change.table) ?? false,
    };
  }
}

type Mark = Pick<CardChange, 'redriven' | 'replays'>;

/** Put back by `card-sync replay`, or by `card-sync dead-letters redrive`; null: it came from the source. */
function markOf(record: SourceRecord): Mark | null {
  if (record.headers.length === 0) return null;
  const replay = replayMarkOf(record);
  if (replay !== null) return { replays: replay.count };
  return record.headers.some(({ name }) => name === redriveCountHeader) ? { redriven: true } : null;
}

function marked(interpreted: Interpreted, mark: Mark): Interpreted {
  return interpreted.kind === 'change' ? { ...interpreted, change: { ...interpreted.change, ...mark } } : interpreted;
}
