import { digest128 } from '../kernel/digest.ts';
import type { RowChange } from '../kernel/row-change.ts';
import { type Card, merchantBizNo } from '../order/change.ts';
import {
  type JsonValue,
  readCents,
  readCurrency,
  readId,
  readMoment,
  readOrderNumber,
  readText,
  readTruth,
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
  readonly problems: string[];
}

/** Makes the card of a change by the first of a table's mappings that wants it. Never throws. */
export function mapChange(
  mappings: readonly CompiledMapping[],
  change: RowChange,
  form: MappingOptions['languageBusinessInfo'],
): Mapped {
  const deleted = change.op === 'delete';
  if (mappings.length === 0 || (deleted && mappings.every(mapping => mapping.onDelete === null))) return unmapped;
  const row = deleted ? (change.before ?? {}) : change.after;
  if (row === null) return { kind: 'invalid', problems: [`${change.table}: the change has no row after it`] };
  const scope = new Scope(row, change.op);
  const problems: string[] = [];
  for (const mapping of mappings) {
    const draft: Draft = { mapping, scope: scope.begin(mapping.lets), problems };
    const wanted = mapping.when === null || take(draft, mapping.when, readTruth);
    const made = wanted === true ? makeChange(draft, change, form) : null;
    if (problems.length > 0) return { kind: 'invalid', problems: deleted ? [...problems, wantsWholeRow] : problems };
    if (made !== null) return made;
  }
  return unmapped;
}

/** The card's change; what is returned counts only where no problem was added. */
function makeChange(draft: Draft, change: RowChange, form: MappingOptions['languageBusinessInfo']): Mapped {
  const { mapping } = draft;
  const deleted = change.op === 'delete';
  const status = deleted ? mapping.onDelete : take(draft, mapping.status.source, mapping.status.read);
  const order = orderNumber(draft, change);
  if (status === skipStatus || status === null || order === null) return unmapped;
  // A deleted row may hold only its key. What its card shows no longer matters: what cannot be told is left out.
  const extra: Draft = deleted ? { ...draft, problems: [] } : draft;
  const userId = take(draft, mapping.user.source, readId) ?? undefined;
  const bizDate = deleted || mapping.bizDate === null ? null : take(draft, mapping.bizDate, readMoment);
  const endDate = mapping.endDate === null ? null : take(extra, mapping.endDate, readMoment);
  const merchantId = mapping.merchantId === null ? undefined : (take(extra, mapping.merchantId, readText) ?? undefined);
  const template = mapping.template.code;
  const members = JSON.stringify({
    merchantBizNo: order,
    orderStatus: status,
    productTemplateCode: template,
    syncDataInfo: syncDataInfo(extra, businessInfo(extra, status), form),
    endDate: endDate ?? undefined,
    [mapping.user.member]: userId,
    merchantId,
  }).slice(1, -1);
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

/** Evaluates a source and reads its value; null where it is null, or where that added a problem. */
function take<T>(draft: Draft, source: Source, read: (value: unknown) => T | null): T | null {
  try {
    return read(source.evaluate(draft.scope));
  } catch (error) {
    const failedLet = error instanceof LetFailed;
    addProblem(draft, failedLet ? error.path : source.path, explain(failedLet ? error.cause : error, draft.scope.row));
    return null;
  }
}

function addProblem(draft: Draft, path: string, text: string): void {
  const problem = `${draft.mapping.file}: ${path}: ${text}`;
  if (!draft.problems.includes(problem)) draft.problems.push(problem);
}

// Of a deleted row the record's key will do: it is the order number in the Debezium settings that we recommend.
function orderNumber(draft: Draft, change: RowChange): string | null {
  const source = draft.mapping.merchantBizNo;
  if (change.op !== 'delete') return take(draft, source, readOrderNumber);
  const inRow = take({ ...draft, problems: [] }, source, readOrderNumber);
  if (inRow !== null) return inRow;
  if (change.keyProblem !== undefined) addProblem(draft, source.path, `the record's key ${change.keyProblem}`);
  return take(draft, { ...source, evaluate: () => change.key }, readOrderNumber);
}

type Members = Readonly<Record<string, JsonValue>>;

/** businessInfo of each language that has any member; null where none has. */
function businessInfo(draft: Draft, status: string): Members | null {
  const { mapping, problems } = draft;
  const before = problems.length;
  const shared = mapping.shared.map(source => take(draft, source, toJson));
  const infos = mapping.languages.map(language => languageInfo(draft, language, shared));
  const failed = problems.length > before;
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
    const before = draft.problems.length;
    const value = take(draft, source, dataReaders[name] ?? readText);
    if (value !== null) sync[name] = value;
    else if (amount !== undefined) {
      delete sync[amount];
      if (draft.problems.length === before) addProblem(draft, `data.${name}`, `is null, but needed with ${amount}`);
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
