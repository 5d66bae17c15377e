import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { FaultSpec } from './faults/fault.ts';
import type { SignatureAlgorithm } from './gateway/signature.ts';
import type { UnknownTemplates } from './rules/templates.ts';

/** How a sandbox is to be; all may be left out. */
export interface SandboxOptions {
  /** Address to listen on; 127.0.0.1. */
  readonly host?: string;
  /** Further names that requests may have in `Host`, beside IP addresses, `localhost` and `host`: of a container, say. */
  readonly hostNames?: readonly string[];
  /** 0, the default: any free port. */
  readonly port?: number;
  /** Folder of the keys (made where missing) and of the journal's file; `.stack/sandbox` in the working folder. */
  readonly folder?: string;
  readonly clientId?: string;
  /** Of the keys that are made where they are missing; RSA256. */
  readonly algorithm?: SignatureAlgorithm;
  /** Version of the client's key and of the platform's; 1. */
  readonly keyVersion?: number;
  /** Wait before each answer, in milliseconds; 0. */
  readonly latencyMs?: number;
  readonly faults?: readonly FaultSpec[];
  /** Of the faults' choice; 1. */
  readonly seed?: number;
  /** False: requests need no Signature header. */
  readonly verifySignatures?: boolean;
  /** False: answers bear no Signature header. */
  readonly signAnswers?: boolean;
  readonly unknownTemplates?: UnknownTemplates;
  /** Folders of further `*.schema.json`. */
  readonly templateFolders?: readonly string[];
  /** True: each request is appended to `requests.jsonl` in the folder when it has ended. */
  readonly journalFile?: boolean;
  /** Requests kept in memory; 200,000. */
  readonly journalMax?: number;
  /** Cards remembered; 1,000,000 (of some 2 KB). */
  readonly cardsMax?: number;
  /** Answers remembered by requestId; 500,000. */
  readonly requestIdsMax?: number;
  /** Longest body of a request; 1 MiB. */
  readonly bodyBytesMax?: number;
  /** The real time, epoch ms. */
  readonly now?: () => number;
  /** Resolves after so many milliseconds. */
  readonly wait?: (ms: number) => Promise<void>;
}

/** Fills in what was left out. */
export function completeOptions(options: SandboxOptions): Required<SandboxOptions> {
  return {
    host: '127.0.0.1',
    hostNames: [],
    port: 0,
    folder: path.join('.stack', 'sandbox'),
    clientId: 'SANDBOX_CLIENT_0001',
    algorithm: 'RSA256',
    keyVersion: 1,
    latencyMs: 0,
    faults: [],
    seed: 1,
    verifySignatures: true,
    signAnswers: true,
    unknownTemplates: 'accept',
    templateFolders: [],
    journalFile: false,
    journalMax: 200_000,
    cardsMax: 1_000_000,
    requestIdsMax: 500_000,
    bodyBytesMax: 1_048_576,
    now: Date.now,
    // Not holding up the end of the process.
    wait: ms => setTimeout(ms, undefined, { ref: false }),
    ...options,
  };
}
