import { randomUUID } from 'node:crypto';
import { mask } from '../../kernel/mask.ts';
import { formatPosition } from '../../kernel/position.ts';
import { type Instant, instant } from '../../kernel/time.ts';
import { type Replayed, type ReplayRequest, replay } from '../../tools/replay/replay.ts';
import type { ExitCode } from '../run.ts';
import { withSettings } from '../settings/with-settings.ts';
import { interruption } from '../terminal/interruption.ts';
import type { CommandParts } from '../terminal/output.ts';
import { describeFault, paintFor } from '../terminal/print.ts';
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

function jsonOf({ run, from, to, dryRun }: ReplayRequest, { samples, brokenOff, ...counts }: Replayed): string {
  const ended = brokenOff === null ? 'done' : brokenOff === 'interrupted' ? brokenOff : brokenOff.code;
  const span = { from: iso(from), to: iso(to) };
  const { looked, unusable, orders, already, putBack, gone } = counts;
  const told = { run, ...span, looked, unusable, orders, already, putBack, gone, dryRun, ended };
  return `${JSON.stringify({ ...told, samples: samples.map(sampleOf) })}\n`;
}

function textOf({ run, from, to, dryRun }: ReplayRequest, replayed: Replayed): string {
  const { looked, unusable, orders, already, putBack, gone, samples, brokenOff } = replayed;
  const lines = [
    `${numbered(orders, 'order')} changed from ${iso(from)} to ${iso(to)} (${numbered(looked, 'record')} read)`,
    ...(unusable > 0
      ? [`  ${numbered(unusable, 'record')} cannot be decoded or mapped: their orders may be missing`]
      : []),
    ...(already > 0 ? [`  ${already} were put back by run ${run} before`] : []),
    ...(gone > 0
      ? [`  ${gone} lie no more where they were found: their topic is compacted, or keeps nothing for long`]
      : []),
  ];
  if (dryRun) {
    const shown = samples
      .map(sampleOf)
      .map(one => `  ${one.order}  ${one.template}  ${one.committedAt}  ${one.position}`);
    return [...lines, `nothing was put back (--dry-run); the first of them:`, ...shown, ''].join('\n');
  }
  const ended = brokenOff === null ? '' : ' until it was broken off';
  return [...lines, `${numbered(putBack, 'order')} put back by run ${run}${ended}`, ''].join('\n');
}

function sampleOf([order, place]: Replayed['samples'][number]) {
  const { template, source, replays } = place;
  return {
    order: mask(order),
    template,
    committedAt: iso(source.committedAt),
    position: formatPosition(place),
    replays,
  };
}

function whyBrokenOff({ brokenOff }: Replayed, { environment }: CommandParts): string {
  if (brokenOff === null || brokenOff === 'interrupted') return '';
  return describeFault(brokenOff, paintFor(false, environment));
}

/** The span as it was: "2h ago" would be another one by then. */
function howToGoOn({ run, from, to, order, template, ratePerSecond }: ReplayRequest, { putBack }: Replayed): string {
  if (putBack === 0) return 'nothing was put back\n';
  const filters = [
    ...(template === null ? [] : [`--template ${template}`]),
    ...(order === null ? [] : ['--order <the same>']),
  ];
  const command = [`--run ${run} --from ${iso(from)} --to ${iso(to)}`, ...filters, `--rate ${ratePerSecond}`].join(' ');
  return `to go on: card-sync replay ${command}\n`;
}

function numbered(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}
