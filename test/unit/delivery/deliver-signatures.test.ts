import { sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DeliveryOptions } from '../../../connector/delivery/deliver.ts';
import type { SignatureCheck } from '../../../connector/order/answer.ts';
import { answers, type Behaviour } from '../../support/fake-platform.ts';
import { keySource, newPair } from '../../support/key-rings.ts';
import { clientId, newDeliveries, ours, path, success } from './deliveries.ts';

const world = newDeliveries();
const { deliver, reopen } = world;
const theirs = newPair();

/** A platform that signs its answers over the time, or over another one than it says. */
function signs(time: string, said = time): Behaviour {
  const content = `POST ${path}\n${clientId}.${time}.${success}`;
  const signature = encodeURIComponent(sign('sha256', Buffer.from(content), theirs.privateKey).toString('base64'));
  const headers = { 'Response-Time': said, Signature: `algorithm=RSA256,keyVersion=1,signature=${signature}` };
  return answers(success, { headers });
}

describe("an answer's signature", () => {
  const keys = keySource({ privateKey: ours.privateKey, publicKeys: [[null, theirs.publicKey]] });
  const good = signs('2026-11-23T01:02:03.100+00:00');
  const bad = signs('2026-11-23T01:02:03.100+00:00', '2026-11-23T01:02:03.101+00:00');
  const none = answers(success);

  it.each<[DeliveryOptions['verifyAnswers'], string, Behaviour, SignatureCheck, SignatureCheck[]]>([
    ['required', 'good', good, 'verified', ['verified']],
    ['required', 'bad', bad, 'bad', ['bad']],
    ['required', 'missing', none, 'missing', ['missing']],
    ['warn', 'good', good, 'unchecked', ['verified']],
    ['warn', 'bad', bad, 'unchecked', ['bad']],
    ['warn', 'missing', none, 'unchecked', ['missing']],
    ['off', 'good', good, 'unchecked', []],
    ['off', 'bad', bad, 'unchecked', []],
  ])(
    'with verifyAnswers: %s, a %s one is believed as it should be, and reported',
    async (verifyAnswers, _, behaviour, signature, reported) => {
      await reopen({ verifyAnswers, keys });
      world.platform.behave(behaviour);
      expect(await deliver()).toMatchObject({ kind: 'answered', signature, result: { code: 'SUCCESS' } });
      expect(world.checks).toEqual(reported);
    },
  );

  it.each(['required', 'warn'] as const)(
    'is never left out in silence: verifyAnswers: %s needs a key',
    verifyAnswers => {
      expect(() => world.open({ verifyAnswers })).toThrow(/KEY_INVALID.*platform\.publicKeyFile is missing/);
    },
  );
});
