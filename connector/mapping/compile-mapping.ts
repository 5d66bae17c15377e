import { didYouMean } from '../kernel/did-you-mean.ts';
import { hasOuterBlanks, readStatus, trimHint } from './card-values.ts';
import type { CompiledMapping, DataMember, Language, StatusRule } from './compiled-mapping.ts';
import { dataMembers, languageCodes, type MappingFile, type MemberValue, skipStatus } from './document.ts';
import type { ColumnsUsed } from './expressions/columns.ts';
import { compileExpression, type ExpressionEnvironment } from './expressions/expression.ts';
import { type Place, places } from './expressions/places.ts';
import { kindOf, refuse } from './expressions/refusal.ts';
import type { Source } from './expressions/scope.ts';
import type { MappingProblem } from './mapping.ts';
import { requiredMembers } from './required-members.ts';
import type { Template } from './template.ts';

/** What a mapping is compiled with; problems are gathered in `problems`. */
interface Draft {
  readonly file: string;
  readonly from: MappingFile;
  readonly template: Template;
  readonly problems: MappingProblem[];
  readonly environment: ExpressionEnvironment;
  readonly names: string[];
  readonly columns: Map<string, ColumnsUsed>;
}

/** Compiles a file's expressions and checks its statuses and members against the template; adds what is wrong to `problems`. */
export function compileMapping(
  file: string,
  from: MappingFile,
  template: Template,
  root: ExpressionEnvironment,
  problems: MappingProblem[],
): CompiledMapping | null {
  const before = problems.length;
  const [names, columns] = [['row', 'op'], new Map<string, ColumnsUsed>()];
  const draft: Draft = {
    file,
    from,
    template,
    problems,
    environment: { ...root, cel: root.cel.clone() },
    names,
    columns,
  };
  const lets = compileLets(draft);
  const when = optional(draft, 'when', places.truth);
  const merchantBizNo = expression(draft, from.merchantBizNo, 'merchantBizNo', places.text);
  const user = compileUser(draft);
  const status = compileStatus(draft);
  const data = compileData(draft);
  checkOnDelete(draft);
  const merchantId = optional(draft, 'merchantId', places.text);
  const bizDate = optional(draft, 'bizDate', places.moment);
  const endDate = optional(draft, 'endDate', places.moment);
  const info = compileLanguages(draft);
  problems.push(...requiredMembers(file, from, template, info.languages));
  if (problems.length > before || user === null) return null;
  const tables = typeof from.table === 'string' ? [from.table] : from.table;
  const onDelete = from.onDelete ?? null;
  const card = { merchantBizNo, user, merchantId, status, bizDate, endDate, onDelete, data, ...info };
  return { file, template, tables, when, lets, columns, ...card };
}

function report(draft: Draft, path: string, problem: string, hint?: string): void {
  draft.problems.push({ file: draft.file, path, problem, ...(hint === undefined ? {} : { hint }) });
}

function constant(path: string, value: unknown): Source {
  return { path, usesLanguage: false, evaluate: () => value };
}

function expression(draft: Draft, text: string, path: string, place: Place, environment = draft.environment): Source {
  const compiled = compileExpression(environment, text, path, place, draft.names);
  if (compiled.kind === 'compiled') {
    draft.columns.set(path, compiled.columns);
    return compiled.source;
  }
  report(draft, path, compiled.problem, compiled.hint);
  return constant(path, null);
}

function optional(draft: Draft, key: 'when' | 'merchantId' | 'bizDate' | 'endDate', place: Place): Source | null {
  const text = draft.from[key];
  return text === undefined ? null : expression(draft, text, key, place);
}

// A let's type is not declared (dyn): its value may be null, which no declared type admits.
function compileLets(draft: Draft): ReadonlyMap<string, Source> {
  const lets = new Map<string, Source>();
  for (const [name, text] of Object.entries(draft.from.let ?? {})) {
    const path = `let.${name}`;
    lets.set(name, expression(draft, text, path, places.any));
    if (name === 'language' || !declared(draft.environment, name)) {
      report(draft, path, 'the name is taken', 'choose another one');
    }
    draft.names.push(name);
  }
  return lets;
}

function declared({ cel }: ExpressionEnvironment, name: string): boolean {
  try {
    cel.registerVariable(name, 'dyn');
    return true;
  } catch {
    return false;
  }
}

function compileUser(draft: Draft): CompiledMapping['user'] | null {
  const { userId, openId } = draft.from;
  if (userId !== undefined && openId !== undefined) {
    report(draft, 'openId', 'userId is there too', 'AlipayHK takes one of the two: remove the other');
    return null;
  }
  const member = userId === undefined ? 'openId' : 'userId';
  const text = userId ?? openId;
  if (text === undefined) {
    report(draft, 'userId', 'is missing', 'give userId or openId');
    return null;
  }
  return { member, source: expression(draft, text, member, places.text) };
}

