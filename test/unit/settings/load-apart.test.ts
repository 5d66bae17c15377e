import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtInTemplatesFolder } from '../../../connector/settings/files.ts';
import { loadRequestSettings } from '../../../connector/settings/load-apart.ts';

function load(yaml: string, wantsKey = true, files: Readonly<Record<string, string>> = {}, environment = {}) {
  const read = (path: string) => {
    const text = path === 'c.yaml' ? yaml : files[path];
    if (text !== undefined) return text;
    if (path.startsWith(builtInTemplatesFolder)) return readFileSync(path, 'utf8');
    throw Object.assign(new Error(path), { code: 'ENOENT' });
  };
  const isBuiltIn = (folder: string) => `${folder}/`.startsWith(builtInTemplatesFolder);
  return loadRequestSettings(
    {
      file: 'c.yaml',
      environment,
      readFile: read,
      readBytes: path => Buffer.from(read(path)),
      listFiles: folder => (isBuiltIn(folder) ? readdirSync(folder) : []),
    },
    wantsKey,
  );
}

function settingsOf(...given: Parameters<typeof load>) {
  const loaded = load(...given);
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems));
  return loaded.settings;
}

const mapping = 'mapping: { files: [bill.yaml] }\n';
const files = { 'bill.yaml': 'template: X\n' };

describe('the settings that requests are made by', () => {
  it('need neither Kafka, nor a registry, nor any secret', () => {
    const { hasKey, platform, mapping: read } = settingsOf(mapping, true, files);
    expect([hasKey, platform.clientId, read.documents.length]).toEqual([false, 'CLIENT-ID', 1]);
    const whole = `${mapping}
kafka: { brokers: [], topics: wrong, sasl: { mechanism: plain, username: u, passwordFile: gone } }
registry: { url: nonsense, username: u }
platform: { clientId: C, privateKeyFile: gone.pem, privateKeyPassphraseFile: gone, keyVersion: 7, publicKeyFile: gone, verifyAnswers: required, agentTokenFile: gone }
shutdown: { drainMs: 999999 }
`;
    const { hasKey: has, platform: address } = settingsOf(whole, true, files);
    expect([has, address.clientId, address.keys.keyVersion]).toEqual([false, 'C', 1]);
    // There is one, and nobody sees it.
    expect(String(address.agentToken)).toBe('[secret]');
  });

  it('need no proxy, whatever the settings and the environment say of one', () => {
    const environment = { HTTPS_PROXY: 'socks5://p:1', CARD_SYNC_PROXY_PASSWORD: 'x' };
    const yaml = `${mapping}proxy: { url: nonsense, passwordFile: gone }\n`;
    expect(settingsOf(yaml, true, files, environment).platform).not.toHaveProperty('proxy');
  });

  it('hold the private key where it is there and wanted', () => {
    const yaml = `${mapping}platform: { privateKeyFile: key.pem, keyVersion: 7 }\n`;
    const withKey = { ...files, 'key.pem': 'PRIVATE' };
    const { hasKey, platform } = settingsOf(yaml, true, withKey);
    expect([hasKey, platform.keys.privateKey.reveal(), platform.keys.keyVersion]).toEqual([true, 'PRIVATE', 7]);
    expect(settingsOf(yaml, false, withKey).hasKey).toBe(false);
    const environment = { CARD_SYNC_PLATFORM_PRIVATE_KEY: 'FROM-ENV' };
    const given = settingsOf(mapping, true, files, environment);
    expect([given.hasKey, given.platform.keys.privateKey.reveal()]).toEqual([true, 'FROM-ENV']);
  });

  it('are refused for what is wrong with the mapping or the address', () => {
    const loaded = load(`mapping: { files: [gone.yaml] }\nplatform: { path: nowhere }\n`);
    expect(loaded.kind === 'problems' && loaded.problems.map(({ path }) => path)).toEqual([
      'platform.path',
      'mapping.files[0]',
    ]);
  });
});
