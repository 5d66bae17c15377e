import { createJournalDecoder } from '../../connector/journal/decode.ts';
import type { ReadEntry } from '../../connector/journal/entry.ts';
import { openRegistry } from '../../connector/registry/registry.ts';
import { systemClock } from '../../connector/system-clock.ts';
import type { RemoteStack } from '../stack/remote-stack.ts';
import { ownHeaders } from '../unit/journal/entries.ts';
import type { TopicAccess } from './topic-access.ts';

/** The journal's entries in the order they were written, partition by partition; tombstones are left out. Throws where one cannot be read. */
export async function readJournal(
  stack: RemoteStack,
  topics: TopicAccess,
  topic: string,
): Promise<readonly ReadEntry[]> {
  const ignore = () => undefined;
  const registry = openRegistry({
    url: stack.registry.url,
    tls: null,
    timeoutMs: 5_000,
    retryMs: 100,
    clock: systemClock,
    onUnavailable: ignore,
    onAvailable: ignore,
  });
  const decoder = createJournalDecoder(registry);
  const entries: ReadEntry[] = [];
  for (const { partition, offset, key, value } of await topics.read(topic)) {
    const record = { topic, partition, offset, key, value, timestamp: systemClock.now(), headers: ownHeaders };
    const told = await decoder.decode(record, AbortSignal.timeout(10_000));
    if (told.kind === 'unreadable') throw told.fault;
    if (told.kind === 'entry') entries.push(told.entry);
  }
  return entries;
}

/** Entries that know less of their order than one that was written before them: somebody wrote who was not the owner any more. */
export function entriesGoingBack(entries: readonly ReadEntry[]): readonly string[] {
  const through = new Map<string, bigint>();
  return entries.flatMap(({ order, event, state }) => {
    const before = through.get(order) ?? -1n;
    const now = state.through?.offset ?? -1n;
    through.set(order, now);
    return now < before ? [`${event} of ${order}: through ${now} after ${before}`] : [];
  });
}
