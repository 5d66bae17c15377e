import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRegistry, type SchemaRegistry } from '../../../connector/registry/registry.ts';
import { openRegistryClient } from '../../../connector/registry/registry-client.ts';
import { answering, type FakeRegistry, type Misbehaviour, startFakeRegistry } from '../../support/fake-registry.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const never = new AbortController().signal;
const row = { type: 'record', name: 'Row', fields: [{ name: 'id', type: 'long' }] };
const out = answering(503, '');

let fake: FakeRegistry;
let clock: ManualClock;
/** What was reported of the registry, in order. */
let reports: string[];
let registry: SchemaRegistry;

beforeEach(async () => {
  fake = await startFakeRegistry();
  fake.addSchema(7, row);
  clock = new ManualClock();
  reports = [];
  registry = openRegistry({
    url: fake.url,
    tls: null,
    timeoutMs: 30_000,
    retryMs: 2_000,
    clock,
    onUnavailable: fault => reports.push(fault.message),
    onAvailable: () => reports.push('available'),
  });
});
afterEach(() => fake[Symbol.asyncDispose]());

const unavailable = (id: number) =>
  `REGISTRY_UNREACHABLE: the schema registry does not answer: GET ${fake.url}/schemas/ids/${id}: HTTP 503`;

/** Sees an id through its two looks: it is not there. Takes no time. */
async function learnUnknown(id: number) {
  const resolving = registry.resolve(id, never);
  const sleeper = await clock.nextSleeper();
  sleeper.wake();
  clock.advance(-sleeper.duration);
  return resolving;
}

describe('a schema', () => {
  it('is asked for once and known from then on', async () => {
    expect(registry.typeOf(7)).toBeUndefined();
    const resolved = await registry.resolve(7, never);
    expect(resolved).toMatchObject({ kind: 'type', type: { name: 'Row' } });
    expect(registry.typeOf(7)).toBe(resolved);
    expect(await registry.resolve(7, never)).toBe(resolved);
    expect(fake.requests).toHaveLength(1);
    expect(reports).toEqual([]);
  });

  it('is asked for once by all who wait for it', async () => {
    const resolved = await Promise.all([1, 2, 3].map(() => registry.resolve(7, never)));
    expect(new Set(resolved).size).toBe(1);
    expect(fake.requests).toHaveLength(1);
  });
});

describe('a registry that does not answer', () => {
  beforeEach(() => {
    fake.misbehaviour = out;
  });

  it('is asked again after each pause until it does, and reported once', async () => {
    const resolving = registry.resolve(7, never);
    for (const _ of [1, 2, 3]) {
      const sleeper = await clock.nextSleeper();
      expect(sleeper.duration).toBe(2_000);
      expect(reports).toEqual([unavailable(7)]);
      sleeper.wake();
    }
    const last = await clock.nextSleeper();
    fake.misbehaviour = null;
    last.wake();
    expect(await resolving).toMatchObject({ kind: 'type' });
    expect(reports).toEqual([unavailable(7), 'available']);
    expect(fake.requests).toHaveLength(5);
  });

  it('is reported anew when it goes away again', async () => {
    const first = registry.resolve(7, never);
    const sleeper = await clock.nextSleeper();
    fake.misbehaviour = null;
    sleeper.wake();
    await first;
    fake.misbehaviour = out;
    const leaving = new AbortController();
    const second = registry.resolve(8, leaving.signal);
    await clock.nextSleeper();
    expect(reports).toEqual([unavailable(7), 'available', unavailable(8)]);
    leaving.abort();
    await expect(second).rejects.toThrow();
  });

  it('is available again only when it answers for every schema that is waited for', async () => {
    fake.misbehaviour = null;
    fake.addSchema(8, row);
    fake.misbehaviour = (response, request) => {
      if (request.url === '/schemas/ids/8') return out(response, request);
      response.end(JSON.stringify({ schema: JSON.stringify(row) }));
    };
    const eighth = registry.resolve(8, never);
    const sleeper = await clock.nextSleeper();
    await registry.resolve(7, never);
    expect(reports).toEqual([unavailable(8)]);
    fake.misbehaviour = null;
    sleeper.wake();
    await eighth;
    expect(reports).toEqual([unavailable(8), 'available']);
  });

  it('is asked by one of those who wait for the same schema', async () => {
    const resolving = Promise.all([registry.resolve(7, never), registry.resolve(7, never)]);
    const sleeper = await clock.nextSleeper();
    fake.misbehaviour = null;
    sleeper.wake();
    await resolving;
    expect(fake.requests).toHaveLength(2);
  });

  it('counts as answering when it says that it has no such schema', async () => {
    const resolving = registry.resolve(9, never);
    const sleeper = await clock.nextSleeper();
    fake.misbehaviour = null;
    sleeper.wake();
    (await clock.nextSleeper()).wake();
    expect(await resolving).toMatchObject({ kind: 'refused' });
    expect(reports).toEqual([unavailable(9), 'available']);
  });
});

