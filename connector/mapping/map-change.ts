import { digest128 } from '../kernel/digest.ts';
import type { Row, RowChange } from '../kernel/row-change.ts';
import { type Card, type CardChange, merchantBizNo } from '../order/change.ts';
import type { Budget } from './bounds/budget.ts';
import { ProblemList } from './bounds/problem-list.ts';
import {
  type JsonValue,
  readCents,
  readCurrency,
  readId,
  readMoment,
  readOptionalId,
  readText,
  readTruth,
  readUserId,
  toJson,
} from './card-values.ts';
import type { CompiledMapping, DataMember, Language } from './compiled-mapping.ts';
import { skipStatus } from './document.ts';
import { explain } from './expressions/refusal.ts';
import { LetFailed, Scope, type Source } from './expressions/scope.ts';
import type { Mapped, MappingOptions } from './mapping.ts';

const unmapped: Mapped = { kind: 'skipped', reason: 'unmapped' };
const wantsWholeRow = 'for deletes the table needs REPLICA IDENTITY FULL (PostgreSQL) or full row images (MySQL)';

/** What a card is made from, and what was found wrong so far. */
interface Draft {
  readonly mapping: CompiledMapping;
  readonly scope: Scope;
  readonly budget: Budget;
  readonly problems: ProblemList;
}

/** Makes the card of a change by the first of a table's mappings that wants it. Never throws. */
export function mapChange(
  mappings: readonly CompiledMapping[],
  change: RowChange,
  form: MappingOptions['languageBusinessInfo'],
  budget: Budget,
): Mapped {
  const deleted = change.op === 'delete';
  if (mappings.length === 0 || (deleted && mappings.every(mapping => mapping.onDelete === null))) return unmapped;
  const row = deleted ? (change.before ?? {}) : change.after;
  if (row === null) return { kind: 'invalid', problems: [`${change.table}: the change has no row after it`] };
  const scope = new Scope(row, change.op);
  const problems = new ProblemList();
  budget.begin();
  for (const mapping of mappings) {
    const draft: Draft = { mapping, scope: scope.begin(mapping.lets), budget, problems };
    const wanted = mapping.when === null || take(draft, mapping.when, readTruth);
    const made = wanted === true ? makeChange(draft, change, form) : null;
    if (problems.count > 0) {
      return { kind: 'invalid', problems: deleted ? [...problems.listed(), wantsWholeRow] : problems.listed() };
    }
    if (made !== null) return made.kind === 'change' ? withFormer(draft, change, made.change, form) : made;
  }
  return unmapped;
}

/** An update may change the order number: the card under the former one is ended, as if its row had been deleted. */
function withFormer(
  draft: Draft,
  change: RowChange,
  made: CardChange,
  form: MappingOptions['languageBusinessInfo'],
): Mapped {
  const { mapping, budget } = draft;
  const some = mapping.onDelete === null ? null : (change.earlier?.some() ?? null);
  if (some === null) return { kind: 'change', change: made };
  const of = (row: Row): Draft => {
    return { mapping, budget, scope: new Scope(row, 'delete').begin(mapping.lets), problems: new ProblemList() };
  };
  const number = take(of(some), mapping.merchantBizNo, readId);
  const before = number === null || number === made.merchantBizNo ? null : (change.earlier?.whole() ?? null);
  if (before === null) return { kind: 'change', change: made };
  const { earlier: _, ...rest } = change;
  const whole = of(before);
  const ended = makeChange(whole, { ...rest, op: 'delete', before, after: null }, form);
  return ended.kind === 'change' && whole.problems.count === 0
    ? { kind: 'change', change: made, former: ended.change }
    : { kind: 'change', change: made };
}

/** The card's change; what is returned counts only where no problem was added. */
function makeChange(draft: Draft, change: RowChange, form: MappingOptions['languageBusinessInfo']): Mapped {
  const { mapping } = draft;
  const deleted = change.op === 'delete';
  const status = deleted ? mapping.onDelete : take(draft, mapping.status.source, mapping.status.read);
  const order = orderNumber(draft, change);
  if (status === skipStatus || status === null || order === null) return unmapped;
  // A deleted row may hold only its key. What its card shows no longer matters: what cannot be told is left out.
  const extra: Draft = deleted ? { ...draft, problems: new ProblemList() } : draft;
  const isUserId = mapping.user.member === 'userId';
  const user = take(draft, mapping.user.source, isUserId ? readUserId : readId) ?? undefined;
  const bizDate = deleted || mapping.bizDate === null ? null : take(draft, mapping.bizDate, readMoment);
  const endDate = mapping.endDate === null ? null : take(extra, mapping.endDate, readMoment);
  const merchantId =
    mapping.merchantId === null ? undefined : (take(extra, mapping.merchantId, readOptionalId) ?? undefined);
  const template = mapping.template.code;
  const members = JSON.stringify({
    merchantBizNo: order,
    orderStatus: status,
    productTemplateCode: template,
    syncDataInfo: syncDataInfo(extra, businessInfo(extra, status), form),
    endDate: endDate ?? undefined,
    [mapping.user.member]: user,
    merchantId,
  }).slice(1, -1);
  if (!isSmallEnough(draft, members)) return unmapped;
  const card: Card = {
    template,
    status,
    ends: mapping.template.ends.has(status),
    endDate,
    members,
    hash: digest128(members),
  };
  return {
    kind: 'change',
    change: {
      merchantBizNo: merchantBizNo(order),
      card,
      bizDate: bizDate ?? change.committedAt,
      position: change.position,
      source: change.source,
      snapshot: change.op === 'read',
      creates: change.op === 'create' || change.op === 'read',
    },
  };
}

