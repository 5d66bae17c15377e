import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { breakAnswer, sendsResult, signatureFate } from '../faults/break-answer.ts';
import type { Fault } from '../faults/fault.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import { checkArrival, type GatewaySettings } from '../gateway/checks.ts';
import { type Result, resultOf } from '../gateway/result-codes.ts';
import type { InFlight } from '../journal/in-flight.ts';
import { type BodyDigest, digestBody, type RequestEntry } from '../journal/request-entry.ts';
import type { RequestJournal } from '../journal/request-journal.ts';
import type { Platform } from '../rules/platform.ts';
import { readBody } from './read-body.ts';
import { type AnswerSettings, writeAnswer } from './write-answer.ts';

/** The parts the API is made of. */
export interface SyncParts {
  readonly gateway: GatewaySettings;
  readonly answers: AnswerSettings;
  readonly platform: Platform;
  readonly faults: FaultPlan;
  readonly journal: RequestJournal;
  readonly inFlight: InFlight;
  /** Before each answer, in milliseconds. */
  readonly latencyMs: number;
  readonly wait: (ms: number) => Promise<void>;
  /** Epoch ms, by the sandbox's clock. */
  readonly now: () => number;
  /** Told of each request when it is decided on, and again when it has ended. */
  readonly onRequest: (entry: RequestEntry) => void;
}

/** A request, read and checked by the gateway. */
interface Checked {
  /** The gateway's answer, where it let the request not through. */
  readonly refusal: Result | null;
  readonly json: unknown;
  readonly facts: BodyDigest;
}

interface Decision {
  /** What the client is to be told, if the fault lets it; null where there is nothing to tell. */
  readonly result: Result | null;
  readonly outcome: RequestEntry['outcome'];
}

/** Serves one contractCardSync request (or what came instead of one), from its bytes to its answer. */
export async function serveSync(request: IncomingMessage, response: ServerResponse, parts: SyncParts): Promise<void> {
  const arrivedAt = performance.now();
  const receivedAt = parts.now();
  const read = await readBody(request, parts.gateway.bodyBytesMax);
  if (read.kind === 'aborted') return;
  const startedAt = performance.now();
  const checked = check(request, read.kind === 'read' ? read.bytes : null, parts.gateway);
  const { merchantBizNo: order, command } = checked.facts;
  if (order !== null) response.on('close', parts.inFlight.enter(order));
  const inFlight = order === null ? 1 : await countInFlight(order, parts.inFlight);
  const fault = parts.faults.select({ order, command }, performance.now());
  const { result, outcome } = decide(checked, fault, parts);
  const entry = parts.journal.add({
    receivedAt,
    ...checked.facts,
    outcome,
    fault: fault?.name ?? null,
    resultCode: fault === null || sendsResult(fault.kind) ? (result?.code ?? null) : null,
    inFlight,
    workMs: performance.now() - startedAt,
  });
  const finish = (answered: boolean) => {
    if (parts.journal.finish(entry, performance.now() - arrivedAt, answered)) parts.onRequest(entry);
  };
  response.on('close', () => finish(false));
  parts.onRequest(entry);
  const waitMs = parts.latencyMs + (fault?.delayMs ?? 0);
  if (waitMs > 0) await parts.wait(waitMs);
  const answered = await answer(result, fault, response, parts.answers);
  if (answered) finish(true);
}

function check(request: IncomingMessage, body: Uint8Array | null, settings: GatewaySettings): Checked {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const refusal = checkArrival({ method: request.method ?? '', path, headers: request.headers, body }, settings);
  const json = body === null ? undefined : parse(body);
  return { refusal, json, facts: digestBody(json, body === null ? null : hash('sha256', body, 'base64url')) };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Undefined where the bytes are not JSON in UTF-8. */
function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    return undefined;
  }
}

/**
 * Requests of the order in flight, this one included. One whose client has just hung up does not count, though the end of its
 * connection may stand behind this request in the event loop's queue: so where there seems to be another one, look again a turn later.
 */
async function countInFlight(order: string, inFlight: InFlight): Promise<number> {
  const count = inFlight.of(order);
  if (count === 1) return count;
  await nextTurn();
  await nextTurn();
  return Math.min(count, inFlight.of(order));
}

function decide({ refusal, json, facts }: Checked, fault: Fault | null, parts: SyncParts): Decision {
  const injected = fault?.kind === 'result' && fault.code !== undefined ? injectedResult(fault.code, fault) : null;
  const digest = facts.digest ?? '';
  if (fault?.when === 'before') {
    const conflict = refusal === null && facts.requestId !== null && parts.platform.isConflict(facts.requestId, digest);
    // What a stranger sent leaves no trace.
    if (refusal === null && facts.requestId !== null) parts.platform.keepAnswer(facts.requestId, digest, injected);
    return { result: injected, outcome: conflict ? 'conflict' : `fault:${fault.name}` };
  }
  const notJson = json === undefined ? resultOf('PARAM_ILLEGAL', 'the body is not JSON in UTF-8') : null;
  const early = refusal ?? notJson;
  if (early !== null) return { result: injected ?? early, outcome: 'refused' };
  const { result, outcome } = parts.platform.receive(json, digest, parts.now());
  return { result: injected ?? result, outcome };
}

function injectedResult(code: Result['code'], fault: Fault): Result {
  return resultOf(code, undefined, fault.resultStatus);
}

/** True if an answer was handed over whole. */
async function answer(
  result: Result | null,
  fault: Fault | null,
  response: ServerResponse,
  settings: AnswerSettings,
): Promise<boolean> {
  const written = result === null ? null : await writeAnswer(result, signatureFate(fault), settings);
  if (response.destroyed) return false;
  if (fault !== null && !sendsResult(fault.kind)) return breakAnswer(fault, response, written);
  if (written === null) return false;
  response.writeHead(200, written.headers);
  response.end(written.body);
  return true;
}
