/**
 * Does the broker refuse a record for its size? Waiting does not mend that. kafkajs names the broker's error in `type`, and may
 * wrap it; a batch that is too large on the whole has a name of its own.
 */
export function isTooLarge(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const type = 'type' in error ? error.type : null;
  return type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE' || isTooLarge(error.cause);
}
