import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectorProcess } from '../support/connector-process.ts';
import { newPair, pemOf } from '../support/key-rings.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';

describe('keys that are exchanged while the connector runs', () => {
  let world: ShopWorld;
  let connector: ConnectorProcess;
  let file: (name: string) => string;
  const reloads = (outcome: 'taken' | 'refused', count: number) =>
    connector.untilMetrics(
      `keys were ${outcome}`,
      now => now.sum('card_sync_key_reloads_total', { outcome }) === count,
    );

  beforeAll(async () => {
    world = await openShop(await sharedStack(), { name: 'rotation', orders: 10 });
    file = name => join(world.folder, name);
    const { client, platform } = world.sandbox.keys;
    writeFileSync(file('ours.pem'), readFileSync(client.privateKeyFile));
    writeFileSync(file('version'), '1\n');
    writeFileSync(file('theirs-1.pem'), readFileSync(platform.publicKeyFile));
    writeFileSync(file('theirs-2.pem'), readFileSync(platform.publicKeyFile));
    connector = await world.startConnector('connector', {
      platform: {
        baseUrl: world.sandbox.url,
        clientId: world.sandbox.clientId,
        privateKeyFile: file('ours.pem'),
        keyVersionFile: file('version'),
        publicKeyFiles: [`1=${file('theirs-1.pem')}`, `2=${file('theirs-2.pem')}`],
        publicKeyFile: undefined,
        keyCheckIntervalMs: 100,
      },
    });
    await world.untilEqual();
  });
  afterAll(async () => {
    await connector.kill();
    await world[Symbol.asyncDispose]();
  });

  it('go on with an elliptic curve and a new version on our side, and a new key on theirs', async () => {
    const { sandbox } = world;
    const [ours, theirs] = [newPair('secp224r1'), newPair()];
    sandbox.clientKeys.set(2, ours.publicKey);
    writeFileSync(file('theirs-2.pem'), pemOf(theirs.publicKey));
    await reloads('taken', 1);
    sandbox.signAnswersWith(2, theirs.privateKey);
    writeFileSync(file('ours.pem'), pemOf(ours.privateKey));
    writeFileSync(file('version'), '2');
    await reloads('taken', 2);
    // From now on the old key would be refused.
    sandbox.clientKeys.delete(1);
    const before = sandbox.stats().requests;
    await world.change({ changes: 30, rate: 300 });
    await world.untilEqual();
    expect(sandbox.stats().requests).toBeGreaterThan(before);
    // The last answers may still be on their way.
    const metrics = await connector.untilMetrics('each answer is verified', now => {
      const verified = now.sum('card_sync_answer_signatures_total', { result: 'verified' });
      return verified === sandbox.stats().requests;
    });
    expect(metrics.sum('card_sync_degradations_total')).toBe(0);
  });

  it('stay when what comes cannot be used: a truncated file is told and counted, and orders go on', async () => {
    writeFileSync(file('ours.pem'), readFileSync(file('ours.pem'), 'utf8').slice(0, 100));
    await reloads('refused', 1);
    expect(await connector.logged('the keys stay as they are')).toMatchObject({
      level: 'error',
      fault: { code: 'KEY_INVALID', detail: expect.stringContaining('is cut off') },
    });
    await world.change({ changes: 20, rate: 300, seed: 2 });
    await world.untilEqual();
    expect(await connector.stop()).toBe(0);
  });
});
