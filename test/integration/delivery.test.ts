import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DeliveryOptions, type OpenDelivery, openDelivery } from '../../connector/delivery/deliver.ts';
import type { SignatureCheck } from '../../connector/order/answer.ts';
import type { CardRequest } from '../../connector/order/decide.ts';
import { systemClock } from '../../connector/system-clock.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { type KeyParts, keySource, newPair } from '../support/key-rings.ts';

// The sandbox was written from the API document alone and shares no code with delivery: what both sign is what the document says.

const never = new AbortController().signal;

let folder: string;
let sandbox: Sandbox;
let delivery: OpenDelivery | undefined;
let checks: SignatureCheck[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'card-sync-'));
  sandbox = await startSandbox({ folder });
});

afterEach(() => delivery?.[Symbol.asyncDispose]());

afterAll(async () => {
  await sandbox.stop();
  rmSync(folder, { recursive: true });
});

function deliver(body: string, options: Partial<DeliveryOptions> = {}) {
  checks = [];
  const all: DeliveryOptions = {
    baseUrl: sandbox.url,
    path: sandbox.apiPath,
    clientId: sandbox.clientId,
    keys: keysWith({}),
    agentToken: null,
    verifyAnswers: 'required',
    tls: null,
    connectTimeoutMs: 5_000,
    requestTimeoutMs: 30_000,
    answerBytesMax: 65_536,
    connectionsMax: 2,
    ...options,
  };
  delivery = openDelivery(all, systemClock, { signatureChecked: check => checks.push(check) });
  return delivery.deliver({ body } as CardRequest, never, () => true);
}

function keysWith(parts: Partial<KeyParts>) {
  const { client, platform } = sandbox.keys;
  const given = { privateKey: readFileSync(client.privateKeyFile, 'utf8'), keyVersion: sandbox.keyVersion };
  return keySource({ ...given, publicKeys: [[1, readFileSync(platform.publicKeyFile, 'utf8')]], ...parts });
}

function sendOf(order: string): string {
  const card = {
    requestId: `request-of-${order}`,
    command: 'SEND',
    merchantBizNo: order,
    orderStatus: 'READY',
    bizDate: Date.now(),
    productTemplateCode: 'OF_THE_MERCHANT',
    syncDataInfo: { languageBusinessInfo: JSON.stringify({ zh_HK: JSON.stringify({ name: '港鐵 🚆' }) }) },
    userId: '2160220011223344',
  };
  return JSON.stringify(card);
}

describe('delivery to a stand-in of AlipayHK', () => {
  it("is accepted, and the answer's signature holds", async () => {
    const answer = await deliver(sendOf('A-1'));
    expect(answer).toMatchObject({
      kind: 'answered',
      httpStatus: 200,
      result: { code: 'SUCCESS', status: 'S' },
      signature: 'verified',
    });
    expect(answer.kind === 'answered' && answer.tracerId).toBeTruthy();
    expect(checks).toEqual(['verified']);
    expect(sandbox.cards().map(({ merchantBizNo }) => merchantBizNo)).toContain('A-1');
  });

  it('of the same request again is answered the same', async () => {
    const body = sendOf('A-2');
    expect(await deliver(body)).toMatchObject({ result: { code: 'SUCCESS' } });
    await delivery?.[Symbol.asyncDispose]();
    expect(await deliver(body)).toMatchObject({ result: { code: 'SUCCESS' } });
  });

  it.each<[string, () => Partial<DeliveryOptions>, string]>([
    ['another key', () => ({ keys: keysWith({ privateKey: newPair().privateKey }) }), 'INVALID_SIGNATURE'],
    [
      'a key of another kind',
      () => ({ keys: keysWith({ privateKey: newPair('secp224r1').privateKey }) }),
      'INVALID_SIGNATURE',
    ],
    ['a key version that there is not', () => ({ keys: keysWith({ keyVersion: 99 }) }), 'KEY_NOT_FOUND'],
    ['another client', () => ({ clientId: 'SOMEBODY' }), 'INVALID_CLIENT'],
  ])('with %s is refused, and told so', async (_, options, code) => {
    expect(await deliver(sendOf('A-3'), options())).toMatchObject({ kind: 'answered', result: { code } });
  });

  it('whose answer another key signed is not believed', async () => {
    const keys = keysWith({ publicKeys: [[1, newPair().publicKey]] });
    expect(await deliver(sendOf('A-4'), { keys })).toMatchObject({ signature: 'bad' });
    expect(checks).toEqual(['bad']);
  });
});

describe('delivery with keys of an elliptic curve', () => {
  let curved: Sandbox;
  let own: string;

  beforeAll(async () => {
    own = mkdtempSync(join(tmpdir(), 'card-sync-'));
    curved = await startSandbox({ folder: own, algorithm: 'ECC224', keyVersion: 5 });
  });

  afterAll(async () => {
    await curved.stop();
    rmSync(own, { recursive: true });
  });

  const keysOf = (keyVersion: number) => {
    const { client, platform } = curved.keys;
    const read = (file: string) => readFileSync(file, 'utf8');
    return keySource({
      privateKey: read(client.privateKeyFile),
      keyVersion,
      publicKeys: [[5, read(platform.publicKeyFile)]],
    });
  };

  it("is accepted as ECC224, and the answer's signature holds", async () => {
    const answer = await deliver(sendOf('E-1'), { baseUrl: curved.url, keys: keysOf(5) });
    expect(answer).toMatchObject({ result: { code: 'SUCCESS' }, signature: 'verified' });
    expect(curved.cards().map(({ merchantBizNo }) => merchantBizNo)).toEqual(['E-1']);
  });

  it('is refused under a version of another algorithm', async () => {
    curved.clientKeys.set(6, newPair().publicKey);
    const answer = await deliver(sendOf('E-2'), { baseUrl: curved.url, keys: keysOf(6) });
    expect(answer).toMatchObject({ result: { code: 'INVALID_SIGNATURE' } });
  });
});
