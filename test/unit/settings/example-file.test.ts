import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exampleSettingsFile, settingsSchemaFile } from '../../../connector/settings/example-file.ts';
import { environmentName, settingKeys } from '../../../connector/settings/keys.ts';
import { leastYaml, settingsOf } from './loading.ts';

const files = { 'conf/keys/merchant-private.pem': 'PRIVATE' };

describe('config/connector.yaml', () => {
  // Made anew by: npx vitest run test/unit/settings -u
  it('is what the schema makes', async () => {
    await expect(exampleSettingsFile()).toMatchFileSnapshot('../../../config/connector.yaml');
  });

  it('loads when the files it names exist', () => {
    const settings = settingsOf(readFileSync('config/connector.yaml', 'utf8'), { files });
    expect(settings.platform.keys.privateKey.reveal()).toBe('PRIVATE');
    expect(settings.kafka.brokers).toEqual(['localhost:9092']);
  });

  it('names each key and its environment variable', () => {
    const text = exampleSettingsFile();
    for (const { path } of settingKeys) {
      expect(text).toMatch(new RegExp(`^ +(# )?${path.at(-1)}: `, 'm'));
      expect(text).toMatch(new RegExp(`\\b${environmentName(path)}\\b`));
    }
  });

  it('shows the true defaults: uncommented, they change nothing', () => {
    const withDefaults = settingKeys
      .filter(({ fallback }) => fallback !== undefined)
      .reduce((text, { path }) => {
        const before = text.indexOf(environmentName(path));
        return text.slice(0, before) + text.slice(before).replace(/^( +)# (\w+: )/m, '$1$2');
      }, exampleSettingsFile());
    expect(withDefaults).toMatch(/^ {2}groupId: card-sync$/m);
    expect(withDefaults).toMatch(/^ {4}mechanism: none$/m);
    expect(settingsOf(withDefaults, { files })).toEqual(settingsOf(exampleSettingsFile(), { files }));
  });
});

describe('schemas/json/settings.schema.json', () => {
  const accepts = new Ajv().compile(JSON.parse(settingsSchemaFile()));

  it('is what the schema makes', async () => {
    await expect(settingsSchemaFile()).toMatchFileSnapshot('../../../schemas/json/settings.schema.json');
  });

  it('accepts the example file and the least one, and not a wrong one', () => {
    expect(accepts(parse(exampleSettingsFile()))).toBe(true);
    expect(accepts(parse(leastYaml))).toBe(true);
    expect(accepts(parse(`${leastYaml}\nflow: { inFlight: 1 }`))).toBe(false);
  });
});
