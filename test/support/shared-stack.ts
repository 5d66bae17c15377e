import { inject } from 'vitest';
import { type RemoteStack, remoteStack } from '../stack/remote-stack.ts';

/** The real PostgreSQL, Kafka, Connect and registry of this run, started by the project's setup. */
export function sharedStack(): Promise<RemoteStack> {
  return remoteStack(inject('stackUrl'));
}
