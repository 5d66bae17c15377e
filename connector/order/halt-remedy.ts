import type { Answer } from './answer.ts';

// The gateway does not know what was asked, whoever asks.
const codesOfTheAddress: ReadonlySet<string> = new Set([
  'INVALID_API',
  'METHOD_NOT_SUPPORTED',
  'MEDIA_TYPE_NOT_ACCEPTABLE',
]);

/**
 * What to do about an answer that stops intake, where it is not about client id, key or rights: the request reached another
 * API or another server. Undefined for any other answer.
 */
export function haltRemedy(answer: Answer): string | undefined {
  if (answer.kind === 'unanswered') return undefined;
  const isAboutAddress = answer.result === null || codesOfTheAddress.has(answer.result.code);
  if (!isAboutAddress) return undefined;
  return 'check platform.baseUrl, platform.path and any proxy or firewall on the way; client id and key are not the cause; intake waits and probes';
}
