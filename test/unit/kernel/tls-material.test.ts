import { describe, expect, it } from 'vitest';
import { Secret } from '../../../connector/kernel/secret.ts';
import { tlsOptions } from '../../../connector/kernel/tls-material.ts';

describe('tlsOptions', () => {
  it('returns no option for null and for empty material', () => {
    expect(tlsOptions(null)).toEqual({});
    expect(tlsOptions({})).toEqual({});
  });

  it('returns the options of node:tls for certificates and key', () => {
    const material = { ca: 'CA', cert: 'CERT', key: new Secret('KEY'), serverName: 'kafka.example' };
    expect(tlsOptions(material)).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'kafka.example' });
  });

  it('returns pfx and passphrase for a PKCS#12 store', () => {
    const pkcs12 = new Secret(Buffer.from('store').toString('base64'));
    expect(tlsOptions({ store: { pkcs12, passphrase: null } })).toEqual({ pfx: Buffer.from('store') });
    expect(tlsOptions({ store: { pkcs12, passphrase: new Secret('open') } })).toEqual({
      pfx: Buffer.from('store'),
      passphrase: 'open',
    });
  });
});
