import { mask } from '../../kernel/mask.ts';
import { formatPosition } from '../../kernel/position.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Replayed, ReplayRequest } from '../../tools/replay/replay.ts';

/** The result as one JSON object on one line. */
export function jsonOf({ run, from, to, dryRun }: ReplayRequest, { samples, brokenOff, ...counts }: Replayed): string {
  const ended = brokenOff === null ? 'done' : brokenOff === 'interrupted' ? brokenOff : brokenOff.code;
  const span = { from: iso(from), to: iso(to) };
  const { looked, unusable, orders, already, putBack, gone } = counts;
  const told = { run, ...span, looked, unusable, orders, already, putBack, gone, dryRun, ended };
  return `${JSON.stringify({ ...told, samples: samples.map(sampleOf) })}\n`;
}

/** The result for a person. */
export function textOf({ run, from, to, dryRun }: ReplayRequest, replayed: Replayed): string {
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

/** The command to go on with. The span as it was: "2h ago" would be another one by then. */
export function howToGoOn(
  { run, from, to, order, template, ratePerSecond }: ReplayRequest,
  { putBack }: Replayed,
): string {
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
