import { describe, expect, it } from 'vitest';
import type { Sasl } from '../../../connector/kernel/sasl.ts';
import { redactedSettings } from '../../../connector/settings/settings.ts';
import { selfSignedCertificate } from '../../support/certificates.ts';
import { journalEnabledRemoved, leastYaml, problemsOf, settingsOf, usableOf } from './loading.ts';

const tokenOf = (sasl: Sasl) => (sasl.mechanism === 'oauthbearer' ? sasl.token : undefined);

describe('settings that hold', () => {
  it('come complete: what is not given has its default', () => {
    const settings = settingsOf(leastYaml);
    expect(settings.kafka).toEqual({
      brokers: ['kafka:9092'],
      topics: ['shop.public.orders'],
      groupId: 'card-sync',
      clientId: 'card-sync',
      tls: null,
      sasl: { mechanism: 'none' },
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 60_000,
      heartbeatIntervalMs: 3_000,
      fetchMaxBytes: 1_048_576,
      fetchMaxBytesPerPartition: 262_144,
      fetchMaxWaitMs: 250,
      requestTimeoutMs: 30_000,
    });
    expect(settings.platform.baseUrl).toBe('https://open.alipay.hk');
    expect(settings.platform.verifyAnswers).toBe('off');
    expect(settings.flow.retryDelaysMs).toEqual([2_000, 2_000, 2_000, 600_000, 1_800_000]);
  });

  it('take sections of which every line is commented out for empty', () => {
    expect(settingsOf(`${leastYaml}\nflow:\n  # conflate: true\nobserve:\n`)).toEqual(settingsOf(leastYaml));
  });

  it('give result codes other verdicts, and are told where one is not known', () => {
    const withVerdicts = (yaml: string) =>
      leastYaml.replace(/^platform:.*$/m, line => line.replace(/\}\s*$/, `, verdicts: ${yaml} }`));
    expect(settingsOf(leastYaml).platform.verdicts).toEqual({});
    const given = '{ UN_SUPPORT_BUSINESS: reject, SOME_NEW_CODE: heal-to-send }';
    expect(settingsOf(withVerdicts(given)).platform.verdicts).toEqual({
      UN_SUPPORT_BUSINESS: 'reject',
      SOME_NEW_CODE: 'heal-to-send',
    });
    const place = String.raw`conf/connector.yaml:\d+:\d+`;
    const problem = (yaml: string) => problemsOf(withVerdicts(yaml));
    expect(problem('{ SOME_NEW_CODE: rejekt }')).toEqual([
      expect.stringMatching(
        new RegExp(
          `^platform.verdicts.SOME_NEW_CODE \\| ${place} \\| must be one of accepted, retry, heal-to-send, heal-to-update, reject, halt, is "rejekt" \\| did you mean reject\\?$`,
        ),
      ),
    ]);
    expect(problem('{ some-code: retry }')).toEqual([
      expect.stringMatching(/^platform\.verdicts\.some-code \| .* \| is no result code \| capital letters/),
    ]);
    expect(problem('[retry]')).toEqual([expect.stringContaining('must be a section with keys')]);
  });

  it.each([false, true])('explain that journal.enabled was removed, where it is given: %s', value => {
    expect(problemsOf(`${leastYaml}journal: { enabled: ${value} }`)).toEqual([
      `journal.enabled | conf/connector.yaml:5:12 | ${journalEnabledRemoved}`,
    ]);
  });

  it('are frozen all through', () => {
    const settings = settingsOf(leastYaml);
    expect(() => (settings.kafka.brokers as string[]).push('x:1')).toThrow(TypeError);
    expect(Object.isFrozen(settings.mapping.documents[0]?.content)).toBe(true);
    expect(Object.isFrozen(settings.mapping.templates[0]?.schema.properties)).toBe(true);
  });

  it('hold the contents of files: secrets as such, certificates as TLS material', () => {
    const client = selfSignedCertificate('merchant.example');
    const { kafka, registry, platform } = settingsOf(
      `
kafka:
  brokers: ['kafka:9093']
  topics: [t]
  tls: { enabled: true, caFile: ca.pem, certFile: /abs/cert.pem, keyFile: cert-key.pem, serverName: kafka.example }
  sasl: { mechanism: scram-sha-512, username: joe, passwordFile: secrets/password }
registry: { url: 'https://registry', username: sue, passwordFile: secrets/other }
platform: { baseUrl: 'https://open-id-pre.alipay.com/', clientId: C, privateKeyFile: key.pem, publicKeyFile: theirs.pem, agentTokenFile: token, tls: { caFile: ca.pem } }
`,
      {
        files: {
          'conf/ca.pem': client.cert,
          '/abs/cert.pem': client.cert,
          'conf/cert-key.pem': client.key,
          'conf/secrets/password': ' pass word \r\n',
          'conf/secrets/other': '\uFEFFother\n\n',
          'conf/theirs.pem': 'THEIRS',
          'conf/token': 'TOKEN',
        },
      },
    );
    const ca = client.cert.trimEnd();
    expect(kafka.tls).toMatchObject({ ca, cert: ca, serverName: 'kafka.example' });
    expect(kafka.tls?.key?.reveal()).toBe(client.key);
    expect(kafka.sasl).toMatchObject({ mechanism: 'scram-sha-512', username: 'joe' });
    // White space inside belongs to a password; the line break at the end is the editor's.
    expect(kafka.sasl.mechanism === 'scram-sha-512' && kafka.sasl.password.reveal()).toBe(' pass word ');
    expect(registry.username).toBe('sue');
    expect(registry.password?.reveal()).toBe('other');
    expect(settingsOf(leastYaml).registry).not.toHaveProperty('username');
    expect(registry.tls).toEqual({});
    expect(platform.tls).toEqual({ ca });
    expect(platform.keys.publicKeys).toEqual([
      { version: null, publicKey: 'THEIRS', file: 'conf/theirs.pem', setting: 'platform.publicKeyFile' },
    ]);
    expect(platform.agentToken?.reveal()).toBe('TOKEN');
    expect(platform.verifyAnswers).toBe('required');
    expect(platform.baseUrl).toBe('https://open-id-pre.alipay.com');
    expect(kafka).not.toHaveProperty('passwordFile');
    expect(platform).not.toHaveProperty('privateKeyFile');
  });

  it('log in by OAuth with a client secret', () => {
    const yaml = leastYaml.replace(
      'topics:',
      "sasl: { mechanism: oauthbearer, tokenUrl: 'https://login/token', clientId: me, scope: kafka }, topics:",
    );
    const { sasl } = settingsOf(yaml, { environment: { CARD_SYNC_KAFKA_SASL_CLIENT_SECRET: 'hush' } }).kafka;
    const token = { kind: 'endpoint', url: 'https://login/token', clientId: 'me', scope: 'kafka' };
    expect(sasl).toMatchObject({ mechanism: 'oauthbearer', token, extensions: {} });
    const found = tokenOf(sasl);
    expect(found?.kind === 'endpoint' && found.clientSecret.reveal()).toBe('hush');
  });

  it('log in by OAuth with the token of a file, a command or the environment, and with extensions', () => {
    const saslIn = (more: string, environment = {}) => {
      const yaml = leastYaml.replace('topics:', `sasl: { mechanism: oauthbearer, ${more} }, topics:`);
      return settingsOf(yaml, { environment, files: { 'conf/token': 'abc' } }).kafka.sasl;
    };
    expect(tokenOf(saslIn('tokenFile: token'))).toEqual({ kind: 'file', path: 'conf/token' });
    expect(tokenOf(saslIn('tokenCommand: [aws-token, --region, x]'))).toEqual({
      kind: 'command',
      command: ['aws-token', '--region', 'x'],
    });
    expect(tokenOf(saslIn('', { CARD_SYNC_KAFKA_SASL_TOKEN: 'abc' }))?.kind).toBe('given');
    expect(saslIn('tokenFile: token, extensions: { logicalCluster: lkc-1, identityPoolId: pool-1 }')).toMatchObject({
      extensions: { logicalCluster: 'lkc-1', identityPoolId: 'pool-1' },
    });
    const environment = { CARD_SYNC_KAFKA_SASL_EXTENSIONS: 'logicalCluster=lkc-1' };
    expect(saslIn('tokenFile: token', environment)).toMatchObject({ extensions: { logicalCluster: 'lkc-1' } });
  });

  it('name brokers by IPv6 addresses in brackets', () => {
    const brokers = (list: string) => leastYaml.replace("['kafka:9092']", list);
    expect(settingsOf(brokers("['[2001:db8::1]:9092']")).kafka.brokers).toEqual(['[2001:db8::1]:9092']);
    expect(problemsOf(brokers("['2001:db8::1:9092']"))).toHaveLength(1);
  });

  it('read mapping files by pattern, sorted, each once, without their tests', () => {
    const { mapping } = settingsOf(
      `${leastYaml}\nmapping: { files: [mappings/*.yaml, more/train.yaml, mappings/f*.yaml] }`,
      {
        files: {
          'conf/mappings/bill.yaml': 'kind: bill',
          'conf/mappings/bill.test.yaml': 'not: read',
          'conf/mappings/notes.txt': 'not read',
          'conf/more/train.yaml': 'kind: [train]',
        },
      },
    );
    expect(mapping.documents).toEqual([
      { file: 'conf/mappings/bill.yaml', content: { kind: 'bill' } },
      { file: 'conf/mappings/film.yaml', content: { name: 'film' } },
      { file: 'conf/more/train.yaml', content: { kind: ['train'] } },
    ]);
  });

  it("hold the six built-in templates, and the user's beside or instead of them", () => {
    const builtIn = settingsOf(leastYaml).mapping.templates.map(({ template }) => template);
    expect(builtIn).toEqual([
      'AIR_TICKET_DEFAULT',
      'FINANCE_ORDER_DEFAULT',
      'MOVIE_TICKET_DEFAULT',
      'PAYMENT_ORDER_DEFAULT',
      'RIDE_HAILING_DEFAULT',
      'TRAIN_TICKET_DEFAULT',
    ]);
    const files = { 'conf/HOTEL.json': '{"a":1}', 'conf/t/FINANCE_ORDER_DEFAULT.schema.json': '{"b":2}' };
    const { templates } = settingsOf(
      `${leastYaml}\nmapping: { templateFiles: [HOTEL.json, t/FINANCE_ORDER_DEFAULT.schema.json] }`,
      { files },
    ).mapping;
    expect(templates).toHaveLength(7);
    expect(templates.find(({ template }) => template === 'HOTEL')?.schema).toEqual({ a: 1 });
    expect(templates.find(({ template }) => template === 'FINANCE_ORDER_DEFAULT')?.schema).toEqual({ b: 2 });
  });
});

