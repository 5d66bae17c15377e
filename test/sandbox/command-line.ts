import { parseArgs } from 'node:util';
import { type Fault, faultKinds, readFaultText } from './faults/fault.ts';
import { algorithmOf, apiPath, type SignatureAlgorithm } from './gateway/signature.ts';
import type { SandboxKeys } from './keys.ts';
import type { SandboxOptions } from './options.ts';

/** What the command line asks for. */
export type CommandLine =
  | { readonly kind: 'start'; readonly options: SandboxOptions; readonly json: boolean }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'wrong'; readonly text: string };

const help = `A stand-in of AlipayHK's contractCardSync API, with its rules, faults on demand, and a page of all cards.

  node test/sandbox/sandbox.ts [options]

  --port N                port to listen on (0: any free one)
  --host ADDRESS          address to listen on (127.0.0.1)
  --allow-host NAME       repeatable; a name that requests may have in Host, beside IP addresses and localhost
  --data-dir FOLDER       keys, made where missing, and the journal's file (.stack/sandbox)
  --client-id ID          the one client it knows (SANDBOX_CLIENT_0001)
  --key-version N         version of both keys (1)
  --algorithm RSA256|ECC224
                          of keys that are made (RSA256)
  --latency MS            wait before each answer (0)
  --fault FAULT           repeatable; kind,key=value,… or JSON, e.g. http,status=503,rate=0.1
                          kinds: a result code, ${faultKinds.join(', ')}
                          keys: name status retryAfter location resultStatus delayMs when (before, after)
                          rate order orderPrefix command forMs count
  --seed N                of the choice by rate (1)
  --no-signature-check    requests need no Signature header
  --answers signed|unsigned
  --unknown-templates accept|refuse
  --templates FOLDER      repeatable; further template schemas (*.schema.json)
  --journal-file          append each request to requests.jsonl in the data folder
  --journal-limit N       requests kept in memory (200000)
  --json                  one JSON line when ready, also in a terminal
  --help
`;

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  'allow-host': { type: 'string', multiple: true },
  'data-dir': { type: 'string' },
  'client-id': { type: 'string' },
  'key-version': { type: 'string' },
  algorithm: { type: 'string' },
  latency: { type: 'string' },
  fault: { type: 'string', multiple: true },
  seed: { type: 'string' },
  'no-signature-check': { type: 'boolean' },
  answers: { type: 'string' },
  'unknown-templates': { type: 'string' },
  templates: { type: 'string', multiple: true },
  'journal-file': { type: 'boolean' },
  'journal-limit': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the arguments after the script's name; all problems at once. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const problems: string[] = [];
  let given: ReturnType<typeof parse>;
  try {
    given = parse(args);
  } catch (error) {
    return wrong([error instanceof Error ? error.message : String(error)]);
  }
  if (given.help) return { kind: 'help', text: help };
  const number = (name: 'port' | 'key-version' | 'latency' | 'seed' | 'journal-limit', least: number, most: number) => {
    const text = given[name];
    if (text === undefined) return undefined;
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) problems.push(`--${name} is to be a whole number from ${least} to ${most}`);
    return value;
  };
  const choice = <T extends string>(
    name: 'answers' | 'unknown-templates' | 'algorithm',
    allowed: readonly T[],
  ): T | undefined => {
    const value = allowed.find(one => one === given[name]);
    if (given[name] !== undefined && value === undefined) problems.push(`--${name} is to be ${allowed.join(' or ')}`);
    return value;
  };
  const answers = choice('answers', ['signed', 'unsigned']);
  const chosen = {
    host: given.host,
    hostNames: given['allow-host'],
    port: number('port', 0, 65_535),
    folder: given['data-dir'],
    clientId: given['client-id'],
    algorithm: choice('algorithm', ['RSA256', 'ECC224']),
    keyVersion: number('key-version', 1, 999_999_999),
    latencyMs: number('latency', 0, 3_600_000),
    faults: readFaults(given.fault ?? [], problems),
    seed: number('seed', 0, 1_000_000),
    verifySignatures: given['no-signature-check'] ? false : undefined,
    signAnswers: answers === undefined ? undefined : answers === 'signed',
    unknownTemplates: choice('unknown-templates', ['accept', 'refuse']),
    templateFolders: given.templates,
    journalFile: given['journal-file'],
    journalMax: number('journal-limit', 1, 10_000_000),
  };
  if (problems.length > 0) return wrong(problems);
  return { kind: 'start', options: withoutUndefined(chosen), json: given.json ?? false };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
}

function readFaults(texts: readonly string[], problems: string[]): Fault[] {
  return texts.flatMap(text => {
    const read = readFaultText(text);
    if (read.kind === 'read') return [read.fault];
    problems.push(`--fault ${text}: ${read.problem}`);
    return [];
  });
}

function wrong(problems: readonly string[]): CommandLine {
  return { kind: 'wrong', text: `${problems.join('\n')}\n--help tells what there is` };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** What a started sandbox says of itself: one JSON line, or a text with a request to try. */
export function greeting(
  sandbox: { readonly url: string; readonly clientId: string; readonly keyVersion: number; readonly keys: SandboxKeys },
  json: boolean,
): string {
  const { url, clientId, keyVersion, keys } = sandbox;
  const privateKeyFile = keys.client.privateKeyFile;
  const platformPublicKeyFile = keys.platform.publicKeyFile;
  if (json) return JSON.stringify({ url, clientId, keyVersion, privateKeyFile, platformPublicKeyFile });
  return `AlipayHK sandbox, ready.

  cards     ${url}/
  API       ${url}${apiPath}
  client    ${clientId}, key version ${keyVersion}
  its key   ${privateKeyFile}
  our key   ${platformPublicKeyFile}

A request to try, signed with openssl:

${exampleRequest(url, clientId, keyVersion, privateKeyFile, algorithmOf(keys.client.publicKey))}
Ctrl-C ends it. What else it can do: --help, and test/sandbox/README.md.`;
}

/** A signed request as a shell script (bash, openssl, curl). */
export function exampleRequest(
  url: string,
  clientId: string,
  keyVersion: number,
  privateKeyFile: string,
  algorithm: SignatureAlgorithm,
): string {
  return `  now=$(date +%s); time=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  body='{"requestId":"try-'$now'","command":"SEND","merchantBizNo":"TRY-'$now'","orderStatus":"TO_BOARD","bizDate":'$now'000,
    "productTemplateCode":"RIDE_HAILING_DEFAULT","userId":"2160000000000001","syncDataInfo":{"languageBusinessInfo":
    {"zh_HK":"{\\"auto_color\\":\\"紅色\\"}","en_US":"{\\"auto_color\\":\\"red\\"}"}}}'
  signature=$(printf 'POST ${apiPath}\\n%s.%s.%s' '${clientId}' "$time" "$body" |
    openssl dgst -sha256 -sign '${privateKeyFile}' | openssl base64 -A | sed 's/+/%2B/g; s,/,%2F,g; s/=/%3D/g')
  curl -si '${url}${apiPath}' -H 'Content-Type: application/json; charset=UTF-8' \\
    -H 'Client-Id: ${clientId}' -H "Request-Time: $time" \\
    -H "Signature: algorithm=${algorithm},keyVersion=${keyVersion},signature=$signature" --data-binary "$body"
`;
}
