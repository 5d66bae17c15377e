import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import { attempt } from '../../settings/files.ts';
import { loadRequestSettings } from '../../settings/load-apart.ts';
import type { Settings } from '../../settings/settings.ts';
import { tryFromFile } from '../../tools/dry-run/from-file.ts';
import { tryFromKafka } from '../../tools/dry-run/from-kafka.ts';
import { openRequestWriter } from '../../tools/dry-run/shown-request.ts';
import type { Trial } from '../../tools/dry-run/trial.ts';
import type { ExitCode } from '../run.ts';
import { fileAccess } from '../settings/file-access.ts';
import { withLoaded, withSettings } from '../settings/with-settings.ts';
import type { placeOf } from '../terminal/arguments.ts';
import { interruption } from '../terminal/interruption.ts';
import type { CommandParts } from '../terminal/output.ts';
import { paintFor } from '../terminal/print.ts';
import { lineOf, summaryOf, textOf, told } from './print-trial.ts';

/** Of `dry-run`, as commander reads them. */
export interface DryRunFlags {
  readonly config?: string;
  readonly topic?: string;
  readonly last?: number;
  readonly from?: ReturnType<typeof placeOf>;
  readonly count?: number;
  readonly file?: string;
  readonly state?: 'journal' | 'none';
  readonly sign: boolean;
  readonly body: 'pretty' | 'exact' | 'none';
  readonly mask?: boolean;
  readonly json?: boolean;
}

const lastDefault = 10;

/** `dry-run`: prints what would become of records, in Kafka or in a file. */
export async function dryRun(flags: DryRunFlags, file: string, parts: CommandParts): Promise<ExitCode> {
  const usage = usageProblem(flags);
  if (usage !== null) {
    parts.printError(`${usage}\n`);
    return 2;
  }
  return flags.file === undefined ? overKafka(flags, file, parts) : overFile(flags, flags.file, file, parts);
}

/** Flags that make no sense together. */
function usageProblem({ file, from, last, count, state, topic }: DryRunFlags): string | null {
  if (file !== undefined && (from !== undefined || last !== undefined || state === 'journal')) {
    return '--file goes with neither --from, --last nor --state journal: nothing is known of its orders';
  }
  if (from !== undefined && last !== undefined) return '--from and --last do not go together';
  if (count !== undefined && from === undefined && file === undefined) return '--count needs --from or --file';
  return topic === '' ? '--topic is empty' : null;
}

function overKafka(flags: DryRunFlags, file: string, parts: CommandParts): Promise<ExitCode> {
  const { topic, from = null, last = lastDefault, count = 1, state = 'journal' } = flags;
  return withSettings(file, parts, async settings => {
    if (from !== null && topic === undefined && settings.kafka.topics.length > 1) {
      parts.printError(`--from needs --topic: one of ${settings.kafka.topics.join(', ')}\n`);
      return 2;
    }
    const topics = topic === undefined ? [] : [topic];
    const wanted = { topics, from, count: from === null ? last : count, state };
    const { trials, journalMissing } = await tryFromKafka(settings, wanted, interruption(parts));
    if (journalMissing) {
      parts.printError(`there is no journal yet (${settings.journal.topic}): nothing is known of the orders\n`);
    }
    if (trials.length === 0) parts.printError('there is no record yet\n');
    return printed(trials, { ...settings, hasKey: true }, flags, parts, settings.deadLetters.topic);
  });
}

function overFile(flags: DryRunFlags, path: string, file: string, parts: CommandParts): Promise<ExitCode> {
  const source = { file, environment: parts.environment, ...fileAccess };
  return withLoaded(loadRequestSettings(source, flags.sign), parts, async settings => {
    const read = attempt(() => readFileSync(path === '-' ? process.stdin.fd : path));
    if (read.kind === 'bad') {
      parts.printError(`${path} ${read.reason}\n`);
      return 2;
    }
    const given = { bytes: read.value, topic: flags.topic ?? (path === '-' ? 'stdin' : basename(path)) };
    const trials = await tryFromFile(settings, given, flags.count ?? Number.POSITIVE_INFINITY);
    const code = await printed(trials, settings, flags, parts, null);
    if (trials.length > 0) return code;
    parts.printError(`${path} holds no record\n`);
    return 1;
  });
}

async function printed(
  trials: readonly Trial[],
  settings: { readonly platform: Settings['platform']; readonly hasKey: boolean },
  flags: DryRunFlags,
  parts: CommandParts,
  deadLetterTopic: string | null,
): Promise<ExitCode> {
  const paint = paintFor(parts.terminal?.out ?? false, parts.environment);
  const writer = openRequestWriter(settings.platform, flags.sign && settings.hasKey);
  for (const trial of trials) {
    const one = await told(trial, writer, flags.mask ?? false, deadLetterTopic);
    parts.print(flags.json ? lineOf(one) : textOf(one, flags.body, paint));
  }
  if (!flags.json && trials.length > 0) parts.print(summaryOf(trials, paint));
  return trials.some(({ fate }) => fate.kind === 'dead-letter') ? 1 : 0;
}
