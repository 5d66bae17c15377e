import { Fault } from '../kernel/fault.ts';
import type { Resolved, SchemaLookup } from '../registry/registry.ts';
import type { RegistryClient } from '../registry/registry-client.ts';

/** Schemas by their ids for a command: unlike a running connector it does not wait for a registry that does not answer, but rejects. */
export function impatientLookup(client: Pick<RegistryClient, 'find'>): SchemaLookup {
  const known = new Map<number, Resolved>();
  return {
    typeOf: id => known.get(id),
    async resolve(id, signal) {
      const answer = await client.find(id, signal);
      if (answer.kind === 'silent') throw new Fault('REGISTRY_UNREACHABLE', { detail: answer.problem });
      const resolved = resolvedOf(answer);
      known.set(id, resolved);
      return resolved;
    },
  };
}

function resolvedOf(answer: Exclude<Awaited<ReturnType<RegistryClient['find']>>, { kind: 'silent' }>): Resolved {
  if (answer.kind === 'found') return { kind: 'type', type: answer.type };
  const code = answer.kind === 'unknown' ? 'SCHEMA_UNKNOWN' : 'RECORD_UNDECODABLE';
  return { kind: 'refused', fault: new Fault(code, { detail: answer.problem }) };
}