describe('settings with problems', () => {
  it('give the parts that have none, so that those can be looked at', () => {
    const usable = usableOf(`${leastYaml}\nflow: { inFlightMax: none }\njournal: { topic: j }`);
    expect(Object.keys(usable)).toEqual([
      ...['kafka', 'registry', 'mapping', 'platform', 'deadLetters', 'journal', 'observe', 'shutdown'],
    ]);
    expect(usable.journal?.topic).toBe('j');
    expect(
      usableOf(leastYaml.replace(/privateKeyFile: [^,} ]+/, 'privateKeyFile: nowhere.pem')).platform,
    ).toBeUndefined();
    expect(usableOf('kafka: [')).toEqual({});
  });

  it('tell all of them at once, of every part', () => {
    const yaml = `
kafka:
  brokers: [localhost]
  topic: [orders]
  sasl:
    mechanism: plain
    password: hunter2
registry:
  url: ftp://registry
platform:
  keyVersion: "1"
observe:
  logLevel: infos
groupId: mine
`;
    expect(problemsOf(yaml, { environment: { CARD_SYNC_FLOW_CONFLATE: 'yes', CARD_SYNC_KAFKA_GRUP_ID: 'x' } })).toEqual(
      [
        'flow.conflate | CARD_SYNC_FLOW_CONFLATE | must be true or false, is "yes"',
        ' | CARD_SYNC_KAFKA_GRUP_ID | no setting has this environment variable | did you mean CARD_SYNC_KAFKA_GROUP_ID?',
        'kafka.topic | conf/connector.yaml:4:3 | there is no such key | did you mean topics?',
        'kafka.sasl.password | conf/connector.yaml:7:5 | a secret must not stand in the settings | put it into a file and name that in kafka.sasl.passwordFile, or into the environment variable CARD_SYNC_KAFKA_SASL_PASSWORD',
        'groupId | conf/connector.yaml:14:1 | there is no such key | did you mean kafka.groupId?',
        'kafka.brokers[0] | conf/connector.yaml:3:13 | must be host:port, is "localhost"',
        'kafka.topics | conf/connector.yaml:2:1 | is missing | Topics of Debezium change events to read; or set CARD_SYNC_KAFKA_TOPICS',
        'kafka.sasl.username | conf/connector.yaml:5:3 | is missing | Name of the Kafka user; or set CARD_SYNC_KAFKA_SASL_USERNAME',
        'registry.url | conf/connector.yaml:9:3 | must be an http:// or https:// URL without user and password, is "ftp://registry"',
        'platform.clientId | conf/connector.yaml:10:1 | is missing | Client-Id that AlipayHK gave the merchant; or set CARD_SYNC_PLATFORM_CLIENT_ID',
        'platform.keyVersion | conf/connector.yaml:11:3 | must be a number, is "1" | write it in digits, without quotes',
        'observe.logLevel | conf/connector.yaml:13:3 | must be one of trace, debug, info, warn, error, silent, is "infos" | did you mean info?',
        'platform.privateKeyFile | conf/connector.yaml:10:1 | is missing: every request is signed with it | name a file, or put the secret itself into CARD_SYNC_PLATFORM_PRIVATE_KEY',
      ],
    );
  });

  it.each([
    ['flow: { inFlightMax: 0 }', 'flow.inFlightMax | conf/connector.yaml:5:9 | must be at least 1, is 0'],
    ['flow: { inFlightMax: 1.5 }', 'must be a whole number, is 1.5'],
    ['flow: { inFlightMax: }', 'must be a number, is nothing | give a value or remove the key'],
    ['flow: { probeIntervalMs: 1e12 }', 'must be at most 2147483647, is 1000000000000'],
    ['flow: { conflate: "true" }', 'must be true or false, is "true" | write it without quotes'],
    ['flow: { retryDelaysMs: 2000 }', 'must be a list, is 2000 | write a list'],
    ['flow: { retryDelaysMs: [1, 0] }', 'flow.retryDelaysMs[1] | conf/connector.yaml:5:28 | must be at least 1, is 0'],
    ['flow: [a]', 'flow | conf/connector.yaml:5:1 | must be a section with keys'],
    ['shutdown: 5', 'shutdown | conf/connector.yaml:5:1 | must be a section with keys'],
    ['observe: { host: "" }', 'observe.host | conf/connector.yaml:5:12 | must not be empty'],
    ['observe: { host: 127 }', 'must be a text, is 127 | put it in quotes'],
    ['observe: { port: 65536 }', 'must be at most 65535, is 65536'],
    ['mapping: { files: [] }', 'mapping.files | conf/connector.yaml:5:12 | must have at least 1 entry'],
    [
      'mapping: { files: [none/*.yaml] }',
      'mapping.files[0] | conf/connector.yaml:5:20 | no file matches "none/*.yaml"',
    ],
    ['mapping: { files: [none.yaml] }', 'mapping.files[0] | conf/connector.yaml:5:20 | conf/none.yaml does not exist'],
    ['mapping: { files: [bad.yaml] }', 'mapping.files[0] | conf/bad.yaml:2:1 | the key is given twice'],
    [
      'mapping: { templateFiles: [bad.json] }',
      'mapping.templateFiles[0] | conf/connector.yaml:5:28 | conf/bad.json does not hold a JSON object',
    ],
    ['mapping: { templateFiles: [a/T.json, b/T.json] }', 'is a second file for the template T'],
    ['deadLetters: { topic: "a b" }', 'must be a topic name'],
  ])('say what is wrong with %j', (yaml, problem) => {
    const files = {
      'conf/bad.yaml': 'a: 1\na: 2\n',
      'conf/bad.json': '[]',
      'conf/a/T.json': '{}',
      'conf/b/T.json': '{}',
    };
    const problems = problemsOf(leastYaml + yaml, { files });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('tell of a file that cannot be read, or is no document of sections', () => {
    expect(problemsOf({ code: 'ENOENT' }, { environment: { CARD_SYNC_OBSERVE_PORT: 'x' } })).toEqual([
      'observe.port | CARD_SYNC_OBSERVE_PORT | must be a number in digits, is "x"',
      ' | conf/connector.yaml | the file does not exist | name the settings file with --config or CARD_SYNC_CONFIG',
    ]);
    expect(problemsOf('- a\n')).toEqual([' | conf/connector.yaml | the file must hold sections with keys']);
    expect(problemsOf('a: [1\n')[0]).toContain(' | conf/connector.yaml:2:1 | ');
  });

  it('tell of keys and secrets that cannot be read, without naming a path that may be a secret', () => {
    const yaml = `
kafka: { brokers: ['k:1'], topics: [t], tls: { enabled: true, caFile: none.pem }, sasl: { mechanism: plain, username: u, passwordFile: hunter2 } }
registry: { url: 'https://r', bearerTokenFile: /token, tls: { caFile: folder } }
platform: { clientId: C, privateKeyFile: "-----BEGIN PRIVATE KEY-----\\nMII", publicKeyFile: empty, agentTokenFile: locked }
`;
    const files = {
      'conf/folder': { code: 'EISDIR' },
      'conf/empty': ' \n',
      'conf/locked': { code: 'EACCES' },
      '/token': { code: 'EIO' },
    };
    const problems = problemsOf(yaml, { files });
    expect(problems).toEqual([
      'kafka.tls.caFile | conf/connector.yaml:2:63 | conf/none.pem does not exist | paths start from the folder of conf/connector.yaml',
      'kafka.sasl.passwordFile | conf/connector.yaml:2:122 | the file does not exist | paths start from the folder of conf/connector.yaml',
      'registry.bearerTokenFile | conf/connector.yaml:3:31 | the file cannot be read (EIO)',
      'registry.tls.caFile | conf/connector.yaml:3:63 | conf/folder is a folder | paths start from the folder of conf/connector.yaml',
      'platform.privateKeyFile | conf/connector.yaml:4:26 | must be the path of a file, is a text | put the text into a file and name that, or put it into CARD_SYNC_PLATFORM_PRIVATE_KEY',
      'platform.agentTokenFile | conf/connector.yaml:4:100 | the file may not be read by this user | paths start from the folder of conf/connector.yaml',
      'platform.publicKeyFile | conf/connector.yaml:4:78 | conf/empty is empty',
    ]);
  });
});

describe('keys', () => {
  const withKeys = (more: string) => leastYaml.replace('privateKeyFile: key.pem', `privateKeyFile: key.pem, ${more}`);
  const files = { 'conf/version': '7\n', 'conf/a.pem': 'A\n', '/b.der': '0\u0082\u0001', 'conf/pass': 'open sesame\n' };

  it('come with their passphrase, their version, and where to look at them again', () => {
    const yaml = withKeys(
      "privateKeyPassphraseFile: pass, keyVersion: 3, keyVersionFile: version, publicKeyFiles: ['1=a.pem', '2=/b.der'], eccHash: SHA384",
    );
    const { keys, verifyAnswers } = settingsOf(yaml, { files }).platform;
    expect(keys.passphrase?.reveal()).toBe('open sesame');
    expect(keys).toMatchObject({
      keyVersion: 7,
      eccHash: 'SHA384',
      publicKeys: [
        { version: 1, publicKey: 'A', file: 'conf/a.pem', setting: 'platform.publicKeyFiles[0]' },
        // DER is no text: it comes as base64.
        { version: 2, publicKey: Buffer.of(0x30, 0x82, 1).toString('base64'), file: '/b.der' },
      ],
      files: { privateKey: 'conf/key.pem', passphrase: 'conf/pass', keyVersion: 'conf/version' },
    });
    expect(verifyAnswers).toBe('required');
  });

  it('of AlipayHK are left out where nothing is verified', () => {
    const { platform } = settingsOf(withKeys("publicKeyFiles: ['1=a.pem'], verifyAnswers: off"), { files });
    expect(platform).toMatchObject({ verifyAnswers: 'off', keys: { publicKeys: [] } });
  });

  it('from the environment have no file', () => {
    const environment = { CARD_SYNC_PLATFORM_PRIVATE_KEY: 'MIIE', CARD_SYNC_PLATFORM_PUBLIC_KEY_FILES: '4=a.pem' };
    const { keys } = settingsOf(leastYaml.replace(', privateKeyFile: key.pem', ''), { environment, files }).platform;
    expect(keys.privateKey.reveal()).toBe('MIIE');
    expect(keys).toMatchObject({ files: { privateKey: null, keyVersion: null }, publicKeys: [{ version: 4 }] });
  });

  it('have problems of their own, all told at once', () => {
    const yaml = withKeys("keyVersionFile: a.pem, publicKeyFiles: ['1=a.pem', '1=/b.der', '2=none.pem']");
    expect(problemsOf(yaml, { files })).toEqual([
      'platform.publicKeyFiles[1] | conf/connector.yaml:4:107 | is a second file for keyVersion 1',
      'platform.publicKeyFiles[2] | conf/connector.yaml:4:119 | conf/none.pem does not exist | paths start from the folder of conf/connector.yaml',
      'platform.keyVersionFile | conf/connector.yaml:4:56 | its file must hold a whole number of at least 1, and nothing else',
    ]);
    expect(problemsOf(withKeys("publicKeyFiles: ['a.pem']"), { files })).toEqual([
      'platform.publicKeyFiles[0] | conf/connector.yaml:4:73 | must be keyVersion=path, e.g. 2=keys/alipayhk-public-2.pem, is "a.pem"',
    ]);
  });
});

describe('what is sent as a header', () => {
  it.each(['A B', ' A', 'A\t', 'Ä', '名', 'A\u00a0', 'A\u0000'])(
    'refuses the client id %j, which is no printable ASCII without blanks',
    clientId => {
      const yaml = leastYaml.replace('clientId: CLIENT', `clientId: ${JSON.stringify(clientId)}`);
      expect(problemsOf(yaml)).toEqual([
        expect.stringMatching(/^platform\.clientId \| .* \| must be printable ASCII characters without blanks, is /),
      ]);
    },
  );

  it.each(['two\nlines', '名', 'tab\t'])('refuses the Agent-Token %j, and does not repeat it', token => {
    const [problem, ...others] = problemsOf(leastYaml, { environment: { CARD_SYNC_PLATFORM_AGENT_TOKEN: token } });
    expect(others).toEqual([]);
    expect(problem).toMatch(/^platform\.agentTokenFile \| .*must hold one line of printable ASCII characters/);
    expect(problem).not.toContain(token);
  });

  it('takes an Agent-Token with a blank in it', () => {
    const { platform } = settingsOf(leastYaml, { environment: { CARD_SYNC_PLATFORM_AGENT_TOKEN: 'Bearer a.b' } });
    expect(platform.agentToken?.reveal()).toBe('Bearer a.b');
  });
});

describe('the settings in a log', () => {
  it('show no secret, and files by name', () => {
    const settings = settingsOf(leastYaml, {
      environment: { CARD_SYNC_REGISTRY_BEARER_TOKEN: 'hunter2', CARD_SYNC_PLATFORM_PUBLIC_KEY_FILE: 'theirs.pem' },
      files: { 'conf/theirs.pem': 'THEIRS' },
    });
    const redacted = redactedSettings(settings);
    expect(JSON.stringify(redacted)).not.toMatch(/PRIVATE|THEIRS|hunter2/);
    expect(redacted).toMatchObject({
      registry: { url: 'http://registry:8081', bearerToken: '[secret]' },
      platform: { clientId: 'CLIENT', keys: { privateKey: '[secret]', publicKeys: [{ publicKey: '[given]' }] } },
      mapping: { documents: ['conf/mappings/film.yaml'] },
    });
  });
});
