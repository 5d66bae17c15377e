import { messageOf } from '../kernel/fault.ts';
import { type AnswerBody, exchange, openTransport, parsed, type RegistryAddress, saysAbsent } from './transport.ts';

/** What came of asking for a subject's latest version. */
export type LatestAnswer =
  | { readonly kind: 'found'; readonly version: number; readonly id: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'silent'; readonly problem: string };

/** Looks at a registry's subjects and changes nothing. Never rejects. */
export interface SubjectReader {
  latest(subject: string, signal: AbortSignal): Promise<LatestAnswer>;
}

/** Opens a reader; it keeps no connection between calls. */
export function openSubjects(address: RegistryAddress): SubjectReader {
  const transport = openTransport(address);
  const { host } = transport;
  type Asked = { readonly status: number; readonly body: AnswerBody; readonly problem: string };

  async function ask(method: 'GET' | 'POST', path: string, signal: AbortSignal, body?: object): Promise<Asked> {
    const url = `${host}${path}`;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await exchange(method, url, transport, signal, text);
    const parts = parsed(answer.text);
    const said = typeof parts.message === 'string' ? `, ${parts.message.slice(0, 300)}` : '';
    return { status: answer.status, body: parts, problem: `${method} ${url}: HTTP ${answer.status}${said}` };
  }

  async function latest(subject: string, signal: AbortSignal): Promise<LatestAnswer> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/latest`;
    const { status, body, problem } = await ask('GET', path, signal);
    const { id, version } = body;
    if (status === 404 && saysAbsent(body)) return { kind: 'unknown' };
    if (status !== 200) return { kind: 'silent', problem };
    if (typeof id === 'number' && typeof version === 'number') return { kind: 'found', id, version };
    return { kind: 'silent', problem: `${problem}, but the answer is not a schema registry's` };
  }

  const unlessSilent = <T>(answer: Promise<T>) =>
    answer.catch(error => ({ kind: 'silent', problem: messageOf(error) }) as const);
  return {
    latest: (subject, signal) => unlessSilent(latest(subject, signal)),
  };
}
