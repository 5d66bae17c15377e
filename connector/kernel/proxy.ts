import type { Secret } from './secret.ts';

/** An HTTP proxy that requests go through. */
export interface HttpProxy {
  /** Scheme, host and port; no user and password. */
  readonly url: string;
  /** Value of the `Proxy-Authorization` header; null where the proxy asks for none. */
  readonly authorization: Secret | null;
}
