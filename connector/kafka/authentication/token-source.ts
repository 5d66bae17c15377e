import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { Fault, type FaultCode } from '../../kernel/fault.ts';
import { scrub } from '../../kernel/mask.ts';
import type { TokenSource } from '../../kernel/sasl.ts';
import type { DurationMs } from '../../kernel/time.ts';
import { fetchToken, memberOf } from './oauth-token.ts';

const tokenBytesMax = 65_536;

/**
 * A token for one login. Throws a {@link Fault} that holds no secret: KAFKA_REFUSED where waiting does not help, else
 * KAFKA_UNREACHABLE. `timeoutMs` limits a request and a command.
 */
export async function tokenOf(source: TokenSource, timeoutMs: DurationMs): Promise<string> {
  switch (source.kind) {
    case 'endpoint':
      return fetchToken(source, timeoutMs);
    case 'file':
      return tokenIn(await readTokenFile(source.path), 'kafka.sasl.tokenFile');
    case 'command':
      return tokenIn(await runCommand(source.command, timeoutMs), 'kafka.sasl.tokenCommand');
    case 'given':
      return tokenIn(source.token.reveal(), 'CARD_SYNC_KAFKA_SASL_TOKEN');
  }
}

async function readTokenFile(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > tokenBytesMax)
      throw noToken('KAFKA_REFUSED', 'kafka.sasl.tokenFile', 'is not a file of at most 64 KB');
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Fault) throw error;
    // It may be there again in a moment: Kubernetes exchanges a mounted token.
    throw noToken('KAFKA_UNREACHABLE', 'kafka.sasl.tokenFile', `cannot be read (${codeOf(error)})`);
  }
}

/** What the command prints. Of its errors only the last line is told. */
function runCommand([program = '', ...words]: readonly string[], timeoutMs: DurationMs): Promise<string> {
  const options = { timeout: timeoutMs, maxBuffer: tokenBytesMax, killSignal: 'SIGKILL' as const };
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(commandFault(error, stderr, timeoutMs));
    });
    child.stdin?.end();
  });
}

function commandFault(error: Error & { readonly killed?: boolean }, stderr: string, timeoutMs: DurationMs): Fault {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'EACCES')
    return noToken('KAFKA_REFUSED', 'kafka.sasl.tokenCommand', `cannot be started (${code})`);
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
    return noToken('KAFKA_REFUSED', 'kafka.sasl.tokenCommand', 'prints more than 64 KB');
  if (error.killed === true)
    return noToken('KAFKA_UNREACHABLE', 'kafka.sasl.tokenCommand', `did not end within ${timeoutMs} ms`);
  const said = scrub(stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '');
  return noToken('KAFKA_UNREACHABLE', 'kafka.sasl.tokenCommand', `ended with ${code}${said === '' ? '' : `: ${said}`}`);
}

/** The token in a text: alone, or in a JSON object. RFC 6750 (2.1) says what it consists of. */
function tokenIn(text: string, setting: string): string {
  const bare = text.trim();
  const token = bare.startsWith('{') ? (memberOf(bare, 'access_token') ?? memberOf(bare, 'token') ?? '') : bare;
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(token)) return token;
  throw noToken('KAFKA_REFUSED', setting, token === '' ? 'gives no token' : 'gives a text that is not a token');
}

function noToken(code: FaultCode, setting: string, problem: string): Fault {
  return new Fault(code, { detail: `no token: ${setting} ${problem}` });
}

function codeOf(error: unknown): string {
  const { code }: { readonly code?: unknown } = Object(error);
  return String(code);
}
