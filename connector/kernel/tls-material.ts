import type { Secret } from './secret.ts';

/** TLS material as read from its files. Absent parts leave Node's defaults: the system's authorities, no client certificate. */
export interface TlsMaterial {
  /** PEM. */
  readonly ca?: string;
  /** PEM. */
  readonly cert?: string;
  /** The certificate's private key: PEM, not encrypted. */
  readonly key?: Secret;
  /** Instead of `cert` and `key`: a PKCS#12 store, as base64, with its passphrase. */
  readonly store?: { readonly pkcs12: Secret; readonly passphrase: Secret | null };
  /** Name to verify the server's certificate against, where it is not the host's. */
  readonly serverName?: string;
}

/** Options of `node:tls` that {@link TlsMaterial} stands for. */
export interface TlsOptions {
  ca?: string;
  cert?: string;
  key?: string;
  pfx?: Buffer;
  passphrase?: string;
  servername?: string;
}

/** The material as options of `node:tls`; none where it is null. The result holds secrets: call it where it is used. */
export function tlsOptions(tls: TlsMaterial | null): TlsOptions {
  const { ca, cert, key, store, serverName } = tls ?? {};
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key: key.reveal() }),
    ...(store !== undefined && { pfx: Buffer.from(store.pkcs12.reveal(), 'base64') }),
    ...(store?.passphrase && { passphrase: store.passphrase.reveal() }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}