function compileStatus(draft: Draft): StatusRule {
  const { orderStatus } = draft.from;
  if (typeof orderStatus === 'string') {
    const { statuses } = draft.template;
    const known = new Set(statuses === null ? [] : [...statuses, skipStatus]);
    const read = (value: unknown) => {
      const status = readStatus(value);
      return statuses === null || known.has(status) ? status : refuseStatus(status, statuses.join(', '));
    };
    return { source: expression(draft, orderStatus, 'orderStatus', places.text), read };
  }
  const { of, map, other } = orderStatus;
  for (const [from, status] of Object.entries(map)) checkStatus(draft, `orderStatus.map.${from}`, status);
  if (other !== undefined) checkStatus(draft, 'orderStatus.other', other);
  const source = expression(draft, of, 'orderStatus.of', places.status);
  const statuses = new Map(Object.entries(map));
  const names = [...statuses.keys()].join(', ');
  const read = (value: unknown) => {
    if (value === null || typeof value === 'object') return refuse(`must be text, but is ${kindOf(value)}`);
    const text = String(value);
    const status = statuses.get(text);
    if (status !== undefined) return status;
    // Padded, a status would count as any other one.
    return other === undefined || statuses.has(text.trim()) ? refuseStatus(text, names) : other;
  };
  return { source, read };
}

function refuseStatus(status: string, names: string): never {
  return refuse(`is none of ${names}${hasOuterBlanks(status) ? `: it has blanks around it, ${trimHint}` : ''}`);
}

function checkStatus(draft: Draft, path: string, status: string): void {
  const { statuses, code } = draft.template;
  if (status === skipStatus || statuses === null || statuses.includes(status)) return;
  report(draft, path, `${status} is no status of ${code}`, didYouMean(status, statuses) ?? oneOf(statuses));
}

function checkOnDelete(draft: Draft): void {
  const { onDelete } = draft.from;
  if (onDelete === undefined || draft.template.ends.has(onDelete)) return;
  const ends = [...draft.template.ends];
  const hint = ends.length === 0 ? "list it in x-endStatuses of the template's schema" : oneOf(ends);
  report(draft, 'onDelete', `${onDelete} is no end status of ${draft.template.code}`, hint);
}

const oneOf = (names: readonly string[]) => `one of ${names.join(', ')}`;

function compileData(draft: Draft): readonly DataMember[] {
  const { data = {} } = draft.from;
  const compiled: DataMember[] = [];
  for (const name of Object.keys(dataMembers) as (keyof typeof dataMembers)[]) {
    const value = data[name];
    if (value === undefined) continue;
    const place = name === 'amount' || name === 'payAmount' ? places.cents : places.text;
    compiled.push({ name, source: memberSource(draft, value, `data.${name}`, place, draft.environment) });
  }
  for (const name of ['amount', 'payAmount'] as const) {
    if (data[name] === undefined || data[`${name}Currency`] !== undefined) continue;
    report(draft, `data.${name}Currency`, 'is missing', `it is needed with ${name}: HKD or CNY`);
  }
  return compiled;
}

function compileLanguages(draft: Draft): Pick<CompiledMapping, 'shared' | 'languages'> {
  const { cel, budget } = draft.environment;
  const environment = { budget, cel: cel.clone().registerVariable('language', 'string') };
  draft.names.push('language');
  const { languages } = draft.from;
  const sources = (members: Readonly<Record<string, MemberValue>>, path: string) =>
    Object.entries(members).map(
      ([name, value]) => [name, memberSource(draft, value, `${path}.${name}`, places.json, environment)] as const,
    );
  const each = sources(languages.each ?? {}, 'languages.each');
  const shared = each.flatMap(([, source]) => (source.usesLanguage ? [] : [source]));
  const compiled: Language[] = [];
  for (const code of languageCodes) {
    const own = languages[code];
    if (own === undefined) continue;
    const merged = new Map<string, Source>([...each, ...sources(own ?? {}, `languages.${code}`)]);
    const members = [...merged].map(([name, source]) => {
      const index = shared.indexOf(source);
      return { name, source: index === -1 ? source : index };
    });
    compiled.push({ code, members });
  }
  if (compiled.length === 0) report(draft, 'languages', 'has no language', 'add zh_HK: {} and en_US: {}');
  return { shared, languages: compiled };
}

function memberSource(
  draft: Draft,
  value: MemberValue,
  path: string,
  place: Place,
  within: ExpressionEnvironment,
): Source {
  if (typeof value === 'string') return expression(draft, value, path, place, within);
  if (typeof value === 'number' && Number.isInteger(value)) {
    if (!Number.isSafeInteger(value)) report(draft, path, 'the number is too large for YAML', 'write it as text');
    else return constant(path, BigInt(value));
  }
  if (typeof value !== 'object' || value === null) return constant(path, value);
  const parts = Object.entries(value as Readonly<Record<string, MemberValue>>).map(
    ([key, part]) => [key, memberSource(draft, part, `${path}.${key}`, places.json, within)] as const,
  );
  const usesLanguage = parts.some(([, part]) => part.usesLanguage);
  if (Array.isArray(value))
    return { path, usesLanguage, evaluate: scope => parts.map(([, part]) => part.evaluate(scope)) };
  return {
    path,
    usesLanguage,
    evaluate: scope => Object.fromEntries(parts.map(([key, part]) => [key, part.evaluate(scope)])),
  };
}
