import type { TlsMaterial } from '../../kernel/tls-material.ts';
import { readTlsFiles } from '../../keys/tls-files.ts';
import type { CheckedParts } from '../check-document.ts';
import type { GivenTexts, Place, Read } from '../files.ts';
import type { SettingsProblem } from '../problems.ts';

/** The parts of the settings that may be encrypted. */
export const tlsParts = ['kafka', 'registry', 'platform'] as const;

/** TLS material by part; null where the part is not encrypted. */
export type TlsByPart = { readonly [P in (typeof tlsParts)[number]]: TlsMaterial | null };

/** Is the part encrypted? Undefined where the part has problems. */
export function usesTls(part: (typeof tlsParts)[number], parts: CheckedParts): boolean | undefined {
  if (part === 'kafka') return parts.kafka?.tls.enabled;
  return (part === 'registry' ? parts.registry?.url : parts.platform?.baseUrl)?.startsWith('https:');
}

/** Reads certificates and keys of the parts that are encrypted, as connections will. */
export function readTls(parts: CheckedParts, { texts, secrets }: GivenTexts, place: Place): Read<TlsByPart> {
  const problems: SettingsProblem[] = [];
  const read = (part: (typeof tlsParts)[number]): TlsMaterial | null => {
    if (usesTls(part, parts) !== true) return null;
    const path = `${part}.tls`;
    const { material, problems: found } = readTlsFiles({
      part: path,
      ca: texts.get(`${path}.caFile`),
      cert: texts.get(`${path}.certFile`),
      key: secrets.get(`${path}.keyFile`),
      keyPassphrase: secrets.get(`${path}.keyPassphraseFile`),
    });
    problems.push(...found.map(one => ({ ...one, source: place.locate(one.path.split('.')) })));
    const serverName = parts[part]?.tls.serverName;
    return { ...material, ...(serverName !== undefined && { serverName }) };
  };
  return { read: { kafka: read('kafka'), registry: read('registry'), platform: read('platform') }, problems };
}
