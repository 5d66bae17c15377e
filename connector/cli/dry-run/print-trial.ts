import { mask } from '../../kernel/mask.ts';
import { formatPosition } from '../../kernel/position.ts';
import type { CardRequest } from '../../order/decide.ts';
import type { SkipReason } from '../../order/event.ts';
import type { RequestWriter, ShownRequest } from '../../tools/dry-run/shown-request.ts';
import { requestOf, type Trial } from '../../tools/dry-run/trial.ts';
import type { Paint } from '../terminal/print.ts';

/** A trial with its request made whole: what is printed, as JSON or as text. */
export type ToldTrial = Awaited<ReturnType<typeof told>>;

/** Makes the requests of a trial, with ids masked or not. */
export async function told(trial: Trial, writer: RequestWriter, masks: boolean, deadLetterTopic: string | null) {
  const { position, appendedAt, row, fate, known, followedBy } = trial;
  const made = requestOf(trial);
  const request = made === null ? null : { ...idsOf(made), ...(await writer.write(made, masks)) };
  const isSent = fate.kind === 'request' || fate.kind === 'owed';
  return {
    position: formatPosition(position),
    appendedAt: appendedAt === null ? null : iso(appendedAt),
    op: row?.op ?? null,
    table: row?.table ?? null,
    committedAt: row === null ? null : iso(row.committedAt),
    order: made === null ? null : shownOrder(made, masks),
    template: made?.change.card.template ?? null,
    status: made?.change.card.status ?? null,
    outcome: fate.kind,
    skipped: fate.kind === 'skipped' ? fate.reason : null,
    owed: fate.kind === 'owed' ? { dueAt: iso(fate.dueAt), attempts: fate.attempts } : null,
    deadLetter: fate.kind === 'dead-letter' ? letterOf(fate, deadLetterTopic) : null,
    /** What would be sent. */
    request: isSent ? request : null,
    /** What would have been, had these records come by themselves. */
    alone: isSent ? null : request,
    known: known === null ? null : { ...known, at: iso(known.at), position: formatPosition(known.position) },
    followedBy: followedBy === null ? null : formatPosition(followedBy),
  };
}

function letterOf(fate: Extract<Trial['fate'], { kind: 'dead-letter' }>, topic: string | null) {
  const { reason, fault, problems } = fate;
  const details = problems.length > 0 ? problems : [fault.detail];
  return { reason, code: fault.code, problems: details, remedy: fault.remedy, topic };
}

function idsOf({ requestId, command, bizDate }: CardRequest) {
  return { requestId, command, bizDate };
}

function shownOrder({ change }: CardRequest, masks: boolean): string {
  return masks ? mask(change.merchantBizNo) : change.merchantBizNo;
}

/** One line of JSON. */
export function lineOf(trial: ToldTrial): string {
  return `${JSON.stringify(trial)}\n`;
}

/** A paragraph: where, what would become of it, and the request. */
export function textOf(trial: ToldTrial, body: 'pretty' | 'exact' | 'none', paint: Paint): string {
  const { position, op, table, committedAt, deadLetter, skipped, owed, alone, followedBy } = trial;
  const what = op === null ? '' : `  ${op} of ${table}, committed ${committedAt}`;
  const request = trial.request ?? alone;
  const lines = [
    `${paint('bold', position)}${what}`,
    ...(trial.request === null || owed !== null ? [] : [`  ${paint('green', 'would be sent')}: ${headOf(trial)}`]),
    ...(owed === null ? [] : [`  ${paint('yellow', 'owed')}: ${headOf(trial)}; ${owedText(owed)}`]),
    ...(skipped === null ? [] : [`  ${paint('yellow', `skipped, ${skipped}`)}: ${skipTexts[skipped]}`]),
    ...(deadLetter === null ? [] : letterLines(deadLetter, paint)),
    ...knownLines(trial, paint),
    ...(followedBy === null
      ? []
      : [`  ${paint('dim', `${followedBy} is a later change of it: where both wait, only that one is sent`)}`]),
    ...(alone === null ? [] : [`  had these records come by themselves: ${headOf(trial)}`]),
    ...(request === null ? [] : ['', ...requestLines(request, body, paint)]),
  ];
  return `${lines.join('\n')}\n\n`;
}

