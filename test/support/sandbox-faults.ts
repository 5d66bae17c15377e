import { type FaultSpec, readFault } from '../sandbox/faults/fault.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** Adds a fault from now on; its id. Throws where it is not a fault. */
export function addFault(sandbox: Sandbox, spec: FaultSpec): number {
  const read = readFault(spec);
  if (read.kind === 'invalid') throw new Error(read.problem);
  return sandbox.addFault(read.fault);
}
