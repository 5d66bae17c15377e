import type { Outcome } from '../rules/platform.ts';
import { requestIdOf } from '../rules/platform.ts';

/** One request in the journal. Fields of the body are null where it could not be read. */
export interface RequestEntry extends BodyDigest {
  /** Counts from 1, in the order the requests were decided on. */
  readonly sequence: number;
  /** Epoch ms, by the sandbox's clock. */
  readonly receivedAt: number;
  /** What it did. `fault:<name>` where a fault kept it from doing anything. */
  readonly outcome: Outcome | `fault:${string}`;
  /** The fault that met it, also where it took effect and only the answer was lost or replaced. */
  readonly fault: string | null;
  /** As it was sent; null where no result was sent. */
  readonly resultCode: string | null;
  /** Requests of the same order in flight when it came, itself included: more than 1 breaks the order. */
  readonly inFlight: number;
  /** Milliseconds of work on it: checks and rules. */
  readonly workMs: number;
  /** Milliseconds from its arrival until the answer was handed over or the connection was lost; null until then. */
  durationMs: number | null;
  /** False: the connection was lost before an answer. Null until then. */
  answered: boolean | null;
}

/** What the journal keeps of a body. */
export interface BodyDigest {
  readonly requestId: string | null;
  readonly command: string | null;
  readonly merchantBizNo: string | null;
  readonly bizDate: number | null;
  readonly orderStatus: string | null;
  readonly template: string | null;
  /** SHA-256 of the bytes, base64url; null where the body was too long. */
  readonly digest: string | null;
}

/** Takes from a parsed body what can be taken, valid or not. */
export function digestBody(json: unknown, digest: string | null): BodyDigest {
  const body: Partial<Record<string, unknown>> = typeof json === 'object' && json !== null ? { ...json } : {};
  return {
    requestId: requestIdOf(json),
    command: textOrNull(body.command),
    merchantBizNo: textOrNull(body.merchantBizNo),
    bizDate: typeof body.bizDate === 'number' ? body.bizDate : null,
    orderStatus: textOrNull(body.orderStatus),
    template: textOrNull(body.productTemplateCode),
    digest,
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
