import type { HttpProxy } from './proxy.ts';
import type { Secret } from './secret.ts';

/** How to log in to the brokers, with its secrets. */
export type Sasl =
  | { readonly mechanism: 'none' }
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: Secret;
    }
  | {
      readonly mechanism: 'oauthbearer';
      readonly token: TokenSource;
      /** Sent with each token, by name (KIP-342). */
      readonly extensions: Readonly<Record<string, string>>;
    };

/** Where the tokens of OAUTHBEARER come from; asked at each login. */
export type TokenSource =
  | TokenEndpoint
  /** A file that holds a token. */
  | { readonly kind: 'file'; readonly path: string }
  /** A program and its arguments; it prints a token. */
  | { readonly kind: 'command'; readonly command: readonly string[] }
  | { readonly kind: 'given'; readonly token: Secret };

/** A token endpoint that takes the client credentials grant (RFC 6749, 4.4). */
export interface TokenEndpoint {
  readonly kind: 'endpoint';
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly scope?: string;
  /** Absent: requests go directly. */
  readonly proxy?: HttpProxy;
}
