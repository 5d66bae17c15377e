import { type Context, ROOT_CONTEXT, type TextMapGetter, type TextMapSetter } from '@opentelemetry/api';
import type { RecordHeader } from '../kernel/record.ts';
import { quietly } from './quietly.ts';
import type { Tracing } from './tracing.ts';

const decoder = new TextDecoder();

const recordHeaders: TextMapGetter<readonly RecordHeader[]> = {
  keys: headers => headers.map(({ name }) => name),
  get: (headers, name) => {
    const values = headers.filter(header => header.name === name).map(({ value }) => decoder.decode(value));
    return values.length > 1 ? values : values[0];
  },
};

/** The context that a record's writer gave it; none where its headers tell of none. */
export function contextIn(headers: readonly RecordHeader[], { propagation }: Tracing): Context {
  return quietly(() => propagation.extract(ROOT_CONTEXT, headers, recordHeaders), ROOT_CONTEXT);
}

/** All that AlipayHK is told of a trace. A registered propagator may have more to say (`baggage`), which is nobody else's business. */
const told: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);

const requestHeaders: TextMapSetter<Record<string, string>> = {
  set: (headers, name, value) => {
    if (told.has(name)) headers[name] = value;
  },
};

/** The headers of W3C Trace Context for a request. */
export function headersFor(context: Context, { propagation }: Tracing): Record<string, string> {
  const headers: Record<string, string> = {};
  quietly(() => propagation.inject(context, headers, requestHeaders), undefined);
  return headers;
}
