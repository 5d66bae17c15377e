import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate that signs itself, so it is its own authority; both PEM, the key PKCS#8. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate for 127.0.0.1 and the name `commonName`, with OpenSSL's command line. */
export function selfSignedCertificate(commonName: string): SelfSigned {
  const folder = mkdtempSync(join(tmpdir(), 'card-sync-'));
  try {
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const names = `subjectAltName=DNS:${commonName},IP:127.0.0.1`;
    const kind = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${commonName}`];
    execFileSync('openssl', ['req', ...kind, '-addext', names, '-keyout', keyFile, '-out', certFile], {
      stdio: 'pipe',
    });
    return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