describe('whoever waits no longer', () => {
  it('gets the reason of the abort', async () => {
    fake.misbehaviour = out;
    const leaving = new AbortController();
    const resolving = registry.resolve(7, leaving.signal);
    await clock.nextSleeper();
    const reason = new Error('the partition was revoked');
    leaving.abort(reason);
    await expect(resolving).rejects.toBe(reason);
    await expect(registry.resolve(7, leaving.signal)).rejects.toBe(reason);
  });

  it('does not take the schema from the others', async () => {
    fake.misbehaviour = out;
    const leaving = new AbortController();
    const [leaver, stayer] = [registry.resolve(7, leaving.signal), registry.resolve(7, never)];
    const sleeper = await clock.nextSleeper();
    leaving.abort();
    await expect(leaver).rejects.toThrow();
    fake.misbehaviour = null;
    sleeper.wake();
    expect(await stayer).toMatchObject({ kind: 'type' });
    expect(fake.requests).toHaveLength(2);
  });

  it('ends the search when it was the last; the next one begins anew', async () => {
    fake.misbehaviour = out;
    const leaving = new AbortController();
    const leaver = registry.resolve(7, leaving.signal);
    const sleeper = await clock.nextSleeper();
    leaving.abort();
    await expect(leaver).rejects.toThrow();
    sleeper.wake();
    fake.misbehaviour = null;
    expect(await registry.resolve(7, never)).toMatchObject({ kind: 'type' });
    expect(fake.requests).toHaveLength(2);
    expect(reports).toEqual([unavailable(7), 'available']);
  });
});

it('a registry is available again when nobody waits any more for the schema that it did not answer for', async () => {
  fake.misbehaviour = out;
  const leaving = new AbortController();
  const leaver = registry.resolve(8, leaving.signal);
  await clock.nextSleeper();
  leaving.abort();
  await expect(leaver).rejects.toThrow();
  expect(reports).toEqual([unavailable(8)]);
  fake.misbehaviour = null;
  await registry.resolve(7, never);
  expect(reports).toEqual([unavailable(8), 'available']);
});

describe('an id that the registry does not know', () => {
  it('is a fault, after a second look', async () => {
    const resolving = registry.resolve(9, never);
    const sleeper = await clock.nextSleeper();
    expect(sleeper.duration).toBe(250);
    sleeper.wake();
    const resolved = await resolving;
    expect(resolved).toMatchObject({ kind: 'refused', fault: { code: 'SCHEMA_UNKNOWN' } });
    expect(fake.requests).toHaveLength(2);
    expect(reports).toEqual([]);
  });

  it('is found at the second look where a replica lagged behind', async () => {
    const resolving = registry.resolve(9, never);
    const sleeper = await clock.nextSleeper();
    fake.addSchema(9, row);
    sleeper.wake();
    expect(await resolving).toMatchObject({ kind: 'type' });
  });

  it('is not asked for again for 30 s, then it is', async () => {
    const resolved = await learnUnknown(9);
    clock.advance(29_999);
    expect(registry.typeOf(9)).toBe(resolved);
    expect(await registry.resolve(9, never)).toBe(resolved);
    clock.advance(1);
    expect(registry.typeOf(9)).toBeUndefined();
    fake.addSchema(9, row);
    expect(await registry.resolve(9, never)).toMatchObject({ kind: 'type' });
    clock.advance(-1);
    expect(registry.typeOf(9)).toMatchObject({ kind: 'type' });
  });

  it.each([-86_400_000, -3_600_000, -1_000, 1_000, 3_600_000, 86_400_000])(
    'is not asked for again for 30 s where the wall clock is set by %d ms',
    async step => {
      const resolved = await learnUnknown(9);
      clock.setWallClock(step);
      clock.advance(29_999);
      expect(registry.typeOf(9)).toBe(resolved);
      clock.advance(1);
      expect(registry.typeOf(9)).toBeUndefined();
    },
  );

  it('is forgotten when a hundred others came after it', async () => {
    const first = await learnUnknown(1_000);
    for (let id = 1_001; id < 1_100; id++) await learnUnknown(id);
    expect(registry.typeOf(1_000)).toBe(first);
    await learnUnknown(1_100);
    expect(registry.typeOf(1_000)).toBeUndefined();
    expect(registry.typeOf(1_001)).toMatchObject({ kind: 'refused' });
  });
});

it('a schema that cannot be read is a fault at the first look, and not asked for again', async () => {
  fake.addSchema(9, row, { schemaType: 'JSON' });
  const resolved = await registry.resolve(9, never);
  expect(resolved).toMatchObject({ kind: 'refused', fault: { code: 'RECORD_UNDECODABLE' } });
  expect(registry.typeOf(9)).toBe(resolved);
  expect(fake.requests).toHaveLength(1);
});

/** Answers the registration; the look-up before it finds nothing. */
function onlyAtVersions(status: number, body: string): Misbehaviour {
  const absent = answering(404, '{"error_code":40403,"message":"Schema not found"}');
  return (response, request) =>
    (request.url?.endsWith('/versions') ? answering(status, body) : absent)(response, request);
}

