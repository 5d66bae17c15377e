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
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: Secret;
      readonly scope?: string;
    };
