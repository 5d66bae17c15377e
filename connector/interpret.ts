import { redriveCountHeader } from './dead-letter/names.ts';
import type { Interpreted, Interpreter } from './flow/ports.ts';
import { Fault } from './kernel/fault.ts';
import type { SourceRecord } from './kernel/record.ts';
import type { Mapping } from './mapping/mapping.ts';
import type { Decoded, Decoder } from './source/decode.ts';

/** Decoding and mapping as one step: from a record to what it means for its order. */
export function interpreterOf(decoder: Decoder, mapping: Mapping): Interpreter {
  return {
    interpret: (record, signal) => {
      const decoded = decoder.decode(record, signal);
      if (isRedriven(record)) return Promise.resolve(decoded).then(mapped).then(marked);
      return decoded instanceof Promise ? decoded.then(mapped) : mapped(decoded);
    },
  };

  function mapped(decoded: Decoded): Interpreted {
    switch (decoded.kind) {
      case 'ignored':
        return { kind: 'skipped', reason: 'ignored' };
      case 'undecodable':
        return { kind: 'unusable', fault: decoded.fault };
      case 'change':
        return mapRow(decoded);
    }
  }

  function mapRow({ change }: Extract<Decoded, { kind: 'change' }>): Interpreted {
    const result = mapping.mapChange(change);
    if (result.kind !== 'invalid') return result;
    return {
      kind: 'unusable',
      fault: new Fault('CHANGE_UNMAPPABLE', { detail: result.problems.join('; '), at: change.position }),
    };
  }
}

/** Put back by `card-sync dead-letters redrive` (dead-letter/names.ts). */
function isRedriven({ headers }: SourceRecord): boolean {
  return headers.some(({ name }) => name === redriveCountHeader);
}

function marked(interpreted: Interpreted): Interpreted {
  return interpreted.kind === 'change'
    ? { ...interpreted, change: { ...interpreted.change, redriven: true } }
    : interpreted;
}
