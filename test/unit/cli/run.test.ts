import { EventEmitter } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ExitCode, type RunParts, run } from '../../../connector/cli/run.ts';
import { paintFor } from '../../../connector/cli/terminal/print.ts';
import { Fault } from '../../../connector/kernel/fault.ts';
import { exampleSettingsFile } from '../../../connector/settings/example-file.ts';
import { builtInTemplatesFolder } from '../../../connector/settings/files.ts';

const texts: Readonly<Record<string, string>> = {
  'c.yaml': exampleSettingsFile(),
  'keys/merchant-private.pem': 'hunter2',
  'mappings/a.yaml': 'a: 1',
};

function running(start: RunParts['start'], environment: Readonly<Record<string, string>> = {}) {
  const events = new EventEmitter();
  const printed: string[] = [];
  const logged: string[] = [];
  const exits: ExitCode[] = [];
  const ended = run('c.yaml', {
    environment,
    files: {
      readFile: path => texts[path] ?? readFileSync(path, 'utf8'),
      readBytes: path => Buffer.from(texts[path] ?? ''),
      listFiles: folder => (builtInTemplatesFolder.startsWith(folder) ? readdirSync(folder) : ['a.yaml']),
    },
    events,
    exit: code => exits.push(code),
    print: text => printed.push(text),
    paint: paintFor(false, {}),
    start,
    writeLog: line => logged.push(line),
  });
  return { ended, events, exits, printed, logged, lines: () => logged.map(line => JSON.parse(line)) };
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<0>(resolve => signal.addEventListener('abort', () => resolve(0), { once: true }));

describe('card-sync run', () => {
  it('starts the connector with its settings and ends as it ends', async () => {
    const { ended, printed, events } = running(
      async settings => {
        expect(settings.kafka.groupId).toBe('other');
        return 1;
      },
      { CARD_SYNC_KAFKA_GROUP_ID: 'other' },
    );
    expect(await ended).toBe(1);
    expect(printed).toEqual([]);
    expect(events.eventNames()).toEqual([]);
  });

  it('prints all problems of the settings, starts nothing and ends with 2', async () => {
    const environment = { CARD_SYNC_FLOW_IN_FLIGHT_MAX: 'x', CARD_SYNC_OBSERVE_PORT: '-1' };
    const { ended, printed } = running(() => Promise.reject(new Error('started')), environment);
    expect(await ended).toBe(2);
    expect(printed.join('')).toMatch(
      /2 problems[\s\S]*flow\.inFlightMax \(CARD_SYNC_FLOW_IN_FLIGHT_MAX\)[\s\S]*observe\.port/,
    );
  });

  it.each(['SIGTERM', 'SIGINT'])('drains on %s', async name => {
    const { ended, events, exits } = running((_, signal) => untilAborted(signal));
    events.emit(name);
    expect(await ended).toBe(0);
    expect(exits).toEqual([]);
  });

  it('ends at once on a second signal, whichever it is', async () => {
    const drained = Promise.withResolvers<0>();
    const { ended, events, exits } = running(() => drained.promise);
    events.emit('SIGINT');
    expect(exits).toEqual([]);
    events.emit('SIGTERM');
    expect(exits).toEqual([1]);
    drained.resolve(0);
    await ended;
  });

  it('prints a fault that ends it as one paragraph, logs it, and ends with 1', async () => {
    const fault = new Fault('KAFKA_REFUSED', { detail: 'no right to read orders' });
    const { ended, printed, lines } = running(() => Promise.reject(fault));
    expect(await ended).toBe(1);
    expect(printed.join('')).toContain(
      'KAFKA_REFUSED: the broker refuses a request\n  what   no right to read orders\n',
    );
    expect(printed.join('')).not.toContain('run.test.ts');
    expect(lines()).toMatchObject([{ level: 'error', fault: { code: 'KAFKA_REFUSED' } }]);
  });

  it.each(['SETTINGS_INVALID', 'MAPPING_INVALID', 'KEY_INVALID'] as const)(
    'ends with 2 on %s: starting again will not help',
    async code => {
      expect(await running(() => Promise.reject(new Fault(code, { detail: 'x' }))).ended).toBe(2);
    },
  );

  it('logs a defect with its stack, prints nothing, and ends with 1', async () => {
    const { ended, printed, lines } = running(() => Promise.reject(new TypeError('user 2160123412341234')));
    expect(await ended).toBe(1);
    expect(printed).toEqual([]);
    expect(lines()).toMatchObject([{ level: 'error', error: { name: 'TypeError', text: 'user 21…34' } }]);
    expect(lines()[0].error.stack).toContain('run.test.ts');
  });

  it('logs what nothing caught in one line and ends at once', async () => {
    const { ended, events, exits, logged } = running((_, signal) => untilAborted(signal));
    events.emit('uncaughtException', new Error('hidden in a callback'));
    expect(exits).toEqual([1]);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('hidden in a callback');
    events.emit('SIGTERM');
    await ended;
  });
});
