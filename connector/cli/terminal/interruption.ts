import type { Output } from './output.ts';

/** Aborted by the first Ctrl-C (or SIGTERM), so that what is open is closed; a second one ends the process at once. */
export function interruption({ onInterrupt }: Output): AbortSignal {
  const interrupted = new AbortController();
  onInterrupt?.(() => interrupted.abort(new Error('interrupted')));
  return interrupted.signal;
}
