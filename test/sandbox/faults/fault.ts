import { Ajv } from 'ajv';
import { isResultCode, type ResultCode, type ResultStatus, resultCodes } from '../gateway/result-codes.ts';
import { problemText } from '../rules/schema-problems.ts';

/*
 * What can go wrong on demand:
 *
 * result         a result code: `code`, and `resultStatus` where it is not to be the usual one
 * http           an HTTP status with a text: `status`, with `retryAfter` (seconds) or `location` where given
 * timeout        never an answer
 * drop           the connection is cut
 * garbage, html, empty   an answer that is not JSON; `status` 200 where not given
 * truncated      the true answer, cut in the middle
 * slow           the true answer, late: `delayMs`
 * bad-signature, no-signature   the true answer, with a signature that does not hold, or without one
 */
const kindsThatHideTheOrder = ['result', 'http', 'timeout', 'drop', 'garbage', 'html', 'empty'] as const;
/** Those that change a true answer, and so know no `before`. */
export const kindsOfTheTrueAnswer = ['truncated', 'slow', 'bad-signature', 'no-signature'] as const;

/** The kinds of faults. */
export const faultKinds = [...kindsThatHideTheOrder, ...kindsOfTheTrueAnswer] as const;

/** A kind of fault. */
export type FaultKind = (typeof faultKinds)[number];

/** A fault as it is asked for: what happens, and to which requests. All the selectors given must hold. */
export interface FaultSpec {
  /** A result code may stand here instead of `result`. */
  readonly kind: FaultKind | ResultCode;
  /** Name in the journal; the code, `http-<status>` or the kind where not given. */
  readonly name?: string;
  readonly code?: ResultCode;
  readonly resultStatus?: ResultStatus;
  readonly status?: number;
  /** Seconds, for the `Retry-After` header. */
  readonly retryAfter?: number;
  readonly location?: string;
  /** Added to the wait before the answer, in milliseconds; of any kind. */
  readonly delayMs?: number;
  /**
   * `before`: the request has no effect. `after`: it has, and only the answer is lost or replaced.
   * Where not given `before`, but `after` for the kinds of the true answer, which know nothing else.
   */
  readonly when?: 'before' | 'after';
  /** Share of the matching requests, 0 to 1. */
  readonly rate?: number;
  /** The merchantBizNo. */
  readonly order?: string;
  readonly orderPrefix?: string;
  readonly command?: 'SEND' | 'UPDATE';
  /** Only in this many milliseconds from now (real time, not the sandbox's clock). */
  readonly forMs?: number;
  /** Only to the next this many matching requests. */
  readonly count?: number;
}

/** A fault that is fit to be used: `code`, `status`, `delayMs` are there where its kind needs them. */
export interface Fault extends FaultSpec {
  readonly kind: FaultKind;
  readonly name: string;
  readonly when: 'before' | 'after';
}

/** A fault, or what is wrong with the text or JSON that was to be one. */
export type ReadFault =
  | { readonly kind: 'read'; readonly fault: Fault }
  | { readonly kind: 'invalid'; readonly problem: string };

const text = { type: 'string', minLength: 1, maxLength: 1000 };
const isSpec = new Ajv({ allErrors: true }).compile<FaultSpec>({
  type: 'object',
  additionalProperties: false,
  required: ['kind'],
  properties: {
    kind: { enum: [...faultKinds, ...resultCodes] },
    name: text,
    code: { enum: resultCodes },
    resultStatus: { enum: ['S', 'F', 'U'] },
    status: { type: 'integer', minimum: 200, maximum: 599 },
    retryAfter: { type: 'integer', minimum: 0 },
    location: text,
    delayMs: { type: 'integer', minimum: 0, maximum: 2 ** 31 - 1 },
    when: { enum: ['before', 'after'] },
    rate: { type: 'number', minimum: 0, maximum: 1 },
    order: text,
    orderPrefix: text,
    command: { enum: ['SEND', 'UPDATE'] },
    forMs: { type: 'integer', minimum: 0 },
    count: { type: 'integer', minimum: 1 },
  },
});

/** Checks a fault that came as JSON, and fills in what follows from its kind. */
export function readFault(json: unknown): ReadFault {
  if (!isSpec(json)) return { kind: 'invalid', problem: problemText(isSpec.errors ?? []) };
  const spec: FaultSpec = isResultCode(json.kind) ? { ...json, kind: 'result', code: json.kind } : json;
  const kind = faultKinds.find(known => known === spec.kind);
  if (kind === undefined) return { kind: 'invalid', problem: 'kind is not known' };
  const problem = problemOf(kind, spec);
  if (problem !== null) return { kind: 'invalid', problem };
  const when = spec.when ?? (isOfTheTrueAnswer(kind) ? 'after' : 'before');
  return { kind: 'read', fault: { ...spec, kind, name: spec.name ?? usualName(kind, spec), when } };
}

/** The same for a fault written in code. Throws a TypeError where it is not fit to be used. */
export function completeFault(spec: FaultSpec): Fault {
  const read = readFault(spec);
  if (read.kind === 'invalid') throw new TypeError(`fault ${spec.kind}: ${read.problem}`);
  return read.fault;
}

/** Reads the command line's form: `kind,key=value,…` (`http,status=503,rate=0.1`), or JSON. */
export function readFaultText(argument: string): ReadFault {
  if (argument.startsWith('{')) {
    try {
      return readFault(JSON.parse(argument));
    } catch {
      return { kind: 'invalid', problem: 'it is not JSON' };
    }
  }
  const [kind, ...pairs] = argument.split(',');
  const fields: Record<string, unknown> = { kind };
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) return { kind: 'invalid', problem: `${pair} is not key=value` };
    const key = pair.slice(0, at);
    const value = pair.slice(at + 1);
    const isNumber = !['order', 'orderPrefix', 'name', 'location'].includes(key) && /^\d+(\.\d+)?$/.test(value);
    fields[key] = isNumber ? Number(value) : value;
  }
  return readFault(fields);
}

function isOfTheTrueAnswer(kind: FaultKind): boolean {
  return kindsOfTheTrueAnswer.some(other => other === kind);
}

function problemOf(kind: FaultKind, spec: FaultSpec): string | null {
  if (kind === 'result' && spec.code === undefined) return 'kind result needs a code';
  if (kind === 'http' && spec.status === undefined) return 'kind http needs a status';
  if (kind === 'slow' && spec.delayMs === undefined) return 'kind slow needs delayMs';
  if (isOfTheTrueAnswer(kind) && spec.when === 'before')
    return `kind ${kind} changes the true answer: it cannot come before`;
  return null;
}

function usualName(kind: FaultKind, spec: FaultSpec): string {
  if (kind === 'result' && spec.code !== undefined) return spec.code;
  return kind === 'http' ? `http-${spec.status}` : kind;
}
