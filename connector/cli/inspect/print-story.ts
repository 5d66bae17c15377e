import { mask } from '../../kernel/mask.ts';
import { formatPosition, type Position } from '../../kernel/position.ts';
import type { SourcePosition } from '../../kernel/row-change.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Moment, SourceMoment, Standing, Story } from '../../tools/inspect/story.ts';
import type { Paint } from '../terminal/print.ts';

/** The story as one JSON object on one line. */
export function jsonOf(story: Story, reveals: boolean): string {
  const { order, moments, standing, looked, partitions, absent } = story;
  const told = {
    order,
    moments: moments.map(moment =>
      moment.kind === 'source' ? { ...moment, users: usersOf(moment, reveals) } : moment,
    ),
    standing: standing === null ? null : standingOf(standing),
    looked,
    partitions: Object.fromEntries(partitions),
    absent,
  };
  return `${JSON.stringify(told, plain)}\n`;
}

/** Places as they are written everywhere, times as ISO 8601. */
function plain(name: string, value: unknown): unknown {
  if (isPlace(value)) return formatPosition(value);
  if (typeof value === 'bigint') return String(value);
  return (name === 'at' || name.endsWith('At')) && typeof value === 'number' ? iso(value) : value;
}

function isPlace(value: unknown): value is Position {
  return typeof value === 'object' && value !== null && 'topic' in value && 'partition' in value && 'offset' in value;
}

function standingOf({ state, owed }: Standing) {
  const { kind, through, source, bizDate } = state;
  const committedAt = source?.committedAt ?? null;
  const expires = state.kind === 'live' ? state.expires : state.kind === 'unknown' ? state.mayExpireAt : null;
  return {
    state: kind,
    bizDate: bizDate === null ? null : iso(bizDate),
    expiresAt: expires,
    through,
    committedAt,
    log: source === null ? null : logOf(source),
    owed: owed && owedOf(owed),
  };
}

function owedOf({ request, attempts, failures, firstAttemptAt, lastAttemptAt, dueAt }: NonNullable<Standing['owed']>) {
  const { requestId, command, change } = request;
  const { position } = change;
  return {
    position,
    command,
    status: change.card.status,
    requestId,
    attempts,
    failures,
    firstAttemptAt,
    lastAttemptAt,
    dueAt,
  };
}

/** Where it stands in the database's own log. */
function logOf(source: SourcePosition): string | null {
  if (source.kind === 'lsn') return `lsn ${source.lsn}`;
  return source.kind === 'binlog' ? `${source.file}:${source.offset}` : null;
}

function usersOf({ users }: SourceMoment, reveals: boolean): readonly string[] {
  return reveals ? users : users.map(mask);
}