/**
 * Evaluates a source and reads its value; null where it is null, or where that added a problem. Once the change has passed a bound of its
 * budget nothing more is evaluated.
 */
function take<T>(draft: Draft, source: Source, read: (value: unknown, budget: Budget) => T | null): T | null {
  const { budget } = draft;
  if (budget.exceeded() !== null) return null;
  try {
    const value = read(source.evaluate(draft.scope), budget);
    if (typeof value === 'string') budget.show(value.length);
    const exceeded = budget.exceeded();
    if (exceeded === null) return value;
    addProblem(draft, source.path, exceeded.message);
  } catch (error) {
    const failedLet = error instanceof LetFailed;
    // An expression may survive the refusal, and fail by another error then.
    const cause = budget.exceeded() ?? (failedLet ? error.cause : error);
    addProblem(draft, failedLet ? error.path : source.path, explain(cause, draft.scope.row));
  }
  return null;
}

function isSmallEnough(draft: Draft, members: string): boolean {
  try {
    draft.budget.checkCard(members);
    return true;
  } catch (error) {
    addProblem(draft, 'languages', explain(error, draft.scope.row));
    return false;
  }
}

function addProblem(draft: Draft, path: string, text: string): void {
  draft.problems.add(`${draft.mapping.file}: ${path}: ${text}`);
}

// Of a deleted row the record's key will do: it is the order number in the Debezium settings that we recommend.
function orderNumber(draft: Draft, change: RowChange): string | null {
  const source = draft.mapping.merchantBizNo;
  if (change.op !== 'delete') return take(draft, source, readId);
  const number = take({ ...draft, problems: new ProblemList() }, source, readId);
  const exceeded = draft.budget.exceeded();
  if (exceeded !== null) addProblem(draft, source.path, exceeded.message);
  if (number !== null) return number;
  if (change.keyProblem !== undefined) addProblem(draft, source.path, `the record's key ${change.keyProblem}`);
  return take(draft, { ...source, evaluate: () => change.key }, readId);
}

type Members = Readonly<Record<string, JsonValue>>;

/** businessInfo of each language that has any member; null where none has. */
function businessInfo(draft: Draft, status: string): Members | null {
  const { mapping, problems } = draft;
  const before = problems.count;
  const shared = mapping.shared.map(source => take(draft, source, toJson));
  const infos = mapping.languages.map(language => languageInfo(draft, language, shared));
  const failed = problems.count > before;
  let shown: Record<string, JsonValue> | null = null;
  for (const [index, { code }] of mapping.languages.entries()) {
    const info = infos[index] ?? null;
    const found = mapping.template.check(status, info ?? {});
    for (const { member, problem, missing } of found) {
      // What failed above is missing here: once is enough.
      if (missing && failed) continue;
      addProblem(draft, `languages.${code}.${member}`, missing ? `${problem} in ${status}` : problem);
    }
    if (found.length > 0 || info === null) continue;
    shown ??= {};
    shown[code] = info;
  }
  return shown;
}

function languageInfo(draft: Draft, language: Language, shared: readonly JsonValue[]): Members | null {
  draft.scope.set('language', language.code);
  let info: Record<string, JsonValue> | null = null;
  for (const { name, source } of language.members) {
    const value = typeof source === 'number' ? shared[source] : take(draft, source, toJson);
    if (value === null || value === undefined) continue;
    info ??= {};
    info[name] = value;
  }
  return info;
}

function syncDataInfo(draft: Draft, shown: Members | null, form: MappingOptions['languageBusinessInfo']): Members {
  const sync: Record<string, JsonValue> = {};
  if (shown !== null) sync.languageBusinessInfo = form === 'string' ? JSON.stringify(shown) : textEach(shown);
  for (const { name, source } of draft.mapping.data) {
    const amount = amountOf[name];
    if (amount !== undefined && sync[amount] === undefined) continue;
    const before = draft.problems.count;
    const value = take(draft, source, dataReaders[name] ?? readText);
    if (value !== null) sync[name] = value;
    else if (amount !== undefined) {
      delete sync[amount];
      if (draft.problems.count === before) addProblem(draft, `data.${name}`, `is null, but needed with ${amount}`);
    }
  }
  return sync;
}

function textEach(shown: Members): Members {
  return Object.fromEntries(Object.entries(shown).map(([code, info]) => [code, JSON.stringify(info)]));
}

type DataName = DataMember['name'];

// A currency goes with its amount: it is left out without it.
const amountOf: Readonly<Partial<Record<DataName, DataName>>> = {
  amountCurrency: 'amount',
  payAmountCurrency: 'payAmount',
};

const dataReaders: Readonly<Partial<Record<DataName, (value: unknown) => string | number | null>>> = {
  amount: readCents,
  payAmount: readCents,
  amountCurrency: readCurrency,
  payAmountCurrency: readCurrency,
};
