import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { openSubjects } from '../../../connector/registry/subjects.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry.ts';

const { signal } = new AbortController();
const none = [404, { error_code: 40401, message: 'not found' }] as const;

/** Answers by `METHOD path`; what is not named is not there. */
async function registryWith(answers: Readonly<Record<string, readonly [status: number, body: unknown]>>) {
  const registry = await startFakeRegistry();
  registry.misbehaviour = (response: ServerResponse, request: IncomingMessage) => {
    const [status, body] = answers[`${request.method} ${request.url}`] ?? none;
    response.statusCode = status;
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  return registry;
}

const subjectsOf = ({ url }: FakeRegistry) => openSubjects({ url: `${url}/`, tls: null, timeoutMs: 2_000 });

describe('the latest version of a subject', () => {
  it('is found, or not there', async () => {
    await using registry = await registryWith({
      'GET /subjects/a%20b-value/versions/latest': [200, { id: 7, version: 3, schema: '"string"' }],
    });
    expect(await subjectsOf(registry).latest('a b-value', signal)).toEqual({ kind: 'found', id: 7, version: 3 });
    expect(await subjectsOf(registry).latest('other', signal)).toEqual({ kind: 'unknown' });
  });

  it('is not told by what is no registry', async () => {
    const url = 'GET /subjects/s/versions/latest';
    for (const [answer, problem] of [
      [[404, 'nginx'], /HTTP 404$/],
      [[401, { error_code: 401, message: 'who?' }], /HTTP 401, who\?$/],
      [[200, '<html>'], /not a schema registry's$/],
    ] as const) {
      await using registry = await registryWith({ [url]: answer });
      expect(await subjectsOf(registry).latest('s', signal)).toMatchObject({
        kind: 'silent',
        problem: expect.stringMatching(problem),
      });
    }
    const gone = await registryWith({});
    await gone[Symbol.asyncDispose]();
    expect(await subjectsOf(gone).latest('s', signal)).toMatchObject({ kind: 'silent' });
  });
});
