import { z } from 'zod';

// The kinds of values that settings have. Beside its type each carries what the other outputs need: its text
// (`description`), an example where it has no default, and three marks of ours:
// `x-secret`, the file holds a secret (which may stand in the environment instead),
// `x-bytes`, it holds a key, which may be no text, and
// `x-needed`, the connector does not start without it, though the schema alone cannot say so.

/** The longest time a Node timer can wait: 2^31 - 1 ms, some 24 days. Past it a timer fires at once. */
export const longestMs = 2_147_483_647;

/** A text of at least one character. */
export const text = (description: string, example?: string) =>
  z
    .string()
    .min(1)
    .meta({ description, ...(example !== undefined && { examples: [example] }) });

/** A text that is sent as a header and signed: a blank or another character would be changed or refused on its way. */
export const headerText = (description: string, example: string) =>
  z
    .string()
    .regex(/^[!-~]+$/, 'printable ASCII characters without blanks')
    .meta({ description, examples: [example] });

/** The path of a file, relative to the settings file. */
export const path = (description: string, example: string) => text(description, example);

/** The path of a file that holds a secret: its key's name ends in `File`. */
export const secretFile = (description: string, example: string) =>
  z
    .string()
    .min(1)
    .meta({ description, examples: [example], 'x-secret': true });

/** The path of a key file: PEM, DER or bare base64. */
export const keyFile = (
  description: string,
  example: string,
  { secret = false, needed = false }: { readonly secret?: boolean; readonly needed?: boolean } = {},
) =>
  z
    .string()
    .min(1)
    .meta({
      description,
      examples: [example],
      'x-bytes': true,
      ...(secret && { 'x-secret': true }),
      ...(needed && { 'x-needed': true }),
    });

const address = (form: RegExp, rule: string, description: string, example?: string) =>
  z
    .string()
    .regex(form, rule)
    .refine(address => URL.canParse(address), rule)
    .meta({ description, ...(example !== undefined && { examples: [example] }) });

/** An http or https URL, without user and password: those are secrets and have keys of their own. */
export const httpUrl = (description: string, example?: string) =>
  address(
    /^https?:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/,
    'an http:// or https:// URL without user and password',
    description,
    example,
  );

/** Scheme, host and port of an http or https URL, without a path. */
export const origin = (description: string, example: string) =>
  address(/^https?:\/\/[^\s/?#@]+\/?$/, 'http:// or https:// and a host, without a path', description, example);

/** Scheme, host and port of an http or https URL, with a path or without one. */
export const baseUrl = (description: string) =>
  address(/^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/, 'http:// or https:// and a host, without ? and #', description);

/** The name of a Kafka topic. */
export const topicName = () =>
  z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/, 'a topic name: 1 to 249 letters, digits, dots, dashes or underscores');

/** A time in milliseconds: a whole number that a timer can wait. */
export const ms = (fallback: number, description: string, least = 1) =>
  z.number().int().min(least).max(longestMs).default(fallback).describe(`${description} (milliseconds)`);

/** A whole number of at least `least`. */
export const count = (fallback: number, description: string, least = 1) =>
  z.number().int().min(least).default(fallback).describe(description);

const certificates = {
  caFile: path("PEM of the authority that signed the server's certificate", 'tls/ca.pem').optional(),
  certFile: path("PEM of the client's certificate, where the server asks for one", 'tls/client.pem').optional(),
  keyFile: keyFile(
    "The client certificate's private key, encrypted or not: PEM or DER; or a PKCS#12 store with key and certificate, without certFile",
    'tls/client-key.pem',
    { secret: true },
  ).optional(),
  keyPassphraseFile: secretFile(
    'File that holds the passphrase of an encrypted keyFile',
    'secrets/client-key-passphrase',
  ).optional(),
  serverName: text(
    "Name to verify the server's certificate against, where it is not the host's",
    'broker.example',
  ).optional(),
};

/** Encryption to Kafka, whose addresses do not say whether they are encrypted. */
export const kafkaTls = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe("Encrypt, and verify the broker against the system's authorities or caFile"),
    ...certificates,
  })
  .prefault({})
  .describe('Encryption between this client and the brokers');

/** Certificates where the URL decides about encryption. */
export const httpsTls = z.strictObject(certificates).prefault({}).describe('Certificates for an https URL');

/** The ways to log in to Kafka; `mechanism` tells them apart. */
export const sasl = z
  .discriminatedUnion('mechanism', [
    z.strictObject({ mechanism: z.literal('none').describe('How to log in') }),
    z.strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
      username: text('Name of the Kafka user', 'card-sync'),
      passwordFile: secretFile('File that holds the password', 'secrets/kafka-password').optional(),
    }),
    z.strictObject({
      mechanism: z.literal('oauthbearer'),
      tokenUrl: httpUrl(
        'Token endpoint of the authorisation server (client credentials grant, RFC 6749, 4.4). One of tokenUrl, tokenFile and tokenCommand gives the token',
        'https://login.example/oauth2/token',
      ).optional(),
      clientId: text('Client id at the authorisation server', 'card-sync').optional(),
      clientSecretFile: secretFile("File that holds the client's secret", 'secrets/kafka-client-secret').optional(),
      scope: text('Scope to ask for', 'kafka').optional(),
      tokenFile: secretFile(
        'File that holds a token, read again at each login, e.g. a service account token of Kubernetes',
        '/var/run/secrets/kafka/token',
      ).optional(),
      tokenCommand: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .meta({
          description:
            'Program, with its arguments, that prints a token: as plain text, or as the access_token of a JSON object. Run without a shell at each login',
          examples: [['node', '/opt/card-sync/msk-token.mjs', 'ap-east-1']],
        }),
      extensions: z
        .record(z.string().regex(/^[A-Za-z]+$/), z.string().regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, 'printable ASCII'))
        .optional()
        .meta({
          description: 'SASL extensions for the broker (KIP-342), e.g. those of Confluent Cloud',
          examples: [{ logicalCluster: 'lkc-1', identityPoolId: 'pool-1' }],
        }),
    }),
  ])
  .prefault({ mechanism: 'none' })
  .describe('How to log in to Kafka');