/** The story as a table in the sequence of time, and how the order stands. */
export function textOf(story: Story, settings: Settings, reveals: boolean, paint: Paint): string {
  const rows = story.moments.map(moment => cellsOf(moment, reveals));
  const widths = [0, 1, 2, 3].map(column => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  const lines = rows.map((cells, index) => {
    const padded = cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
    const style = styleOf(story.moments[index]);
    return style === null ? padded : paint(style, padded);
  });
  return `${[paint('bold', story.order), '', ...lines, '', ...standingLines(story, settings, paint)].join('\n')}\n`;
}

type Cells = readonly [at: string, kind: string, place: string, what: string, more: string];

function cellsOf(moment: Moment, reveals: boolean): Cells {
  const at = iso(moment.at);
  switch (moment.kind) {
    case 'source':
      return [at, 'source', formatPosition(moment.position), sourceWhat(moment), sourceMore(moment, reveals)];
    case 'journal': {
      const { event, position, command, attempts, detail, requestId, place } = moment;
      const request = requestId === null ? '' : `, requestId ${requestId}`;
      const tries = attempts > 1 ? `, ${attempts} attempts` : '';
      const more = `of @${position.offset}${detail === null || detail === event ? '' : `, ${detail}`}${tries}${request}`;
      return [at, 'journal', formatPosition(place), [event, command].filter(Boolean).join(' '), more];
    }
    case 'forgotten':
      return [at, 'journal', formatPosition(moment.place), 'forgotten', 'its card had been over for long'];
    case 'dead-letter': {
      const { reason, code, resultCode, source, detail, place, disposal } = moment;
      const more = `of ${formatPosition(source)}, ${resultCode ?? code}${disposal === null ? ', open' : ''}: ${detail.slice(0, 160)}`;
      return [at, 'dead letter', formatPosition(place), reason, more];
    }
    case 'disposal':
      return [at, 'dead letter', formatPosition(moment.letter), moment.disposal, ''];
  }
}

function sourceWhat({ op, card, without }: SourceMoment): string {
  const became = card === null ? (without?.reason ?? '') : `${card.status}${card.ends ? ' (ends)' : ''}`;
  return [op, became].filter(Boolean).join(' ');
}

function sourceMore(moment: SourceMoment, reveals: boolean): string {
  const { committedAt, changed, without, redriven } = moment;
  const user = usersOf(moment, reveals).join(', ');
  return [
    ...(committedAt === null ? [] : [`committed ${timeBeside(committedAt, moment.at)}`]),
    ...(changed === null ? [] : [changed.length === 0 ? 'no column changed' : `changed ${changed.join(', ')}`]),
    ...(redriven === 0 ? [] : ['a dead letter put back']),
    ...(user === '' ? [] : [`user ${user}`]),
    ...(without?.problems ?? []),
  ].join(', ');
}

function styleOf(moment: Moment | undefined): 'red' | 'cyan' | 'yellow' | null {
  if (moment?.kind === 'dead-letter') return 'red';
  if (moment?.kind === 'journal') return moment.event === 'parked' || moment.event === 'retried' ? 'yellow' : 'cyan';
  return null;
}

function standingLines(
  { standing, moments, absent }: Story,
  { journal, deadLetters }: Settings,
  paint: Paint,
): readonly string[] {
  const open = moments.filter(moment => moment.kind === 'dead-letter' && moment.disposal === null);
  const name = (text: string) => paint('bold', text.padEnd(8));
  const unknown = standing === null ? 0 : moments.filter(moment => isBehind(standing, moment)).length;
  return [
    `${name('now')} ${standing === null ? unknownText(absent, moments, journal.topic) : stateText(standing)}`,
    ...(unknown === 0
      ? []
      : [
          `${name('behind')} ${counted(unknown, 'change')} that the journal does not know of: not handled yet, or needing no request`,
        ]),
    ...(standing?.owed ? [`${name('owed')} ${paint('yellow', owedText(standing.owed))}`] : []),
    ...(open.length === 0
      ? []
      : [
          `${name('open')} ${paint('red', `${counted(open.length, 'dead letter')} in ${deadLetters.topic}: card-sync dead-letters`)}`,
        ]),
    ...(standing === null
      ? []
      : [`${name('note')} ${paint('dim', `${journal.topic} is compacted: older events are gone, or soon will be`)}`]),
  ];
}

/** A change that has a card and stands behind the last one that was handled. */
function isBehind({ state: { through } }: Standing, moment: Moment): boolean {
  if (through === null || moment.kind !== 'source' || moment.card === null) return false;
  const { topic, partition, offset } = moment.position;
  return topic === through.topic && partition === through.partition && offset > through.offset;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function unknownText(absent: Story['absent'], moments: readonly Moment[], topic: string): string {
  if (absent.includes('journal')) return `not known: there is no journal yet (${topic})`;
  const forgotten = moments.some(({ kind }) => kind === 'forgotten');
  return forgotten ? 'forgotten: its card has been over for long' : 'nothing was sent yet, as far as the journal knows';
}

function stateText({ state }: Standing): string {
  const { through, bizDate } = state;
  const seen = through === null ? '' : `, gone through ${formatPosition(through)}`;
  const date = bizDate === null ? '' : `, bizDate ${iso(bizDate)}`;
  switch (state.kind) {
    case 'live':
      return `live until ${iso(state.expires)}${date}${seen}`;
    case 'ended':
      return `ended${date}${seen}`;
    case 'unknown':
      return `whether there is a card is not known${date}${seen}`;
  }
}

function owedText(owed: NonNullable<Standing['owed']>): string {
  const { request, attempts, dueAt, firstAttemptAt } = owed;
  const { change, command, requestId } = request;
  return `${command} ${change.card.status} of ${formatPosition(change.position)}, ${attempts} attempts since ${iso(firstAttemptAt)}, the next at ${iso(dueAt)}, requestId ${requestId}`;
}

/** Without the date where that stands beside it. */
function timeBeside(at: number, beside: number): string {
  const [date, time = ''] = iso(at).split('T');
  return date === iso(beside).split('T')[0] ? time : iso(at);
}

function iso(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}
