import { type Command, InvalidArgumentError } from 'commander';
import type { ExitCode } from '../run.ts';
import { withSettings } from '../settings/with-settings.ts';
import { interruption } from '../terminal/interruption.ts';
import type { CommandParts, CommandSetup } from '../terminal/output.ts';
import { paintFor } from '../terminal/print.ts';

interface StatusFlags {
  readonly config?: string;
  readonly instance: readonly string[];
  readonly watch?: number | true;
  readonly json?: boolean;
}

const exitCodes = `
What Kafka tells is of all instances: the group, and each partition's committed offset, end, lag and owner. The rest an instance tells
itself, at the address of its metrics: by default the one of the settings (observe.host, observe.port); name each of several with
--instance, e.g. --instance http://card-sync-0:9464 --instance http://card-sync-1:9464.

Exit codes:
  0  Kafka and all instances that were asked answered (with --watch: ended by Ctrl-C)
  1  Kafka or an instance did not answer
  2  bad usage or settings
`;

const clearScreen = '\u001B[2J\u001B[H';
const watchSeconds = 2;

/** Adds `status`. */
export function addStatusCommand(program: Command, { settingsFile, done, ...parts }: CommandSetup): void {
  program
    .command('status')
    .description('show how far the group is, and what its instances are doing')
    .option('-c, --config <file>', 'settings file, as for run')
    .option('-i, --instance <url>', 'address of an instance; may be given several times', instanceUrl, [])
    .option('-w, --watch [seconds]', `show it again and again (default: every ${watchSeconds} s)`, seconds)
    .option('--json', 'print one JSON object; with --watch one a line')
    .addHelpText('after', exitCodes)
    .action(async ({ config, ...flags }: StatusFlags) => {
      done(await showStatus(flags, settingsFile(config), parts));
    });
}

function instanceUrl(text: string, before: readonly string[]): readonly string[] {
  const url = /^https?:\/\//.test(text) ? text : `http://${text}`;
  // A password would stand in the output.
  if (!/^https?:\/\/[^\s/?#@]+\/?$/.test(url) || !URL.canParse(url)) {
    throw new InvalidArgumentError('It must be an address such as http://host:9464, without user and password.');
  }
  return [...before, url.replace(/\/$/, '')];
}

function seconds(text: string): number {
  if (!/^\d{1,4}(?:\.\d)?$/.test(text) || Number(text) === 0) {
    throw new InvalidArgumentError('It must be a number of seconds.');
  }
  return Number(text);
}

function showStatus(flags: StatusFlags, file: string, parts: CommandParts): Promise<ExitCode> {
  return withSettings(file, parts, async settings => {
    // Loaded only now: the other commands need none of it.
    const { openStatusView } = await import('../../tools/status/status.ts');
    const { allAnswered } = await import('../../tools/status/deployment.ts');
    const { addressIn } = await import('../../tools/status/instance.ts');
    const { deploymentText } = await import('./deployment.ts');
    const { systemClock } = await import('../../system-clock.ts');
    const { print, printError, terminal, environment } = parts;
    const own = addressIn(settings.observe);
    const instances = flags.instance.length > 0 ? flags.instance : own === null ? [] : [own];
    if (instances.length === 0) printError('observe.port is 0: name the instances with --instance <url>\n');
    const view = openStatusView(settings, instances);
    const stop = interruption(parts);
    const stopped = aborted(stop);
    const paint = paintFor(terminal?.out ?? false, environment);
    const pauseMs = (flags.watch === true ? watchSeconds : (flags.watch ?? 0)) * 1_000;
    try {
      for (;;) {
        const status = await Promise.race([view.look(), stopped]);
        if (status === null) return flags.watch === undefined ? 1 : 0;
        const text = flags.json ? `${JSON.stringify(status)}\n` : deploymentText(status, paint);
        if (flags.watch === undefined) {
          print(text);
          return allAnswered(status) ? 0 : 1;
        }
        print(flags.json ? text : `${terminal?.out ? clearScreen : ''}${status.at}\n\n${text}\n`);
        await systemClock.sleep(pauseMs, stop);
      }
    } finally {
      await view.close();
    }
  });
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}
