import { describe, expect, it } from 'vitest';
import { environmentName, formatPath, secretName, settingKeys } from '../../../connector/settings/keys.ts';

describe('the keys of the settings', () => {
  it('have environment names made of their path', () => {
    expect(environmentName(['kafka', 'groupId'])).toBe('CARD_SYNC_KAFKA_GROUP_ID');
    expect(environmentName(['flow', 'retryDelaysMs'])).toBe('CARD_SYNC_FLOW_RETRY_DELAYS_MS');
    expect(secretName(['platform', 'privateKeyFile'])).toBe('CARD_SYNC_PLATFORM_PRIVATE_KEY');
    expect(formatPath(['kafka', 'brokers', 0])).toBe('kafka.brokers[0]');
  });

  it('have environment names of their own, secrets too', () => {
    const names = settingKeys.flatMap(({ path, secret }) =>
      secret ? [environmentName(path), secretName(path)] : [environmentName(path)],
    );
    expect(names.length).toBeGreaterThan(60);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('each say what they are for, and have a default, an example or a list of choices', () => {
    const bare = settingKeys.filter(
      ({ text, fallback, example, choices }) => text === '' || (fallback ?? example ?? choices[0]) === undefined,
    );
    expect(bare.map(({ path }) => formatPath(path))).toEqual([]);
  });

  it('treat every file that can hold a secret as one', () => {
    const files = settingKeys.filter(({ path }) => path.at(-1)?.endsWith('File'));
    const open = files.filter(({ secret }) => !secret).map(({ path }) => formatPath(path));
    expect(open).toEqual([
      'kafka.tls.caFile',
      'kafka.tls.certFile',
      'registry.tls.caFile',
      'registry.tls.certFile',
      'platform.keyVersionFile',
      'platform.publicKeyFile',
      'platform.tls.caFile',
      'platform.tls.certFile',
    ]);
  });
});
