import type { Secret } from './secret.ts';

/** TLS material as read from its files, PEM. Absent parts leave Node's defaults: the system's authorities, no client certificate. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
  /** Name to verify the server's certificate against, where it is not the host's. */
  readonly serverName?: string;
}