describe('whether the registry answers', () => {
  it('is known by any answer about a schema, and nothing is kept of it', async () => {
    fake.misbehaviour = answering(404, '{"error_code":40403,"message":"Schema not found"}');
    await registry.answers(never, () => expect.unreachable());
    expect(registry.typeOf(1)).toBeUndefined();
    expect(reports).toEqual([]);
  });

  it('is waited for; told once, and each try is told to who asked', async () => {
    fake.misbehaviour = out;
    let tries = 0;
    const answered = registry.answers(never, () => void tries++);
    (await clock.nextSleeper()).wake();
    const sleeper = await clock.nextSleeper();
    fake.misbehaviour = answering(404, '{"error_code":40403,"message":"Schema not found"}');
    sleeper.wake();
    await answered;
    expect(tries).toBe(2);
    expect(reports).toEqual([expect.stringContaining('HTTP 503'), 'available']);
  });
});

describe('our own schema', () => {
  const schema = JSON.stringify(row);

  it('gets an id, and is known by it from then on without being asked for', async () => {
    fake.misbehaviour = onlyAtVersions(200, '{"id":12}');
    expect(await registry.register('journal-value', schema, never)).toBe(12);
    expect(fake.requests).toEqual(['POST /subjects/journal-value', 'POST /subjects/journal-value/versions']);
    expect(registry.typeOf(12)).toMatchObject({ kind: 'type', type: { name: 'Row' } });
  });

  it('is looked up and not written where it is registered already: a user who may only read has its id', async () => {
    const denied = '{"error_code":40301,"message":"User is denied operation Write on Subject: journal-value"}';
    const known = '{"subject":"journal-value","version":1,"id":77,"schema":"{}"}';
    fake.misbehaviour = (response, request) =>
      request.url === '/subjects/journal-value'
        ? answering(200, known)(response, request)
        : answering(403, denied)(response, request);
    expect(await registry.register('journal-value', schema, never)).toBe(77);
    expect(fake.requests).toEqual(['POST /subjects/journal-value']);
  });

  it('waits while the registry does not answer; told once', async () => {
    fake.misbehaviour = out;
    let tries = 0;
    const registering = registry.register('journal-value', schema, never, () => void tries++);
    (await clock.nextSleeper()).wake();
    const sleeper = await clock.nextSleeper();
    fake.misbehaviour = answering(200, '{"id":12}');
    sleeper.wake();
    expect(await registering).toBe(12);
    expect(sleeper.duration).toBe(2_000);
    expect(tries).toBe(2);
    expect(reports).toEqual([expect.stringContaining('journal-value/versions: HTTP 503'), 'available']);
  });

  it.each([
    ['not compatible', 409, '{"error_code":409,"message":"incompatible"}'],
    ['not valid', 422, '{"error_code":42201,"message":"invalid"}'],
    ['not ours to write', 403, '{"error_code":40301,"message":"forbidden"}'],
  ])('is a fault where it is %s, at a second look too', async (_, status, body) => {
    fake.misbehaviour = answering(status, body);
    const registering = registry.register('journal-value', schema, never);
    const sleeper = await clock.nextSleeper();
    expect(sleeper.duration).toBe(250);
    sleeper.wake();
    await expect(registering).rejects.toMatchObject({
      code: 'SCHEMA_REFUSED',
      detail: expect.stringContaining(JSON.parse(body).message),
    });
    expect(fake.requests).toHaveLength(4);
    expect(reports).toEqual([]);
  });

  it('is looked at once more where another instance brought it at the same moment', async () => {
    // Apicurio 2.6, at the second of two first registrations that met.
    const met = `{"error_code":409,"message":"An artifact with ID 'journal-value' in group 'null' already exists."}`;
    fake.misbehaviour = answering(409, met);
    const registering = registry.register('journal-value', schema, never);
    const sleeper = await clock.nextSleeper();
    fake.misbehaviour = answering(200, '{"id":12}');
    sleeper.wake();
    expect(await registering).toBe(12);
    expect(reports).toEqual([]);
  });

  it('is waited for no longer than the signal says', async () => {
    fake.misbehaviour = out;
    const stop = new AbortController();
    const registering = registry.register('journal-value', schema, stop.signal);
    await clock.nextSleeper();
    stop.abort(new Error('stopped'));
    await expect(registering).rejects.toThrow('stopped');
  });

  it('is sent under a path, with the name of its subject encoded', async () => {
    fake.misbehaviour = onlyAtVersions(200, '{"id":1}');
    const client = openRegistryClient({ url: `${fake.url}/apis/ccompat/v7/`, tls: null, timeoutMs: 30_000 });
    expect(await client.register('a b/c', schema, never)).toEqual({ kind: 'registered', id: 1 });
    expect(fake.requests.at(-1)).toBe('POST /apis/ccompat/v7/subjects/a%20b%2Fc/versions');
    expect(fake.last?.headers['content-type']).toBe('application/vnd.schemaregistry.v1+json');
  });
});
