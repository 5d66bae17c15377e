import { type DeploymentStatus, type GroupStatus, reportOf, type SeenInstance } from '../../tools/status/deployment.ts';
import { span, thousands } from '../../tools/words.ts';
import type { Paint } from '../terminal/print.ts';
import { type Column, tableText } from '../terminal/table.ts';

const width = 120;

/** The group, its partitions, and the instances that were asked. */
export function deploymentText({ at, group, instances }: DeploymentStatus, paint: Paint): string {
  const now = Date.parse(at);
  const blocks = [
    groupText(group, instances, paint),
    ...(group.kind === 'seen' && group.partitions.length > 0 ? [partitionsText(group, instances, now, paint)] : []),
    ...instances.map(instance => instanceText(instance, paint)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function groupText(group: GroupStatus, instances: readonly SeenInstance[], paint: Paint): string {
  const name = paint('bold', `group ${group.groupId}`);
  if (group.kind === 'silent') {
    return `${paint('red', '✗')} ${name}  ${group.problem}\n  ${paint('cyan', `→ ${group.remedy}`)}`;
  }
  const { state, members, partitions, lag, journalRecords } = group;
  const count = members.length === 1 ? '1 member' : `${members.length} members`;
  const journal = `journal of at most ${thousands(journalRecords)} records`;
  const mark = members.length === 0 ? paint('yellow', '!') : paint('green', '✓');
  const facts = [state, count, `${partitions.length} partitions`, `lag ${thousands(lag)}`, journal];
  const answered = instances.filter(({ kind }) => kind === 'answered').length;
  const others = members.length - answered;
  const hint = `→ ${others} of the members ${others === 1 ? 'was' : 'were'} not asked or did not answer: --instance <url> for each`;
  return [`${mark} ${name}  ${facts.join(', ')}`, ...(others > 0 ? [`  ${paint('dim', hint)}`] : [])].join('\n');
}

const partitionColumns: readonly Column[] = [
  { head: 'partition', align: 'left' },
  { head: 'committed', align: 'right' },
  { head: 'end', align: 'right' },
  { head: 'lag', align: 'right' },
  { head: 'frontier', align: 'right' },
  { head: 'unsettled', align: 'right' },
  { head: 'oldest', align: 'right' },
  { head: 'parked', align: 'right' },
  { head: 'state', align: 'left' },
  { head: 'owner', align: 'left' },
];

function partitionsText(
  { partitions }: Extract<GroupStatus, { kind: 'seen' }>,
  instances: readonly SeenInstance[],
  now: number,
  paint: Paint,
): string {
  const rows = partitions.map(one => {
    const seen = reportOf(instances, one);
    const report = seen?.report ?? null;
    const oldest = report?.oldestUnsettledAt ?? null;
    return [
      `${one.topic}/${one.partition}`,
      number(one.committed),
      number(one.end),
      number(one.lag),
      number(report?.frontier ?? null),
      number(report?.unsettled ?? null),
      oldest === null ? '–' : span(Math.max(0, now - Date.parse(oldest))),
      number(report?.parked ?? null),
      report === null ? '–' : !report.restored ? 'restoring' : report.paused ? 'paused' : 'reading',
      seen === null ? (one.owner ?? '–') : new URL(seen.url).host,
    ];
  });
  const [head = '', ...lines] = tableText(partitionColumns, rows, width);
  return [paint('bold', head), ...lines].join('\n');
}

function instanceText(instance: SeenInstance, paint: Paint): string {
  const name = paint('bold', instance.url);
  if (instance.kind === 'silent') return `${paint('red', '✗')} ${name}  does not answer: ${instance.problem}`;
  const { version, uptimeSeconds, live, ready, reasons, degraded, restore, flow } = instance.status;
  const isWell = live && ready && degraded === null;
  const state = `${live ? 'live' : 'not live'}, ${ready ? 'ready' : 'not ready'}`;
  const head = `${isWell ? paint('green', '✓') : paint('yellow', '!')} ${name}  ${state}, card-sync ${version}, up ${span(uptimeSeconds * 1_000)}`;
  const lines = [
    ...reasons.map(reason => paint('yellow', reason)),
    ...(degraded === null ? [] : [paint('red', `intake is stopped: ${degraded.code}: ${degraded.meaning}`)]),
    ...(restore === null ? [] : [restoreText(restore)]),
    ...(flow === null ? [] : flowTexts(flow, paint)),
  ];
  return [head, ...lines.map(line => `  ${line}`)].join('\n');
}

type Answered = Extract<SeenInstance, { kind: 'answered' }>['status'];

function restoreText({ restoring, records, unreadable }: NonNullable<Answered['restore']>): string {
  const underway = restoring === 0 ? 'restored' : `${restoring} partitions being restored`;
  const broken = unreadable === 0 ? '' : `, ${thousands(unreadable)} unreadable`;
  return `journal    ${underway}, ${thousands(records)} records read${broken}`;
}

function flowTexts(flow: NonNullable<Answered['flow']>, paint: Paint): readonly string[] {
  const { breaker, inFlight, inFlightLimit, inFlightMax, requestsPerSecond, queued, waiting, parked, orders } = flow;
  const rate = requestsPerSecond === null ? '' : `, ${requestsPerSecond} requests a second`;
  const open = breaker === 'closed' ? breaker : paint('red', breaker);
  return [
    `breaker    ${open}`,
    `in flight  ${inFlight}, of ${inFlightLimit} now and ${inFlightMax} at most${rate}`,
    `changes    ${thousands(queued)} queued, ${thousands(waiting)} wait for another attempt, ${thousands(parked)} parked`,
    `orders     ${thousands(orders)} remembered`,
  ];
}

function number(value: number | null): string {
  return value === null ? '–' : thousands(value);
}
