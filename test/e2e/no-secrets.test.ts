import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCardSync } from '../support/connector-process.ts';
import { answers, type Behaviour, type FakePlatform, startFakePlatform } from '../support/fake-platform.ts';
import { newPair } from '../support/key-rings.ts';
import { type Forbidden, findForbidden } from '../support/secret-search.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { openShop, type ShopWorld } from '../support/shop-world.ts';
import { openTopicAccess, type TopicAccess } from '../support/topic-access.ts';

const agentToken = 'agent-token-0123456789-of-another';
const passphrase = 'open sesame, this is the passphrase';

/** A platform that repeats what it should not: order and user in its words, its Tracer-Id, its errors. */
const tellsAll: Behaviour = (socket, request) => {
  const { merchantBizNo, userId } = JSON.parse(request.body.toString());
  const token = request.headers['agent-token'];
  const words = `order ${merchantBizNo} of user ${userId} (token ${token}) is not known`;
  const result = { resultStatus: 'F', resultCode: 'PARAM_ILLEGAL', resultMessage: words };
  const every = [
    () => answers(JSON.stringify({ result }), { headers: { 'tracer-id': `T-${merchantBizNo}` } }),
    () =>
      answers(
        JSON.stringify({
          result: { ...result, resultStatus: 'U', resultCode: `NO_${merchantBizNo}`.replace(/\W/g, '_') },
        }),
      ),
    () => answers(`<html>${words}</html>`, { status: 502 }),
    () => answers(words),
  ];
  every[Math.floor(Math.random() * every.length)]?.()(socket, request);
};

describe('the output of a run', () => {
  let world: ShopWorld;
  let topics: TopicAccess;
  let platform: FakePlatform;
  let forbidden: Forbidden;
  let output = '';
  const next = newPair('secp384r1');

  beforeAll(async () => {
    const stack = await sharedStack();
    topics = await openTopicAccess(stack.kafka.bootstrap);
    world = await openShop(stack, { name: 'secrets', orders: 40 });
    platform = await startFakePlatform();
    platform.behave(tellsAll);
    const ours = createPrivateKey(readFileSync(world.sandbox.keys.client.privateKeyFile));
    const orders = await world.db.readAll();
    forbidden = {
      keys: [ours, next.privateKey],
      texts: {
        token: [agentToken],
        passphrase: [passphrase],
        order: orders.map(({ merchantBizNo }) => merchantBizNo),
        user: orders.map(({ userId }) => userId),
      },
    };
    const encrypted = (key: typeof ours) =>
      String(key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }));
    writeFileSync(join(world.folder, 'ours.pem'), encrypted(ours));
    writeFileSync(join(world.folder, 'passphrase'), passphrase);
    writeFileSync(join(world.folder, 'token'), agentToken);
    const common = {
      privateKeyFile: 'ours.pem',
      privateKeyPassphraseFile: 'passphrase',
      agentTokenFile: 'token',
      keyCheckIntervalMs: 100,
    };
    const observe = { logLevel: 'trace' };

    // All is well; then keys that cannot be used, and others that can.
    const first = await world.startConnector('first', { platform: common, observe });
    await world.untilEqual();
    const refused = `${encrypted(next.privateKey).slice(0, 200)}\n`;
    writeFileSync(join(world.folder, 'ours.pem'), refused);
    await first.logged('the keys stay as they are');
    world.sandbox.clientKeys.set(1, next.publicKey);
    writeFileSync(join(world.folder, 'ours.pem'), encrypted(next.privateKey));
    await first.logged('the keys were exchanged');
    await world.change({ changes: 40, rate: 400 });
    await world.untilEqual();
    output += await everythingOf(first);
    await first.stop();
    output += first.lines.join('\n');

    // A platform that says no, in many words, to every order there is.
    const second = await world.startConnector('second', {
      platform: { ...common, baseUrl: platform.url, publicKeyFile: undefined, verifyAnswers: 'off' },
      kafka: { groupId: 'secrets-again' },
      journal: { topic: 'secrets-again.journal' },
      flow: { retryDelaysMs: [20], probeIntervalMs: 50, outageRatio: 1, outageWindow: 1_000 },
      observe,
    });
    await second.untilMetrics('there are dead letters', now => now.sum('card_sync_dead_letters_total') >= 20);
    output += await everythingOf(second);
    await second.stop();
    output += second.lines.join('\n');
  }, 180_000);
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await topics[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  async function everythingOf({ url }: { readonly url: string }): Promise<string> {
    const pages = ['/metrics', '/health/live', '/health/ready', '/nowhere'];
    const texts = await Promise.all(pages.map(page => fetch(`${url}${page}`).then(answer => answer.text())));
    return texts.join('\n');
  }

  it('tells much: attempts, dead letters, settings, keys', () => {
    for (const text of ['card accepted', 'attempt failed', 'record became a dead letter', 'KEY_INVALID', 'starting']) {
      expect(output).toContain(text);
    }
    expect(output).toContain('card_sync_deliveries_total');
  });

  it('holds no private key, no token, no passphrase and no id of a customer', () => {
    expect(findForbidden(output, forbidden)).toEqual([]);
  });

  it('nor do the headers of dead letters', async () => {
    const letters = await topics.read(world.deadLetterTopic);
    expect(letters.length).toBeGreaterThanOrEqual(20);
    const headers = letters.map(letter => JSON.stringify(letter.headers)).join('\n');
    expect(headers).toContain('card_sync.result_message');
    expect(findForbidden(headers, forbidden)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a wrong passphrase', { privateKeyFile: 'ours.pem', privateKeyPassphraseFile: 'token' }],
    ['no passphrase', { privateKeyFile: 'ours.pem' }],
    ["the token's file as the key's", { privateKeyFile: 'token' }],
    ['the key itself for its path', { privateKeyFile: 'KEY' }],
    ['the passphrase itself for its path', { privateKeyFile: 'ours.pem', privateKeyPassphraseFile: passphrase }],
  ])('of a start that fails does not either: %s', async (_, keys) => {
    const pem = String(next.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const settings = world.settings({
      platform: { ...keys, ...(keys.privateKeyFile === 'KEY' && { privateKeyFile: pem }) },
    });
    const failing = runCardSync(world.folder, 'failing', settings);
    expect(await failing.ended).toBe(2);
    const lines = failing.lines.join('\n');
    expect(lines).toMatch(/platform\.privateKey(Passphrase)?File/);
    expect(findForbidden(lines, forbidden)).toEqual([]);
  });
});
