import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach } from 'vitest';
import {
  type DeliveryOptions,
  type DeliveryReports,
  type OpenDelivery,
  openDelivery,
} from '../../../connector/delivery/deliver.ts';
import { type Clock, instant, monotonic } from '../../../connector/kernel/time.ts';
import type { Answer, SignatureCheck } from '../../../connector/order/answer.ts';
import type { CardRequest } from '../../../connector/order/decide.ts';
import { answers, type FakePlatform, startFakePlatform } from '../../support/fake-platform.ts';
import { keySource } from '../../support/key-rings.ts';

/** The key pair that the deliveries sign with. */
export const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** The path of the API. */
export const path = '/api/open/alipay/intl/promotion/order/contractCardSync';
/** Ours, of the examples. */
export const clientId = '4Q5Y8W0WSG45P907917';
/** What the platform answers unless it is told otherwise. */
export const success = '{"result":{"resultStatus":"S","resultCode":"SUCCESS","resultMessage":"success"}}';

const clock: Clock = {
  now: () => instant(Date.UTC(2026, 10, 23, 1, 2, 3, 45)),
  monotonic: () => monotonic(0),
  sleep: async () => undefined,
};

/** A way to a platform, new for each test; it is 2026-11-23T01:02:03.045Z. */
export interface Deliveries {
  platform: FakePlatform;
  delivery: OpenDelivery;
  /** The signature checks that were reported. */
  checks: SignatureCheck[];
  /** Opens another way; the one before stays open. */
  open(options: Partial<DeliveryOptions>, attempting?: DeliveryReports['attempting']): OpenDelivery;
  reopen(options: Partial<DeliveryOptions>): Promise<void>;
  deliver(body?: string, signal?: AbortSignal): Promise<Answer>;
}

/** To be called at the top of a test file. */
export function newDeliveries(): Deliveries {
  const world = {
    open: (options, attempting) => {
      world.checks = [];
      const all: DeliveryOptions = {
        baseUrl: world.platform.url,
        path,
        clientId,
        keys: keySource({ privateKey: ours.privateKey, keyVersion: 3 }),
        agentToken: null,
        verifyAnswers: 'off',
        tls: null,
        connectTimeoutMs: 5_000,
        requestTimeoutMs: 60_000,
        answerBytesMax: 65_536,
        connectionsMax: 4,
        ...options,
      };
      return openDelivery(all, clock, {
        signatureChecked: check => world.checks.push(check),
        ...(attempting && { attempting }),
      });
    },
    reopen: async options => {
      await world.delivery[Symbol.asyncDispose]();
      world.delivery = world.open(options);
    },
    // Delivery reads nothing of a request but its body.
    deliver: (body = '{"requestId":"1"}', signal = new AbortController().signal) =>
      world.delivery.deliver({ body } as CardRequest, signal, () => true),
  } as Deliveries;

  beforeEach(async () => {
    world.platform = await startFakePlatform();
    world.platform.behave(answers(success));
    world.delivery = world.open({});
  });

  afterEach(async () => {
    await world.delivery[Symbol.asyncDispose]();
    await world.platform[Symbol.asyncDispose]();
  });
  return world;
}
