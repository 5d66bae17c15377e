import { interpreterOf } from '../../interpret.ts';
import { brokerFault } from '../../kafka/broker-fault.ts';
import { openKafka } from '../../kafka/client.ts';
import { openProducer } from '../../kafka/producer.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Instant } from '../../kernel/time.ts';
import { decodeOptionsOf, mappingOf } from '../../mapping-of.ts';
import type { MerchantBizNo } from '../../order/change.ts';
import type { Settings } from '../../settings/settings.ts';
import { createDecoder } from '../../source/decode.ts';
import { systemClock } from '../../system-clock.ts';
import { openReading } from '../open-reading.ts';
import { type FoundOrders, findOrders, TooManyOrders } from './find-orders.ts';
import type { LastPlace } from './last-places.ts';
import { putBack } from './put-back.ts';

/** Which orders are to be sent again, and how. */
export interface ReplayRequest {
  /** The run's id: a run of the same id leaves out what it has put back already. */
  readonly run: string;
  /** Orders with a change that was committed from then on, */
  readonly from: Instant;
  /** and before then. */
  readonly to: Instant;
  readonly order: string | null;
  /** As the mappings of now make it of the order's last change. */
  readonly template: string | null;
  readonly ratePerSecond: number;
  readonly ordersMax: number;
  /** Nothing is written. */
  readonly dryRun: boolean;
}

/** How far it is: records of the source that were read, then orders that were put back. */
export type ReplayProgress = (phase: 'reading' | 'putting back', done: number, all: number) => void;

/** What became of it. */
export type ReplayOutcome =
  /** Nothing was written; `problem` says why. */
  | { readonly kind: 'refused'; readonly why: 'usage' | 'too-many'; readonly problem: string }
  | ({ readonly kind: 'replayed' } & Replayed);

/** What was found and done. */
export interface Replayed {
  /** Records of the source that were read. */
  readonly looked: number;
  readonly unusable: number;
  /** Orders that changed in the span, and are of the template and id that are meant. */
  readonly orders: number;
  /** Of them, those that this run had put back before. */
  readonly already: number;
  readonly putBack: number;
  /** Those whose record lay no more where it was found. */
  readonly gone: number;
  /** The first few, to be looked at. */
  readonly samples: readonly (readonly [MerchantBizNo, LastPlace])[];
  /** What ended it before its time: a person, or what went wrong. */
  readonly brokenOff: 'interrupted' | Fault | null;
}

const samplesMax = 5;

/**
 * Puts the last change of orders back into their source topics, for the running connectors to send their cards again. Rejects with a
 * {@link Fault} where nothing was written.
 */
export async function replay(
  settings: Settings,
  request: ReplayRequest,
  onProgress: ReplayProgress,
  interrupted: AbortSignal,
): Promise<ReplayOutcome> {
  const mapping = mappingOf(settings.mapping);
  const { template } = request;
  if (template !== null && !mapping.templates.includes(template)) {
    const problem = `no mapping makes cards of the template ${template}: there are ${mapping.templates.join(', ')}`;
    return { kind: 'refused', why: 'usage', problem };
  }
  const reading = openReading(settings, interrupted);
  const { reader, registry, signal } = reading;
  const producer = openProducer(openKafka(settings.kafka));
  const interpreter = interpreterOf(createDecoder(registry, decodeOptionsOf(settings.mapping, mapping)), mapping);
  let found: FoundOrders | null = null;
  let written = 0;
  const told = (brokenOff: Replayed['brokenOff']): ReplayOutcome => ({
    kind: 'replayed',
    ...countsOf(found, request, written, brokenOff),
  });
  try {
    const onRecord = (looked: number, all: number) => onProgress('reading', looked, all);
    found = await findOrders({ reader, interpreter, topics: settings.kafka.topics, signal }, { ...request, onRecord });
    const places = chosen(found, request).filter(([, { done }]) => !done);
    if (!request.dryRun) {
      const onWritten = (count: number) => {
        written += count;
        onProgress('putting back', written, places.length);
      };
      const last = places.map(([, place]) => place);
      await putBack({ reader, producer, clock: systemClock, signal }, last, { ...request, onWritten });
    }
    return told(null);
  } catch (error) {
    if (error instanceof TooManyOrders) return tooMany(request);
    if (interrupted.aborted) return told('interrupted');
    if (found === null) throw error;
    return told(error instanceof Fault ? error : brokerFault(error));
  } finally {
    await Promise.all([reading[Symbol.asyncDispose](), producer.close()]);
  }
}

function tooMany({ ordersMax }: ReplayRequest): ReplayOutcome {
  const problem =
    `more than ${ordersMax} orders changed in that time, and nothing was put back: choose a shorter one, or let more be kept ` +
    'in memory (--max-orders, some 300 bytes each)';
  return { kind: 'refused', why: 'too-many', problem };
}

function chosen(
  { places }: FoundOrders,
  { template }: ReplayRequest,
): readonly (readonly [MerchantBizNo, LastPlace])[] {
  return [...places.entries()].filter(([, place]) => template === null || place.template === template);
}

function countsOf(
  found: FoundOrders | null,
  request: ReplayRequest,
  putBack: number,
  brokenOff: Replayed['brokenOff'],
): Replayed {
  if (found === null)
    return { looked: 0, unusable: 0, orders: 0, already: 0, putBack, gone: 0, samples: [], brokenOff };
  const orders = chosen(found, request);
  const already = orders.filter(([, { done }]) => done).length;
  const left = orders.length - already - putBack;
  return {
    looked: found.looked,
    unusable: found.unusable,
    orders: orders.length,
    already,
    putBack,
    gone: request.dryRun || brokenOff !== null ? 0 : left,
    samples: orders.slice(0, samplesMax),
    brokenOff,
  };
}
