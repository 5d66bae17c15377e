import { z } from 'zod';
import { eccHashes } from '../kernel/key-material.ts';
import { verdictNames } from '../order/result-codes.ts';
import { baseUrl, count, headerText, httpsTls, keyFile, ms, path, secretFile } from './schema-parts.ts';

/** The part `platform` of the settings: AlipayHK, our keys and its. */
export const platform = z
  .strictObject({
    baseUrl: baseUrl(
      'Scheme and host: production https://open.alipay.hk, testing https://open-id-pre.alipay.com. A path in it is one that a reverse proxy of yours takes away: it is sent before `path`, and not signed',
    ).default('https://open.alipay.hk'),
    path: z
      .string()
      .regex(/^\/[^\s?#]*$/, 'a path that begins with /, without ? and #')
      .default('/api/open/alipay/intl/promotion/order/contractCardSync')
      .describe('Path of the API; it is signed'),
    clientId: headerText('Client-Id that AlipayHK gave the merchant', '4Q5Y8W0WSG45P907917'),
    privateKeyFile: keyFile(
      'The private key whose public half AlipayHK has: RSA from 2048 bits (RSA256) or an elliptic curve from 224 (ECC224); PKCS#8, PKCS#1 or SEC1, as PEM, DER or bare base64. Looked at again while running',
      'keys/merchant-private.pem',
      { secret: true, needed: true },
    ).optional(),
    privateKeyPassphraseFile: secretFile(
      'File that holds the passphrase of an encrypted private key',
      'secrets/merchant-key-passphrase',
    ).optional(),
    keyVersion: z.number().int().min(1).default(1).describe('keyVersion of the Signature header'),
    keyVersionFile: path(
      'File that holds the keyVersion and goes before it: beside the private key, so that both are exchanged together',
      'keys/merchant-key-version',
    ).optional(),
    agentTokenFile: secretFile(
      'File that holds the Agent-Token, when acting for another client',
      'secrets/agent-token',
    ).optional(),
    publicKeyFile: keyFile(
      "AlipayHK's public key: answers are then verified; PEM, DER or bare base64, or a certificate. Looked at again while running",
      'keys/alipayhk-public.pem',
    ).optional(),
    publicKeyFiles: z
      .array(z.string().regex(/^[1-9]\d{0,8}=\S.*$/, 'keyVersion=path, e.g. 2=keys/alipayhk-public-2.pem'))
      .default([])
      .describe(
        "AlipayHK's public keys where it has several, each as keyVersion=path: an answer is verified with the key of the version that it names, else with any",
      ),
    keyCheckIntervalMs: ms(5_000, 'Pause between looks at the key files; a change is taken at the second look', 100),
    eccHash: z
      .enum(eccHashes)
      .default('SHA256')
      .describe('Hash of ECC224 signatures, which the API document does not name'),
    verifyAnswers: z
      .enum(['required', 'warn', 'off'])
      .optional()
      .describe(
        'required: an answer with a bad or no signature is not believed and is asked again; warn: only counted; off. Where it is not given: required if there is a public key, else off',
      ),
    requestIdForm: z
      .enum(['uuid', 'hex'])
      .default('uuid')
      .describe('uuid: 36 characters; hex: the same without dashes, 32 characters'),
    tls: httpsTls,
    connectTimeoutMs: ms(5_000, 'Time-out of opening a connection'),
    requestTimeoutMs: ms(10_000, "Time-out of one request, from its first byte to the answer's last"),
    answerBytesMax: count(65_536, 'Largest answer that is read, in bytes', 256),
    connectionsMax: count(64, 'Connections held open to the platform'),
    requestsPerSecond: z
      .number()
      .min(0.01)
      .max(1_000_000_000)
      .optional()
      .meta({
        description:
          'Most requests a second, of all instances together; where it is not given, as many as are answered. Less is sent by itself where the platform refuses for the traffic',
        examples: [50],
      }),
    instances: count(1, 'Instances of this connector that run at once: requestsPerSecond is divided by it'),
    verdicts: z
      .record(z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/), z.enum(verdictNames))
      .default({})
      .describe(
        `What other result codes are to mean, documented or not, e.g. {UN_SUPPORT_BUSINESS: reject, SOME_NEW_CODE: retry}; HTTP_404 is an answer of that HTTP status without a readable result. One of ${verdictNames.join(', ')}`,
      ),
  })
  .describe('AlipayHK');
