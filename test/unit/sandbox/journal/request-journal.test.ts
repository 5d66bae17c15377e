import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InFlight } from '../../../sandbox/journal/in-flight.ts';
import { digestBody } from '../../../sandbox/journal/request-entry.ts';
import { RequestJournal } from '../../../sandbox/journal/request-journal.ts';
import { aBody, start } from '../requests.ts';

type Fields = Parameters<RequestJournal['add']>[0];

function aRequest(changes: Partial<Fields> = {}): Fields {
  const facts = digestBody(aBody(), 'digest');
  const work = { receivedAt: start, inFlight: 1, workMs: 0.2 };
  return { ...facts, ...work, outcome: 'created', fault: null, resultCode: 'SUCCESS', ...changes };
}

describe('the journal', () => {
  it('numbers the requests and gives them back, from any, of one order', () => {
    const journal = new RequestJournal(100, null);
    for (const merchantBizNo of ['A', 'B', 'A', 'A']) journal.add(aRequest({ merchantBizNo }));
    const sequences = (query: Parameters<RequestJournal['list']>[0]) =>
      journal.list(query).map(entry => entry.sequence);
    expect(sequences({})).toEqual([1, 2, 3, 4]);
    expect(sequences({ after: 2 })).toEqual([3, 4]);
    expect(sequences({ limit: 1 })).toEqual([1]);
    expect(sequences({ order: 'A', after: 1 })).toEqual([3, 4]);
    expect(sequences({ after: 4 })).toEqual([]);
  });

  it('drops the oldest at its limit, and counts on', () => {
    const journal = new RequestJournal(3, null);
    for (let index = 1; index <= 7; index += 1) journal.add(aRequest({ bizDate: index }));
    expect(journal.list({}).map(entry => [entry.sequence, entry.bizDate])).toEqual([
      [5, 5],
      [6, 6],
      [7, 7],
    ]);
    expect([journal.oldest, journal.last, journal.totals().requests]).toEqual([5, 7, 7]);
  });

  it('counts by code, outcome and fault, and what must not be', () => {
    const journal = new RequestJournal(2, null);
    journal.add(aRequest());
    journal.add(aRequest({ outcome: 'fault:drop', fault: 'drop', resultCode: null }));
    journal.add(aRequest({ fault: 'slow', inFlight: 3 }));
    journal.add(aRequest({ outcome: 'conflict', resultCode: 'PARAM_ILLEGAL' }));
    expect(journal.totals()).toEqual({
      requests: 4,
      byResultCode: { SUCCESS: 2, none: 1, PARAM_ILLEGAL: 1 },
      byOutcome: { created: 2, 'fault:drop': 1, conflict: 1 },
      byFault: { drop: 1, slow: 1 },
      concurrencyViolations: 1,
      requestIdConflicts: 1,
    });
    journal.reset();
    expect(journal.totals()).toMatchObject({
      requests: 0,
      byOutcome: {},
      concurrencyViolations: 0,
      requestIdConflicts: 0,
    });
    expect(journal.add(aRequest()).sequence).toBe(1);
  });

  it('knows how a request ended, once', () => {
    const journal = new RequestJournal(2, null);
    const entry = journal.add(aRequest());
    expect(entry).toMatchObject({ durationMs: null, answered: null });
    journal.finish(entry, 5, true);
    journal.finish(entry, 9, false);
    expect(journal.list({})).toMatchObject([{ durationMs: 5, answered: true }]);
  });

  it('takes from a body what is of the right type', () => {
    expect(digestBody(aBody({ bizDate: 'x', command: 5 }), 'd')).toEqual({
      ...{ requestId: 'r-1', command: null, merchantBizNo: 'ORDER-1', bizDate: null },
      ...{ orderStatus: 'TO_BOARD', template: 'RIDE_HAILING_DEFAULT', digest: 'd' },
    });
    expect(digestBody(undefined, null)).toMatchObject({ requestId: null, merchantBizNo: null, digest: null });
  });
});

describe('the file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sandbox-journal-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has a line for each request that has ended, also across starts, and none after the close', () => {
    const file = path.join(folder, 'requests.jsonl');
    for (const requestId of ['first', 'second']) {
      const journal = new RequestJournal(10, file);
      journal.finish(journal.add(aRequest({ requestId })), 1, true);
      const late = journal.add(aRequest({ requestId: 'late' }));
      journal.close();
      journal.finish(late, 2, false);
    }
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { requestId: 'first', sequence: 1, durationMs: 1, answered: true },
      { requestId: 'second', sequence: 1, durationMs: 1, answered: true },
    ]);
  });

  it('gets many lines before it is closed', () => {
    const file = path.join(folder, 'many.jsonl');
    const journal = new RequestJournal(10, file);
    for (let index = 0; index < 450; index += 1) journal.finish(journal.add(aRequest()), 1, true);
    expect(readFileSync(file, 'utf8').split('\n').length - 1).toBe(400);
    journal.close();
    expect(readFileSync(file, 'utf8').split('\n').length - 1).toBe(450);
  });
});

describe('requests in flight', () => {
  it('are counted by order, in and out, out once only', () => {
    const inFlight = new InFlight();
    const leaveFirst = inFlight.enter('A');
    const leaveSecond = inFlight.enter('A');
    inFlight.enter('B');
    expect([inFlight.of('A'), inFlight.of('B'), inFlight.of('C'), inFlight.total]).toEqual([2, 1, 0, 3]);
    leaveFirst();
    leaveFirst();
    expect([inFlight.of('A'), inFlight.total]).toEqual([1, 2]);
    leaveSecond();
    expect([inFlight.of('A'), inFlight.total]).toEqual([0, 1]);
  });
});
