import { randomUUID } from 'node:crypto';
import { type Instant, instant } from '../../kernel/time.ts';
import { type Replayed, type ReplayRequest, replay } from '../../tools/replay/replay.ts';
import type { ExitCode } from '../run.ts';
import { withSettings } from '../settings/with-settings.ts';
import { interruption } from '../terminal/interruption.ts';
import type { CommandParts } from '../terminal/output.ts';
import { describeFault, paintFor } from '../terminal/print.ts';
import { howToGoOn, jsonOf, textOf } from './print-replay.ts';
import { ProgressLine } from './progress.ts';

/** Of `replay`, as commander reads them. */
export interface ReplayFlags {
  readonly config?: string;
  readonly from: Instant;
  readonly to?: Instant;
  readonly template?: string;
  readonly order?: string;
  readonly rate: number;
  readonly dryRun?: boolean;
  readonly run?: string;
  readonly maxOrders: number;
  readonly json?: boolean;
}

/** `replay`: puts the orders' last changes back, and says how it went. 1 where that was broken off. */
export async function replayOrders(flags: ReplayFlags, file: string, parts: CommandParts): Promise<ExitCode> {
  const request = requestOf(flags);
  if (request.from >= request.to) {
    parts.printError('--from is to be before --to\n');
    return 2;
  }
  return withSettings(file, parts, async settings => {
    const progress = new ProgressLine({
      print: parts.printError,
      isTerminal: parts.terminal?.err ?? false,
      now: () => performance.now(),
    });
    const onProgress = (...told: Parameters<ProgressLine['tell']>) => progress.tell(...told);
    const outcome = await replay(settings, request, onProgress, interruption(parts)).finally(() => progress.end());
    if (outcome.kind === 'refused') {
      parts.printError(`${outcome.problem}\n`);
      return outcome.why === 'usage' ? 2 : 1;
    }
    parts.print(flags.json ? jsonOf(request, outcome) : textOf(request, outcome));
    if (outcome.brokenOff === null) return 0;
    parts.printError(whyBrokenOff(outcome, parts) + howToGoOn(request, outcome));
    return 1;
  });
}

function requestOf(flags: ReplayFlags): ReplayRequest {
  const { from, to, order, template, run, rate, maxOrders, dryRun } = flags;
  return {
    run: run ?? randomUUID().slice(0, 8),
    from,
    to: to ?? instant(Date.now()),
    order: order ?? null,
    template: template ?? null,
    ratePerSecond: rate,
    ordersMax: maxOrders,
    dryRun: dryRun ?? false,
  };
}

function whyBrokenOff({ brokenOff }: Replayed, { environment }: CommandParts): string {
  if (brokenOff === null || brokenOff === 'interrupted') return '';
  return describeFault(brokenOff, paintFor(false, environment));
}
