import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openTracing } from '../../../connector/tracing/open.ts';
import { tracingInMemory } from './in-memory.ts';

const loaded = vi.fn();
vi.mock('../../../connector/tracing/sdk.ts', () => {
  loaded();
  throw new Error('Cannot find package');
});

const options = {
  version: '1.2.3',
  closeMs: 10,
  onUnreachable: () => undefined,
  onReachable: () => undefined,
  onIgnored: () => undefined,
};

afterEach(() => trace.disable());

describe('tracing', () => {
  it('is nothing, and loads nothing, where neither the settings nor a provider ask for it', async () => {
    expect(await openTracing({ ...options, enabled: false })).toBeNull();
    expect(loaded).not.toHaveBeenCalled();
  });

  it.each([true, false])('goes to the provider that is registered, and loads no other (setting: %s)', async enabled => {
    const { provider, spans } = tracingInMemory();
    trace.setGlobalTracerProvider(provider);
    const tracing = await openTracing({ ...options, enabled });
    tracing?.tracer.startSpan('one').end();
    expect(spans().map(({ name }) => name)).toEqual(['one']);
    expect(loaded).not.toHaveBeenCalled();
    await tracing?.[Symbol.asyncDispose]();
  });

  it('loads the SDK where it is on and nobody has registered a provider', async () => {
    await expect(openTracing({ ...options, enabled: true })).rejects.toThrow();
    expect(loaded).toHaveBeenCalledOnce();
  });
});
