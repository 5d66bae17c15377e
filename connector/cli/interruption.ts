import process from 'node:process';

/** Aborted by the first Ctrl-C, so that what is open is closed; a second one ends the process at once. */
export function interruption(): AbortSignal {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  return interrupted.signal;
}
