import { request } from 'undici';
import { messageOf } from '../../kernel/fault.ts';
import { scrub } from '../../kernel/mask.ts';
import type { DurationMs } from '../../kernel/time.ts';
import type { InstanceStatus } from '../../observe/status.ts';
import type { Settings } from '../../settings/settings.ts';
import type { SeenInstance } from './deployment.ts';

const limitMs: DurationMs = 3_000;
const answerBytesMax = 4_194_304;

/** The address at which the instance of these settings serves its status; null where the port is chosen anew at each start. */
export function addressIn({ host, port }: Settings['observe']): string | null {
  if (port === 0) return null;
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** Asks an instance for its status. Never rejects: one that does not answer is said so. */
export async function askInstance(url: string): Promise<SeenInstance> {
  try {
    const answer = await request(new URL('/status', url), { signal: AbortSignal.timeout(limitMs) });
    const length = Number(answer.headers['content-length'] ?? 0);
    if (answer.statusCode !== 200 || length > answerBytesMax) {
      await answer.body.dump();
      return silent(url, `HTTP ${answer.statusCode} for /status: is it card-sync, and as new as this one?`);
    }
    const status: unknown = await answer.body.json();
    return isStatus(status) ? { kind: 'answered', url, status } : silent(url, 'what answers there is not card-sync');
  } catch (error) {
    const { name, code }: { readonly name?: unknown; readonly code?: unknown } = Object(error);
    if (name === 'TimeoutError') return silent(url, `no answer within ${limitMs / 1000} s`);
    return silent(url, messageOf(error) || String(code));
  }
}

function silent(url: string, problem: string): SeenInstance {
  return { kind: 'silent', url, problem: scrub(problem) };
}

/** Enough to tell it from another server's answer. */
function isStatus(value: unknown): value is InstanceStatus {
  if (typeof value !== 'object' || value === null) return false;
  const { version, groupId, partitions, reasons }: Partial<Record<string, unknown>> = { ...value };
  return (
    typeof version === 'string' && typeof groupId === 'string' && Array.isArray(partitions) && Array.isArray(reasons)
  );
}
