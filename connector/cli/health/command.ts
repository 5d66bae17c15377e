import { Argument, type Command } from 'commander';
import { askHealth, type HealthPage, healthAddress, healthPages } from '../../tools/ask-health.ts';
import type { ExitCode } from '../run.ts';
import { withSettings } from '../settings/with-settings.ts';
import { countOf } from '../terminal/arguments.ts';
import type { CommandParts, CommandSetup } from '../terminal/output.ts';

interface HealthFlags {
  readonly config?: string;
  readonly url?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

const exitCodes = `
Exit codes:
  0  live, or ready
  1  not so, or it does not answer
  2  bad usage or settings
`;

/** Adds `health`. */
export function addHealthCommand(program: Command, { settingsFile, done, ...parts }: CommandSetup): void {
  program
    .command('health')
    .description('ask the connector that runs with these settings how it is, as a probe')
    .addArgument(
      new Argument('[page]', 'live: it makes progress; ready: it is a member of its group')
        .choices(healthPages)
        .default('live'),
    )
    .option('-c, --config <file>', 'settings file, as for run: it says where it listens')
    .option('--url <url>', 'where it listens, e.g. http://127.0.0.1:9464; no settings are read then')
    .option('--timeout <ms>', 'longest wait for its answer', countOf, 2_000)
    .option('--json', 'print one JSON object')
    .addHelpText('after', exitCodes)
    .action(async (page: HealthPage, { config, url, ...flags }: HealthFlags) => {
      const ask = (address: string) => tellHealth(address, page, flags, parts);
      if (url !== undefined) return done(await askAt(url, ask, parts));
      const file = settingsFile(config);
      done(await withSettings(file, parts, ({ observe }) => askAt(healthAddress(observe), ask, parts)));
    });
}

async function askAt(
  address: string | null,
  ask: (address: string) => Promise<ExitCode>,
  { printError }: CommandParts,
): Promise<ExitCode> {
  if (address !== null && URL.canParse(address) && new URL(address).protocol === 'http:') return ask(address);
  printError(
    address === null
      ? 'observe.port is 0: the port is chosen at the start and logged. Name it: --url http://127.0.0.1:<port>\n'
      : `"${address}" is no http address. It is to be e.g. --url http://127.0.0.1:9464\n`,
  );
  return 2;
}

async function tellHealth(
  address: string,
  page: HealthPage,
  { timeout, json }: Pick<HealthFlags, 'timeout' | 'json'>,
  { print, printError }: CommandParts,
): Promise<ExitCode> {
  const answer = await askHealth(address, page, timeout);
  const well = answer.kind === 'answered' && answer.well;
  const reasons = answer.kind === 'answered' ? answer.reasons : [`${address} does not answer: ${answer.why}`];
  if (json) print(`${JSON.stringify({ [page]: well, reasons })}\n`);
  else (well ? print : printError)(`${[`${well ? '' : 'not '}${page}`, ...reasons].join('; ')}\n`);
  return well ? 0 : 1;
}
