import { type Command, InvalidArgumentError } from 'commander';
import { loadSettings } from '../../settings/load.ts';
import type { ExaminationProgress } from '../../tools/check/examination.ts';
import { version } from '../../version.ts';
import type { ExitCode } from '../run.ts';
import { fileAccess } from '../settings/file-access.ts';
import { interruption } from '../terminal/interruption.ts';
import type { CommandParts, CommandSetup } from '../terminal/output.ts';
import { paintFor } from '../terminal/print.ts';

interface CheckFlags {
  readonly config?: string;
  readonly records: number;
  readonly timeout: number;
  readonly json?: boolean;
}

const exitCodes = `
What is looked at: the settings, the mappings, the keys; Kafka's brokers, our rights, the topics, the newest records; the schema
registry; AlipayHK's address; the journal; who runs. It changes nothing: no record is written, no topic made, no schema registered, no
card sent. To AlipayHK's address goes one HEAD request for /, without client id, signature or body; to read records, a group of its own
(<kafka.groupId>.reader-…) is joined, and deleted afterwards.

Exit codes:
  0  all is well; there may be warnings (!)
  1  something must be mended (✗)
  2  bad usage, or problems of the settings; what can be checked without them is checked
`;

/** Adds `check`. */
export function addCheckCommand(program: Command, { settingsFile, done, ...parts }: CommandSetup): void {
  program
    .command('check')
    .description('look at all that the connector needs, and say what to mend')
    .option('-c, --config <file>', 'settings file, as for run')
    .option('-n, --records <count>', 'how many of the newest records of each topic to look at', wholeNumber, 100)
    .option('-t, --timeout <seconds>', 'give up after so long', wholeNumber, 60)
    .option('--json', 'print one JSON object')
    .addHelpText('after', exitCodes)
    .action(async ({ config, ...flags }: CheckFlags) => {
      done(await runCheck(flags, settingsFile(config), parts));
    });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 99999.');
  return Number(text);
}

async function runCheck(flags: CheckFlags, file: string, parts: CommandParts): Promise<ExitCode> {
  const { print, environment, terminal } = parts;
  // Loaded only now: the other commands need none of it.
  const { check } = await import('../../tools/check/check.ts');
  const { realParts } = await import('../../tools/check/parts.ts');
  const { findingsText, countsOf } = await import('./findings.ts');
  const loaded = loadSettings({ file, environment, ...fileAccess });
  const { settings, problems } =
    loaded.kind === 'loaded'
      ? { settings: loaded.settings, problems: [] }
      : { settings: loaded.usable, problems: loaded.problems };
  const stop = interruption(parts);
  const progress = progressLine(parts);
  const startedAt = performance.now();
  const order = { file, problems, settings, records: flags.records, limitMs: flags.timeout * 1_000 };
  const findings = await check({ ...order, stop }, realParts, progress.show);
  progress.clear();
  const counts = countsOf(findings);
  if (flags.json) {
    const seconds = Math.round(performance.now() - startedAt) / 1_000;
    print(`${JSON.stringify({ version, settings: file, seconds, counts, findings })}\n`);
  } else {
    print(findingsText(findings, paintFor(terminal?.out ?? false, environment)));
  }
  if (problems.length > 0) return 2;
  return counts.failed > 0 || stop.aborted ? 1 : 0;
}

/** One line that is written over, where a person waits. */
function progressLine({ printError, terminal }: CommandParts) {
  const isShown = terminal?.err === true;
  const clearLine = '\r\u001B[K';
  return {
    show: ({ done, of, underway }: ExaminationProgress) => {
      if (!isShown) return;
      printError(`${clearLine}${done} of ${of}: ${underway.join(', ')}`.slice(0, 100));
    },
    clear: () => {
      if (isShown) printError(clearLine);
    },
  };
}
