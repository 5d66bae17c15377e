import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../connector/settings/environment.ts';
import { environmentName, formatPath, settingKeys } from '../../../connector/settings/keys.ts';
import { journalEnabledRemoved, leastYaml, problemsOf, settingsOf } from './loading.ts';

describe('the environment', () => {
  it("goes before the file's values, with lists by comma", () => {
    const { kafka, platform, flow, observe } = settingsOf(`${leastYaml}\nflow: { inFlightMax: 8 }`, {
      environment: {
        CARD_SYNC_KAFKA_BROKERS: 'a:1, b:2',
        CARD_SYNC_FLOW_IN_FLIGHT_MAX: '16',
        CARD_SYNC_FLOW_CONFLATE: 'false',
        CARD_SYNC_FLOW_OUTAGE_RATIO: '0.5',
        CARD_SYNC_FLOW_RETRY_DELAYS_MS: '10,20',
        CARD_SYNC_OBSERVE_LOG_LEVEL: 'debug',
        CARD_SYNC_PLATFORM_VERDICTS: 'PARAM_ILLEGAL=retry, HTTP_403=retry',
      },
    });
    expect(platform.verdicts).toEqual({ PARAM_ILLEGAL: 'retry', HTTP_403: 'retry' });
    expect(kafka.brokers).toEqual(['a:1', 'b:2']);
    expect(flow).toMatchObject({ inFlightMax: 16, conflate: false, outageRatio: 0.5, retryDelaysMs: [10, 20] });
    expect(observe.logLevel).toBe('debug');
  });

  it('is enough without a file of settings', () => {
    const settings = settingsOf('# all in the environment\n', {
      environment: {
        CARD_SYNC_KAFKA_BROKERS: 'k:9092',
        CARD_SYNC_KAFKA_TOPICS: 't',
        CARD_SYNC_KAFKA_SASL_MECHANISM: 'plain',
        CARD_SYNC_KAFKA_SASL_USERNAME: 'joe',
        CARD_SYNC_KAFKA_SASL_PASSWORD: 'pw',
        CARD_SYNC_REGISTRY_URL: 'http://r',
        CARD_SYNC_PLATFORM_CLIENT_ID: 'C',
        CARD_SYNC_PLATFORM_PRIVATE_KEY: '-----BEGIN PRIVATE KEY-----',
      },
    });
    expect(settings.platform.keys.privateKey.reveal()).toBe('-----BEGIN PRIVATE KEY-----');
    expect(settings.kafka.sasl.mechanism === 'plain' && settings.kafka.sasl.password.reveal()).toBe('pw');
  });

  it.each([
    ['CARD_SYNC_OBSERVE_PORT', '0x10'],
    ['CARD_SYNC_OBSERVE_PORT', '1e3'],
    ['CARD_SYNC_OBSERVE_PORT', ' 1'],
    ['CARD_SYNC_OBSERVE_PORT', '1.5'],
    ['CARD_SYNC_FLOW_CONFLATE', 'TRUE'],
    ['CARD_SYNC_FLOW_CONFLATE', '1'],
    ['CARD_SYNC_FLOW_RETRY_DELAYS_MS', '1,,2'],
    ['CARD_SYNC_FLOW_RETRY_DELAYS_MS', '1,x'],
    ['CARD_SYNC_KAFKA_BROKERS', 'a:1,'],
    ['CARD_SYNC_PLATFORM_VERDICTS', 'PARAM_ILLEGAL'],
    ['CARD_SYNC_PLATFORM_VERDICTS', 'PARAM_ILLEGAL=retri'],
    ['CARD_SYNC_PLATFORM_VERDICTS', 'PARAM_ILLEGAL=retry,=x'],
  ])('is read strictly: %s=%j is a problem', (name, text) => {
    const problems = problemsOf(leastYaml, { environment: { [name]: text } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(` | ${name} | `);
  });

  it('suggests a name for one that is not known', () => {
    expect(readEnvironment({ CARD_SYNC_KAFKA_BROKER: 'x' }).problems[0]?.hint).toBe(
      'did you mean CARD_SYNC_KAFKA_BROKERS?',
    );
    expect(readEnvironment({ CARD_SYNC_XYZZY: 'x' }).problems[0]?.hint).toContain('see config/connector.yaml');
  });

  it.each(['true', 'false'])('explains that journal.enabled was removed: CARD_SYNC_JOURNAL_ENABLED=%s', value => {
    expect(problemsOf(leastYaml, { environment: { CARD_SYNC_JOURNAL_ENABLED: value } })).toEqual([
      `journal.enabled | CARD_SYNC_JOURNAL_ENABLED | ${journalEnabledRemoved}`,
    ]);
  });

  it('leaves alone what is not ours, what is empty, and what Kubernetes sets for a service of our name', () => {
    expect(
      readEnvironment({
        PATH: '/bin',
        CARD_SYNC_CONFIG: 'conf/connector.yaml',
        CARD_SYNC_KAFKA_GROUP_ID: '',
        CARD_SYNC_SERVICE_HOST: '10.0.0.1',
        CARD_SYNC_SERVICE_PORT: '9464',
        CARD_SYNC_SERVICE_PORT_METRICS: '9464',
        CARD_SYNC_PORT: 'tcp://10.0.0.1:9464',
        CARD_SYNC_PORT_9464_TCP: 'tcp://10.0.0.1:9464',
        CARD_SYNC_PORT_9464_TCP_ADDR: '10.0.0.1',
        CARD_SYNC_OBSERVE_PORT: 'tcp://10.0.0.1:9464',
      }),
    ).toEqual({ overrides: [], secrets: [], problems: [] });
    expect(readEnvironment({ CARD_SYNC_KAFKA_PORT: '9092' }).problems).toHaveLength(1);
  });

  it('and the file cannot both give a secret', () => {
    expect(problemsOf(leastYaml, { environment: { CARD_SYNC_PLATFORM_PRIVATE_KEY: 'hunter2' } })).toEqual([
      'platform.privateKeyFile | conf/connector.yaml:4:31 | is given, and so is CARD_SYNC_PLATFORM_PRIVATE_KEY | keep one of the two',
    ]);
  });

  it('gives any whole number in range as it is', () => {
    const numbers = settingKeys.filter(({ value, path }) => value === 'number' && path[0] === 'platform');
    fc.assert(
      fc.property(fc.constantFrom(...numbers), fc.integer({ min: 256, max: 2_000_000 }), (key, number) => {
        const settings = settingsOf(leastYaml, { environment: { [environmentName(key.path)]: String(number) } });
        const { keys, ...others } = settings.platform;
        expect({ ...others, keyVersion: keys.keyVersion }).toHaveProperty(key.path.slice(1), number);
      }),
    );
  });

  it('never has a secret repeated in a problem, wherever it was set by mistake', () => {
    const secret = 'S3cr3t+hunter2/';
    const places = settingKeys.filter(key => key.secret);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.boolean(), fc.boolean(), (key, inFile, withoutFile) => {
        const path = withoutFile ? [...key.path.slice(0, -1), key.path.at(-1)?.replace(/File$/, '') ?? ''] : key.path;
        const nested = path.reduceRight<unknown>((value, step) => ({ [step]: value }), secret);
        const problems = inFile
          ? problemsOf(JSON.stringify(nested))
          : problemsOf('', { environment: { [environmentName(path)]: secret } });
        expect(problems.length, formatPath(path)).toBeGreaterThan(0);
        expect(problems.join('\n')).not.toContain('hunter2');
      }),
    );
  });
});
