import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KeyMaterial } from '../../../../connector/kernel/key-material.ts';
import { Secret } from '../../../../connector/kernel/secret.ts';
import { defaultLimits } from '../../../../connector/mapping/bounds/limits.ts';
import { lookAtKeys, lookAtMappings, lookAtSettings } from '../../../../connector/tools/check/looks/settings.ts';
import { knownTemplates, leastMapping, openTemplate } from '../../mapping/mappings.ts';
import { leastYaml, settingsOf } from '../../settings/loading.ts';
import { linesOf } from './looks.ts';

describe('the settings', () => {
  it('hold, or have problems that are told one by one', () => {
    expect(linesOf(lookAtSettings('c.yaml', []))).toEqual(['well settings: c.yaml: every key holds']);
    const problem = { path: 'kafka.brokers', source: 'c.yaml:2:3', problem: 'must be a list' };
    const looked = lookAtSettings('c.yaml', [problem, { ...problem, path: '', hint: 'did you mean kafka?' }]);
    expect(looked.found.map(({ title }) => title)).toEqual(['kafka.brokers', 'settings']);
    expect(linesOf(looked)).toEqual([
      'failed settings: must be a list (c.yaml:2:3) → mend it and try again',
      'failed settings: must be a list (c.yaml:2:3) → did you mean kafka?',
    ]);
  });
});

describe('the mappings', () => {
  const look = (content: unknown) =>
    lookAtMappings({
      documents: [{ file: 'a.yaml', content }],
      templates: [...knownTemplates, openTemplate],
      languageBusinessInfo: 'string',
      unavailableValue: 'x',
      limits: defaultLimits,
    });

  it('compile, or every problem of them is told', () => {
    expect(linesOf(look(leastMapping))).toEqual(['well mapping: 1 file, for OPEN']);
    const looked = look({ ...leastMapping, template: 'PAYMENT_ODER_DEFAULT' });
    expect(linesOf(looked)).toEqual([
      'failed mapping: a.yaml: template: there is no schema of this template → did you mean PAYMENT_ORDER_DEFAULT?',
    ]);
    expect(looked.value).toBeNull();
  });
});

describe('the keys', () => {
  const { platform } = settingsOf(leastYaml);
  const pair = () =>
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
  const [ours, theirs] = [pair(), pair()];

  function look(publicKey: string | null, over: Partial<KeyMaterial> = {}) {
    const publicKeys =
      publicKey === null ? [] : [{ version: 2, publicKey, file: 'their.pem', setting: 'platform.publicKeyFile' }];
    const keys = { ...platform.keys, privateKey: new Secret(ours.privateKey), publicKeys, keyVersion: 3, ...over };
    const files = { privateKey: null, passphrase: null, keyVersion: null };
    return lookAtKeys({
      ...platform,
      keys: { ...keys, files },
      verifyAnswers: publicKey === null ? 'off' : 'required',
    });
  }

  it('can be used, and answers are verified', () => {
    const lines = linesOf(look(theirs.publicKey));
    expect(lines).toEqual([
      expect.stringMatching(/^well keys\.ours: from the environment: RSA, 2048 bits \(RSA256\), version 3, SHA256:/),
      expect.stringMatching(/^well keys\.theirs: their\.pem: RSA, 2048 bits \(RSA256\), version 2, SHA256:/),
      'well keys.answers: with one key',
    ]);
    expect(lines.join('').includes(ours.privateKey.split('\n')[1] ?? '-')).toBe(false);
  });

  it('cannot, or are not those that are meant', () => {
    expect(linesOf(look(theirs.publicKey, { privateKey: new Secret('nonsense') }))[0]).toMatch(
      /^failed keys\.ours: .* → /,
    );
    expect(linesOf(look('nonsense'))[1]).toMatch(/^failed keys\.theirs: their\.pem: /);
    expect(linesOf(look(ours.publicKey))[1]).toMatch(/^warning keys\.theirs: .*the public half of our own key/);
  });

  it('are not there to verify answers', () => {
    expect(linesOf(look(null))[1]).toMatch(/^warning keys\.answers: no: .* → .*platform\.publicKeyFile/);
    const warned = lookAtKeys({ ...platform, verifyAnswers: 'warn' });
    expect(linesOf(warned).at(-1)).toMatch(
      /^warning keys\.answers: a bad or missing signature is counted .* and believed → .*: required when/,
    );
  });
});
