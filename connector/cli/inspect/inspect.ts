import type { Instant } from '../../kernel/time.ts';
import { inspectOrder } from '../../tools/inspect/inspect.ts';
import type { Story } from '../../tools/inspect/story.ts';
import type { ExitCode } from '../run.ts';
import { withSettings } from '../settings/with-settings.ts';
import { interruption } from '../terminal/interruption.ts';
import type { CommandParts } from '../terminal/output.ts';
import { paintFor } from '../terminal/print.ts';
import { jsonOf, textOf } from './print-story.ts';

/** Of `inspect`, as commander reads them. */
export interface InspectFlags {
  readonly config?: string;
  readonly since?: Instant;
  readonly allPartitions?: boolean;
  readonly reveal?: boolean;
  readonly json?: boolean;
}

/** Between two words on how far it has come. */
const progressMs = 1_000;

/** `inspect`: prints an order's story. 1 where there is nothing of it. */
export function inspect(order: string, flags: InspectFlags, file: string, parts: CommandParts): Promise<ExitCode> {
  const { since = null, allPartitions = false, reveal = false, json = false } = flags;
  return withSettings(file, parts, async settings => {
    const onRecord = progressOn(parts.printError);
    const story = await inspectOrder(settings, order, { since, allPartitions, onRecord }, interruption(parts));
    const paint = paintFor(parts.terminal?.out ?? false, parts.environment);
    if (story.moments.length === 0) {
      if (json) parts.print(jsonOf(story, reveal));
      parts.printError(nothingFound(story, flags));
      return 1;
    }
    parts.print(json ? jsonOf(story, reveal) : textOf(story, settings, reveal, paint));
    return 0;
  });
}

/** From the first record on: to join a group takes its own time. */
function progressOn(tell: (text: string) => void): (looked: number, all: number) => void {
  let startedAt: number | null = null;
  let toldAt = 0;
  return (looked, all) => {
    const now = performance.now();
    startedAt ??= now;
    if (now - Math.max(toldAt, startedAt) < progressMs) return;
    toldAt = now;
    const perSecond = Math.round((looked * 1000) / (now - startedAt));
    tell(`${looked} of ${all} records, ${perSecond} a second\n`);
  };
}

function nothingFound({ order, looked, partitions, absent }: Story, { since, allPartitions }: InspectFlags): string {
  const where = [...partitions].map(([topic, numbers]) => `${topic}/${numbers.join(',')}`).join(' and ');
  const hints = [
    ...(absent.includes('journal') ? ['there is no journal yet: has the connector run with these settings?'] : []),
    ...(since === undefined
      ? ["is the id whole, and written as in the card's merchantBizNo?"]
      : ['it may be older: leave --since out']),
    ...(allPartitions ? [] : ['where the key of the records is not the id as plain text, try --all-partitions']),
  ];
  const head = `nothing was found of ${order}: ${looked.source} records of ${where} were looked at, ${looked.journal} of the journal, ${looked.deadLetters} of the dead letters`;
  return `${head}\n${hints.map(hint => `  ${hint}\n`).join('')}`;
}
