import type { KeyObject } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { SandboxClock } from './clock.ts';
import { greeting, readCommandLine } from './command-line.ts';
import { completeFault, type FaultSpec } from './faults/fault.ts';
import { FaultPlan } from './faults/fault-plan.ts';
import { apiPath } from './gateway/signature.ts';
import {
  type CardView,
  type ControlParts,
  listCards,
  resetAll,
  type SandboxStats,
  sandboxStats,
} from './http/control-api.ts';
import { serve } from './http/front-door.ts';
import { LiveEvents } from './http/live-events.ts';
import { loadPage } from './http/page.ts';
import { InFlight } from './journal/in-flight.ts';
import type { RequestEntry } from './journal/request-entry.ts';
import { RequestJournal } from './journal/request-journal.ts';
import { openKeys, type SandboxKeys } from './keys.ts';
import { completeOptions, type SandboxOptions } from './options.ts';
import { Platform } from './rules/platform.ts';
import { loadTemplates, templateFolder } from './rules/templates.ts';

/** A running sandbox, and what a test in the same process may touch. */
export interface Sandbox {
  /** Without a slash at the end. */
  readonly url: string;
  /** The API's path below `url`. */
  readonly apiPath: string;
  readonly clientId: string;
  readonly keyVersion: number;
  readonly keys: SandboxKeys;
  /** The client's public keys by version: more may be put in, or taken out. */
  readonly clientKeys: Map<number, KeyObject>;
  /** From now on answers are signed with another key. */
  signAnswersWith(keyVersion: number, privateKey: KeyObject): void;
  /** As `/sandbox/cards` shows them. */
  cards(wanted?: Parameters<typeof listCards>[1]): CardView[];
  readonly requests: RequestJournal;
  readonly faults: FaultPlan;
  readonly clock: SandboxClock;
  stats(): SandboxStats;
  /** Adds a fault from now on; its id. Throws a TypeError where it is not fit to be used. */
  addFault(spec: FaultSpec): number;
  reset(): void;
  /** Cuts all connections; resolves when the port is free. */
  stop(): Promise<void>;
}

/**
 * Starts the stand-in of AlipayHK's contractCardSync on a port of 127.0.0.1; resolves when it listens.
 * Rejects where the port is taken, or the folder, a key, a template's schema or a fault cannot be used.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const settings = completeOptions(options);
  mkdirSync(settings.folder, { recursive: true });
  const templates = loadTemplates([templateFolder, ...settings.templateFolders], settings.unknownTemplates);
  const keys = await openKeys(settings.folder, settings.algorithm);
  const { clientId, keyVersion } = settings;
  const clock = new SandboxClock(settings.now);
  const now = () => clock.now();
  const platform = new Platform(templates, settings);
  const journalFile = settings.journalFile ? path.join(settings.folder, 'requests.jsonl') : null;
  const journal = new RequestJournal(settings.journalMax, journalFile);
  const faults = new FaultPlan(settings.seed);
  const addFault = (spec: FaultSpec) => faults.add(completeFault(spec), performance.now());
  settings.faults.forEach(addFault);
  const inFlight = new InFlight();
  const events = new LiveEvents({
    now,
    last: () => journal.last,
    card: order => listCards({ platform, clock }, { order })[0],
  });
  const onChange = (what?: 'all') => events.announce(what);
  const parts: ControlParts = { clientId, platform, journal, inFlight, faults, clock, onChange };
  const clientKeys = new Map([[keyVersion, keys.client.publicKey]]);
  const gateway = {
    clientId,
    clientKeys,
    verifySignatures: settings.verifySignatures,
    bodyBytesMax: settings.bodyBytesMax,
  };
  const answers = { clientId, keyVersion, key: settings.signAnswers ? keys.platform.privateKey : null, now };
  const sync = {
    gateway,
    answers,
    latencyMs: settings.latencyMs,
    wait: settings.wait,
    now,
    onRequest: (entry: RequestEntry) => events.announce(changedBy(entry)),
    ...parts,
  };
  const hostNames = [settings.host, ...settings.hostNames].map(name => name.toLowerCase());
  const door = { sync, control: parts, events, page: loadPage(), hostNames };
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    serve(request, response, door).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  const url = await listen(server, settings.host, settings.port);
  return {
    url,
    apiPath,
    clientId,
    keyVersion,
    keys,
    clientKeys,
    signAnswersWith: (version, key) => void Object.assign(answers, { keyVersion: version, key }),
    requests: journal,
    faults,
    clock,
    cards: wanted => listCards(parts, wanted),
    stats: () => sandboxStats(parts),
    addFault: spec => {
      const id = addFault(spec);
      events.announce();
      return id;
    },
    reset: () => resetAll(parts),
    stop: async () => {
      events.close();
      await close(server);
      journal.close();
    },
  };
}

/** The order whose card a request has just changed. */
function changedBy({ merchantBizNo: order, outcome, answered }: RequestEntry): { order: string } | undefined {
  const isChange = outcome === 'created' || outcome === 'updated' || outcome === 'ended';
  return order !== null && isChange && answered === null ? { order } : undefined;
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function main(args: readonly string[]): Promise<void> {
  const command = readCommandLine(args);
  if (command.kind !== 'start') {
    (command.kind === 'help' ? console.log : console.error)(command.text);
    process.exitCode = command.kind === 'help' ? 0 : 2;
    return;
  }
  const sandbox = await startSandbox(command.options);
  const end = () => void sandbox.stop().then(() => process.exit(0));
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  console.log(greeting(sandbox, command.json || !process.stdout.isTTY));
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
