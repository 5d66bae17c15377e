import { type Attributes, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { maskKnown, scrub } from '../kernel/mask.ts';
import type { Trace } from '../kernel/record.ts';
import type { Answer } from '../order/answer.ts';
import { customerIdsOf } from '../order/customer-ids.ts';
import type { CardRequest } from '../order/decide.ts';
import { headersFor } from './carriers.ts';
import { quietly, startQuietly } from './quietly.ts';
import { RecordTrace } from './record-trace.ts';
import type { Tracing } from './tracing.ts';

/** One attempt at the platform, as it is followed. */
export interface AttemptTrace {
  /** `traceparent` and `tracestate`, to be sent along. */
  readonly headers: Readonly<Record<string, string>>;
  answered(answer: Answer): void;
}

/** Follows attempts: one span each (OpenTelemetry, "Semantic conventions for HTTP spans", of a client). */
export function attemptsAt(
  { baseUrl, path }: { readonly baseUrl: string; readonly path: string },
  tracing: Tracing,
): (request: CardRequest, trace: Trace) => AttemptTrace | null {
  const url = new URL(baseUrl);
  const fixed: Attributes = {
    'http.request.method': 'POST',
    'server.address': url.hostname.replace(/^\[(.*)\]$/, '$1'),
    'server.port': url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    // Settings allow no user, password or query in it.
    'url.full': url.origin + url.pathname.replace(/\/$/, '') + path,
  };
  return (request, recordTrace) => {
    if (!(recordTrace instanceof RecordTrace)) return null;
    const { context, before } = recordTrace.attempt();
    const attributes = {
      ...fixed,
      'card_sync.command': request.command,
      'card_sync.request_id': request.requestId,
      ...(before > 0 && { 'http.request.resend_count': before }),
    };
    const span = startQuietly(tracing, 'POST', { kind: SpanKind.CLIENT, attributes }, context);
    return {
      headers: headersFor(trace.setSpan(context, span), tracing),
      answered: answer => {
        // Nobody was asked anything: there is nothing to tell.
        if (answer.kind === 'unanswered' && answer.cause === 'unsent') recordTrace.unsent();
        else quietly(() => end(span, request, answer), undefined);
      },
    };
  };
}

function end(span: Span, request: CardRequest, answer: Answer): void {
  if (span.isRecording()) {
    span.setAttributes(attributesOf(answer, customerIdsOf(request.change)));
    const failure = failureOf(answer);
    if (failure !== null) {
      span.setAttribute('error.type', failure);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
  }
  span.end();
}

/** What was answered; whatever the platform says may repeat an id of the customer. */
function attributesOf(answer: Answer, ids: readonly string[]): Attributes {
  if (answer.kind === 'unanswered') return {};
  const { httpStatus, result, tracerId } = answer;
  return {
    'http.response.status_code': httpStatus,
    ...(result && { 'card_sync.result_code': scrub(result.code, ids), 'card_sync.result_status': result.status }),
    ...(tracerId !== null && { 'card_sync.tracer_id': maskKnown(tracerId, ids) }),
  };
}

/** Of a closed set, as `error.type` is to be; null for an answer that is a success. The result code stands for itself. */
function failureOf(answer: Answer): string | null {
  if (answer.kind === 'unanswered') return answer.cause;
  const { httpStatus, result, signature } = answer;
  if (httpStatus >= 300) return String(httpStatus);
  if (signature === 'bad' || signature === 'missing') return `signature_${signature}`;
  if (result === null) return 'unreadable';
  return result.status === 'S' ? null : `result_${result.status}`;
}
