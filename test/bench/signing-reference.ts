import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** What one bare RSA-2048 signature costs this machine now: the unit that all else is compared with. */
export interface SigningReference {
  /** CPU microseconds of one signature, one thread. */
  readonly cpuMicros: number;
  /** Signatures a second, one thread. */
  readonly perSecond: number;
}

const rounds = 5;
const signatures = 400;

/** Measures SHA256withRSA over a request-sized text; the median of five rounds. */
export function measureSigning(): SigningReference {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = Buffer.alloc(1_500, 'a');
  round(privateKey, text);
  const measured = Array.from({ length: rounds }, () => round(privateKey, text)).sort(
    (a, b) => a.cpuMicros - b.cpuMicros,
  );
  return measured[rounds >> 1] ?? round(privateKey, text);
}

function round(key: KeyObject, text: Buffer): SigningReference {
  const cpuAtStart = process.cpuUsage();
  const startedAt = performance.now();
  for (let made = 0; made < signatures; made++) sign('RSA-SHA256', text, key);
  const { user, system } = process.cpuUsage(cpuAtStart);
  return {
    cpuMicros: (user + system) / signatures,
    perSecond: (signatures * 1000) / (performance.now() - startedAt),
  };
}
