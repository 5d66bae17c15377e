import { type DeskParts, disposeOf, visitLetters } from '../../dead-letter/desk.ts';
import type { Disposal, StoredLetter } from '../../dead-letter/stored-letter.ts';
import { openKafka } from '../../kafka/client.ts';
import { openProducer } from '../../kafka/producer.ts';
import { openTopicReader } from '../../kafka/topic-reader.ts';
import { mask } from '../../kernel/mask.ts';
import { formatPosition } from '../../kernel/position.ts';
import { systemClock } from '../../system-clock.ts';
import type { ExitCode } from '../run.ts';
import { withSettings } from '../settings/with-settings.ts';
import type { CommandParts } from '../terminal/output.ts';
import { type FilterFlags, filterOf } from './flags.ts';

interface CommonFlags {
  readonly config?: string;
  readonly json?: boolean;
}

/** Of `dead-letters list`. */
export interface ListFlags extends FilterFlags, CommonFlags {
  readonly all?: boolean;
}

/** Of `dead-letters show`. */
export interface ShowFlags extends CommonFlags {
  readonly reveal?: boolean;
}

/** Of `dead-letters redrive` and `discard`. */
export interface DisposalFlags extends FilterFlags, CommonFlags {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly rate?: number;
  readonly maxRedrives: number;
}

/** `dead-letters list`: one line a letter, ids of customers masked. */
export function listLetters(flags: ListFlags, file: string, parts: CommandParts): Promise<ExitCode> {
  return atDesk(file, parts, async desk => {
    let shown = 0;
    await visitLetters(desk, filterOf(flags), (letter, disposal) => {
      if (disposal !== null && !flags.all) return;
      shown++;
      const summary = summaryOf(letter, disposal);
      parts.print(`${flags.json ? JSON.stringify(summary) : lineOf(summary)}\n`);
    });
    if (!flags.json) parts.print(`${shown} letter${shown === 1 ? '' : 's'}\n`);
    return 0;
  });
}

/** `dead-letters show`: all headers of a letter. */
export function showLetter(
  place: NonNullable<FilterFlags['at']>,
  { json, reveal }: ShowFlags,
  file: string,
  parts: CommandParts,
): Promise<ExitCode> {
  return atDesk(file, parts, async desk => {
    let found = false;
    await visitLetters(desk, { place }, (letter, disposal) => {
      found = true;
      const { key, value, headers } = letter.record;
      const shown = {
        ...summaryOf(letter, disposal),
        headers: Object.fromEntries(headers.map(one => [one.name, Buffer.from(one.value).toString('utf8')])),
        valueBytes: value?.length ?? null,
        ...(reveal && {
          key: key === null ? null : Buffer.from(key).toString('utf8'),
          value: value === null ? null : Buffer.from(value).toString('base64'),
        }),
      };
      parts.print(`${JSON.stringify(shown, null, json ? 0 : 2)}\n`);
    });
    if (!found) parts.printError(`there is no letter at ${place.partition}@${place.offset} of ${desk.topic}\n`);
    return found ? 0 : 1;
  });
}

/** `dead-letters redrive` and `discard`. 1 where a letter could not be dealt with. */
export async function disposeOfLetters(
  disposal: Disposal,
  flags: DisposalFlags,
  file: string,
  parts: CommandParts,
): Promise<ExitCode> {
  const filter = filterOf(flags);
  if (Object.keys(filter).length === 0 && !flags.all) {
    parts.printError(
      'say which letters are meant: --code, --reason, --template, --order, --since, --until, --at, or --all\n',
    );
    return 2;
  }
  return atDesk(file, parts, async desk => {
    const counts = { done: 0, 'too-often': 0, lost: 0 };
    let toldAt = performance.now();
    await disposeOf(desk, filter, disposal, {
      dryRun: flags.dryRun ?? false,
      ratePerSecond: flags.rate ?? null,
      redrivesMax: flags.maxRedrives,
      onLetter: (letter, outcome) => {
        counts[outcome]++;
        const { place, source } = summaryOf(letter, null);
        if (outcome !== 'done') parts.printError(`${place} of ${source}: ${outcomeTexts[outcome]}\n`);
        if (performance.now() - toldAt < 2_000) return;
        toldAt = performance.now();
        parts.printError(`${counts.done} so far\n`);
      },
    });
    const { done, lost } = counts;
    const tooOften = counts['too-often'];
    const dry = flags.dryRun ?? false;
    if (flags.json) parts.print(`${JSON.stringify({ [disposal]: done, tooOften, lost, dryRun: dry })}\n`);
    else parts.print(`${done} letter${done === 1 ? '' : 's'} ${dry ? `would be ${disposal}` : disposal}\n`);
    return lost + tooOften === 0 ? 0 : 1;
  });
}

const outcomeTexts = {
  'too-often': 'was redriven as often as --max-redrives allows; left as it is',
  lost: 'its value was too large for the dead-letter topic, and lies no more where it was read',
} as const;

/** Opens Kafka by the settings. */
function atDesk(file: string, parts: CommandParts, work: (desk: DeskParts) => Promise<ExitCode>): Promise<ExitCode> {
  return withSettings(file, parts, async ({ kafka: options, deadLetters }) => {
    const kafka = openKafka(options);
    const reader = openTopicReader(kafka, options.groupId);
    const producer = openProducer(kafka);
    try {
      return await work({ reader, producer, clock: systemClock, topic: deadLetters.topic });
    } finally {
      await Promise.all([reader.close(), producer.close()]);
    }
  });
}

function summaryOf(letter: StoredLetter, disposal: Disposal | null) {
  const { record, source, reason, code, resultCode, template, detail, order, redriveCount } = letter;
  return {
    place: `${record.partition}@${record.offset}`,
    writtenAt: new Date(record.timestamp).toISOString(),
    state: disposal ?? 'open',
    reason,
    code,
    resultCode,
    template,
    order: order === null ? null : mask(order),
    source: formatPosition(source),
    redrives: redriveCount,
    valueOmitted: letter.valueOmitted,
    detail,
  };
}

function lineOf(summary: ReturnType<typeof summaryOf>): string {
  const { place, writtenAt, state, reason, code, resultCode, order, source, redrives, detail } = summary;
  const which = resultCode ?? code;
  const again = redrives === 0 ? '' : ` (redriven ${redrives} times)`;
  return `${place.padEnd(10)} ${writtenAt}  ${state.padEnd(9)} ${reason} ${which}  ${order ?? '-'}  ${source}${again}  ${detail.slice(0, 160)}`;
}
