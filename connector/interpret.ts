import type { ColumnCheck } from './column-check.ts';
import { redriveCountHeader, redriveOriginHeader } from './dead-letter/names.ts';
import type { Interpreted, Interpreter } from './flow/ports.ts';
import { Fault } from './kernel/fault.ts';
import type { Offset } from './kernel/position.ts';
import type { SourceRecord } from './kernel/record.ts';
import type { Mapping } from './mapping/mapping.ts';
import type { CardChange } from './order/change.ts';
import type { Decoded, Decoder } from './source/decode.ts';
import { originIn, replayMarkOf } from './source/replay-mark.ts';

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
        return { kind: 'skipped', reason: decoded.what === 'truncation' ? 'truncated' : 'ignored' };
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

type Mark = Pick<CardChange, 'redriven' | 'replays' | 'origin'>;

/** Put back by `card-sync replay`, or by `card-sync dead-letters redrive`; null: it came from the source. */
function markOf(record: SourceRecord): Mark | null {
  if (record.headers.length === 0) return null;
  const replay = replayMarkOf(record);
  if (replay !== null) return withOrigin({ replays: replay.count }, replay.origin);
  if (!record.headers.some(({ name }) => name === redriveCountHeader)) return null;
  return withOrigin({ redriven: true }, originIn(record.headers, redriveOriginHeader));
}

function withOrigin(mark: Mark, origin: Offset | null): Mark {
  return origin === null ? mark : { ...mark, origin };
}

function marked(interpreted: Interpreted, mark: Mark): Interpreted {
  if (interpreted.kind !== 'change') return interpreted;
  const change = { ...interpreted.change, ...mark };
  const { former } = interpreted;
  // A replay sends the order's card again, and nothing of another order.
  return former === undefined || mark.replays !== undefined
    ? { kind: 'change', change }
    : { kind: 'change', change, former: { ...former, ...mark } };
}
