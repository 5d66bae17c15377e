import { X509Certificate } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../../support/certificates.ts';
import { openSsl } from '../../../support/openssl.ts';
import { leastYaml, problemsOf, settingsOf } from '../loading.ts';

const { cert, key } = selfSignedCertificate('merchant.example');
const other = selfSignedCertificate('other.example');
const tool = openSsl();
afterAll(() => tool[Symbol.dispose]());

tool.write('cert.pem', cert);
tool.write('plain.pem', key);
tool.run('pkcs8 -topk8 -in plain.pem -out enc.pem -passout pass:sesame');
tool.run('pkcs12 -export -in cert.pem -inkey plain.pem -out user.p12 -passout pass:sesame');
tool.run('pkcs12 -export -legacy -in cert.pem -inkey plain.pem -out old.p12 -passout pass:sesame');
tool.run('pkcs12 -export -nokeys -in cert.pem -out keyless.p12 -passout pass:sesame');
tool.run('rsa -in plain.pem -outform DER -out key.der');

const read = (name: string) => tool.read(name).toString('latin1');
const files = {
  'conf/cert.pem': cert,
  'conf/plain.pem': key,
  'conf/other.pem': other.key,
  'conf/enc.pem': read('enc.pem'),
  'conf/user.p12': read('user.p12'),
  'conf/old.p12': read('old.p12'),
  'conf/keyless.p12': read('keyless.p12'),
  'conf/key.der': read('key.der'),
  'conf/pass': 'sesame\n',
  'conf/wrong': 'wrong\n',
  'conf/garbage': 'garbage',
};

const withTls = (tls: string) =>
  leastYaml.replace('topics: [shop.public.orders]', `topics: [t], tls: { enabled: true, ${tls} }`);
const tlsOf = (tls: string) => settingsOf(withTls(tls), { files }).kafka.tls;
const problems = (tls: string) => problemsOf(withTls(tls), { files });

describe('TLS files of the settings', () => {
  it.each([
    ['PEM', 'keyFile: plain.pem'],
    ['DER', 'keyFile: key.der'],
    ['PEM that is encrypted', 'keyFile: enc.pem, keyPassphraseFile: pass'],
  ])('give the client key as decrypted PEM when its file is %s', (_, tls) => {
    const material = tlsOf(`certFile: cert.pem, ${tls}`);
    expect(material?.cert).toBe(cert.trimEnd());
    expect(material?.key?.reveal()).toBe(key);
  });

  it('give a PKCS#12 store with its passphrase, and no certificate beside it', () => {
    const material = tlsOf('keyFile: user.p12, keyPassphraseFile: pass');
    expect(material).not.toHaveProperty('cert');
    expect(material?.store?.pkcs12.reveal()).toBe(tool.read('user.p12').toString('base64'));
    expect(material?.store?.passphrase?.reveal()).toBe('sesame');
  });

  it.each<[string, string, string]>([
    [
      'an encrypted key without a passphrase',
      'certFile: cert.pem, keyFile: enc.pem',
      'kafka.tls.keyFile | is encrypted: give its passphrase in kafka.tls.keyPassphraseFile',
    ],
    [
      'an encrypted key with another passphrase',
      'certFile: cert.pem, keyFile: enc.pem, keyPassphraseFile: wrong',
      'kafka.tls.keyFile | cannot be decrypted: the passphrase in kafka.tls.keyPassphraseFile is not its own',
    ],
    [
      'a key of another certificate',
      'certFile: cert.pem, keyFile: other.pem',
      'kafka.tls.keyFile | is not the key of the certificate in certFile',
    ],
    [
      'a certificate in place of the key',
      'certFile: cert.pem, keyFile: cert.pem',
      'kafka.tls.keyFile | holds a certificate; it needs the private key',
    ],
    [
      'a key without its certificate',
      'keyFile: plain.pem',
      "kafka.tls.certFile | is missing: a client's key is given | name a file",
    ],
    [
      'a PKCS#12 store beside a certificate',
      'certFile: cert.pem, keyFile: user.p12, keyPassphraseFile: pass',
      'kafka.tls.certFile | has no effect: keyFile is a PKCS#12 store, which holds the certificate too | remove it',
    ],
    [
      'a PKCS#12 store without its passphrase',
      'keyFile: user.p12',
      'kafka.tls.keyFile | is a PKCS#12 store with a passphrase: give it in kafka.tls.keyPassphraseFile',
    ],
    [
      'a PKCS#12 store with another passphrase',
      'keyFile: user.p12, keyPassphraseFile: wrong',
      'kafka.tls.keyFile | is a PKCS#12 store that the passphrase in kafka.tls.keyPassphraseFile does not open',
    ],
    [
      'a PKCS#12 store without a key',
      'keyFile: keyless.p12, keyPassphraseFile: pass',
      'kafka.tls.keyFile | is a PKCS#12 store without a private key',
    ],
    [
      'a PKCS#12 store of OpenSSL 1',
      'keyFile: old.p12, keyPassphraseFile: pass',
      'kafka.tls.keyFile | is a PKCS#12 store in an old form that OpenSSL 3 does not read, or is damaged',
    ],
    [
      'an authority that is no certificate',
      'caFile: garbage',
      'kafka.tls.caFile | holds no certificate | a PEM file begins with -----BEGIN CERTIFICATE-----',
    ],
    [
      'a passphrase without a key',
      'keyPassphraseFile: pass',
      "kafka.tls.keyFile | is missing: a key's passphrase is given",
    ],
  ])('are refused at start: %s', (_, tls, expected) => {
    const found = problems(tls);
    expect(found).toHaveLength(1);
    expect(found[0]?.replace(/ \| conf\S+:2:\d+/, '')).toContain(expected);
    expect(found.join()).not.toContain('sesame');
  });

  it('are read for the registry and the platform too', () => {
    const yaml = leastYaml
      .replace("'http://registry:8081'", "'https://registry', tls: { certFile: cert.pem, keyFile: enc.pem }")
      .replace('clientId: CLIENT', 'clientId: CLIENT, tls: { certFile: cert.pem, keyFile: other.pem }');
    expect(problemsOf(yaml, { files }).map(line => line.split(' | ')[0])).toEqual([
      'registry.tls.keyFile',
      'platform.tls.keyFile',
    ]);
  });

  it('hold a certificate that Node reads behind other text', () => {
    const text = { ...files, 'conf/cert.pem': `subject=merchant\n${cert}` };
    const material = settingsOf(withTls('certFile: cert.pem, keyFile: plain.pem'), { files: text }).kafka.tls;
    expect(new X509Certificate(material?.cert ?? '').subject).toBe('CN=merchant.example');
  });
});