function headOf({ request, alone, template, status, order }: ToldTrial): string {
  const { command = '', bizDate = 0 } = request ?? alone ?? {};
  return `${command} of ${order}, ${template} ${status}, bizDate ${iso(bizDate)}`;
}

function owedText({ dueAt, attempts }: NonNullable<ToldTrial['owed']>): string {
  return `${attempts} attempts so far, the next at ${dueAt}`;
}

function letterLines({ reason, code, problems, remedy, topic }: NonNullable<ToldTrial['deadLetter']>, paint: Paint) {
  const where = topic === null ? 'a dead letter' : `a dead letter in ${topic}`;
  return [
    `  ${paint('red', `${reason}, ${code}`)}: it would become ${where}`,
    ...problems.map(problem => `    ${problem}`),
    `    ${paint('dim', remedy)}`,
  ];
}

function knownLines({ known, position }: ToldTrial, paint: Paint): readonly string[] {
  if (known === null) return [];
  const { event, at, state, command, requestId, detail } = known;
  const by = known.position === position ? 'by this very record' : `by ${known.position}`;
  const request = requestId === null ? '' : `, ${command} ${requestId}`;
  const why = detail === null ? '' : `, ${detail}`;
  return [
    `  ${paint('dim', `the journal has the order: ${event} at ${at} ${by}${request}${why}; the card is ${stateTexts[state]}`)}`,
  ];
}

const stateTexts = { live: 'live', ended: 'ended', unknown: 'perhaps there' } as const;

function requestLines(request: ShownRequest, form: 'pretty' | 'exact' | 'none', paint: Paint): readonly string[] {
  const { method, url, headers, body } = request;
  const unsigned = 'signature' in headers ? [] : [paint('dim', '(not signed)')];
  const head = [
    `${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...unsigned,
  ];
  if (form === 'none') return head.map(indented);
  if (form === 'exact') return [...head.map(indented), '', body];
  const json: unknown = JSON.parse(body);
  const texts = languageTexts(json);
  const read = texts === null ? [] : ['', paint('dim', 'languageBusinessInfo, read:'), ...linesOf(texts)];
  return [...head, '', ...linesOf(json), ...read].map(indented);
}

/** What the texts in the body hold, which are JSON themselves and hard to read there. */
function languageTexts(body: unknown): unknown {
  const { syncDataInfo }: { readonly syncDataInfo?: { readonly languageBusinessInfo?: unknown } } = Object(body);
  const info = syncDataInfo?.languageBusinessInfo ?? null;
  if (typeof info === 'string') return JSON.parse(info);
  return info && Object.fromEntries(Object.entries(info).map(([code, text]) => [code, JSON.parse(String(text))]));
}

function linesOf(json: unknown): readonly string[] {
  return JSON.stringify(json, null, 2).split('\n');
}

function indented(line: string): string {
  return line === '' ? '' : `  ${line}`;
}

/** How many came to what. */
export function summaryOf(trials: readonly Trial[], paint: Paint): string {
  const count = (is: (trial: Trial) => boolean) => trials.filter(is).length;
  const reasons = Map.groupBy(trials, ({ fate }) => (fate.kind === 'skipped' ? fate.reason : ''));
  reasons.delete('');
  const skips = [...reasons].map(([reason, { length }]) => `${length} ${reason}`).join(', ');
  const parts = [
    `${count(({ fate }) => fate.kind === 'request')} would be sent`,
    ...some(
      count(({ fate }) => fate.kind === 'owed'),
      'owed',
    ),
    ...some(
      count(({ fate }) => fate.kind === 'skipped'),
      `skipped (${skips})`,
    ),
    ...some(
      count(({ fate }) => fate.kind === 'dead-letter'),
      'would become dead letters',
    ).map(text => paint('red', text)),
  ];
  return `${trials.length} record${trials.length === 1 ? '' : 's'}: ${parts.join(', ')}\n`;
}

function some(count: number, what: string): readonly string[] {
  return count === 0 ? [] : [`${count} ${what}`];
}

function iso(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}

const skipTexts: Readonly<Record<SkipReason, string>> = {
  unmapped: 'no mapping wants this row',
  truncated: 'a table was truncated',
  ignored: 'it is no change of a row',
  unchanged: 'the card shows this already',
  stale: 'a later change of the order was handled already',
  duplicate: 'this very record, or a later one of the order, was handled already',
  expired: 'the card would be over already',
  ended: 'there is no card to end',
  superseded: 'a newer change took its place',
};
