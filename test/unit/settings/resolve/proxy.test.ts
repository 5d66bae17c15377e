import { describe, expect, it } from 'vitest';
import type { HttpProxy } from '../../../../connector/kernel/proxy.ts';
import { leastYaml, problemsOf, settingsOf } from '../loading.ts';

const secret = { 'conf/pw': 'p:w%\n' };

/** The proxies of platform and registry, as URL and credentials. */
function proxiesOf(more: string, environment: Readonly<Record<string, string>> = {}, yaml = leastYaml) {
  const { platform, registry } = settingsOf(`${yaml}${more}`, { environment, files: secret });
  return { platform: shown(platform.proxy), registry: shown(registry.proxy) };
}

function shown(proxy: HttpProxy | undefined): string | null {
  if (proxy === undefined) return null;
  const login = proxy.authorization?.reveal().replace('Basic ', '') ?? '';
  return [proxy.url, Buffer.from(login, 'base64').toString()].filter(text => text !== '').join(' ');
}

const none = { platform: null, registry: null };
const both = (text: string) => ({ platform: text, registry: text });

describe('the proxy of the settings', () => {
  it('is none by default', () => {
    expect(proxiesOf('')).toEqual(none);
  });

  it('goes before the variables of the environment, with its credentials', () => {
    const settings = "proxy: { url: 'http://p:3128/', username: joe, passwordFile: pw }";
    expect(proxiesOf(settings, { HTTPS_PROXY: 'http://other:1', NO_PROXY: '*' })).toEqual(
      both('http://p:3128 joe:p:w%'),
    );
  });

  it.each([
    ['registry', { platform: 'http://p:3128', registry: null }],
    ['registry:8081', { platform: 'http://p:3128', registry: null }],
    ['registry:8082', both('http://p:3128')],
    ['alipay.hk', { platform: null, registry: 'http://p:3128' }],
    ['.alipay.hk', { platform: null, registry: 'http://p:3128' }],
    ['"*.ALIPAY.hk"', { platform: null, registry: 'http://p:3128' }],
    ['pay.hk', both('http://p:3128')],
    ['open.alipay.hk:443', { platform: null, registry: 'http://p:3128' }],
    ['"*"', none],
  ])('is not used for hosts of noProxy: %s', (noProxy, expected) => {
    expect(proxiesOf(`proxy: { url: 'http://p:3128', noProxy: [${noProxy}] }`)).toEqual(expected);
  });

  it.each([
    ['http://10.1.2.3:8081', '10.0.0.0/8', true],
    ['http://11.1.2.3:8081', '10.0.0.0/8', false],
    ['http://10.1.2.3:8081', '10.1.2.3', true],
    ['http://[2001:db8::7]:8081', '2001:db8::/32', true],
    ['http://[2001:db8::7]:8081', '[2001:db8::7]', true],
    ['http://[2001:db9::7]:8081', '2001:db8::/32', false],
    ['http://localhost:8081', 'other', true],
    ['http://127.0.0.9:8081', 'other', true],
    ['http://[::1]:8081', 'other', true],
    ['http://registry:8081', '10.0.0.0/99', false],
  ])('is not used for addresses and networks of noProxy: %s with %s', (url, noProxy, isDirect) => {
    const yaml = leastYaml.replace('http://registry:8081', url);
    const found = proxiesOf(`proxy: { url: 'http://p:3128', noProxy: ['${noProxy}'] }`, {}, yaml);
    expect(found.registry).toBe(isDirect ? null : 'http://p:3128');
  });

  it('is used for the token endpoint', () => {
    const sasl = "sasl: { mechanism: oauthbearer, tokenUrl: 'https://login/token', clientId: me }, topics:";
    const environment = { CARD_SYNC_KAFKA_SASL_CLIENT_SECRET: 'x', CARD_SYNC_PROXY_URL: 'http://p:3128' };
    const found = settingsOf(leastYaml.replace('topics:', sasl), { environment }).kafka.sasl;
    expect(found).toMatchObject({ token: { kind: 'endpoint', proxy: { url: 'http://p:3128' } } });
  });

  it.each([
    ["url: 'socks5://p:1'", 'proxy.url'],
    ["url: 'http://joe:pw@p:1'", 'proxy.url'],
    ["url: 'http://p:1/path'", 'proxy.url'],
    ["url: 'http://p:1', username: joe", 'proxy.passwordFile'],
    ["url: 'http://p:1', passwordFile: pw", 'proxy.username'],
  ])('is refused when it is not whole: %s', (settings, path) => {
    const problems = problemsOf(`${leastYaml}proxy: { ${settings} }`, { files: secret });
    expect(problems.map(line => line.split(' | ')[0])).toEqual([path]);
    expect(problems.join()).not.toContain('joe:pw');
  });

  it('is refused when a login has no proxy', () => {
    const problems = problemsOf(`${leastYaml}proxy: { username: joe, passwordFile: pw }`, { files: secret });
    expect(problems.map(line => line.split(' | ')[0])).toEqual(['proxy.username', 'proxy.passwordFile']);
  });
});

describe('the proxy of the environment', () => {
  it('is HTTPS_PROXY for https URLs and HTTP_PROXY for http URLs', () => {
    const environment = { HTTPS_PROXY: 'http://joe:p%40w@secure:1', HTTP_PROXY: 'plain:2' };
    expect(proxiesOf('', environment)).toEqual({ platform: 'http://secure:1 joe:p@w', registry: 'http://plain:2' });
  });

  it('goes by its name in small letters first', () => {
    expect(proxiesOf('', { https_proxy: 'http://small:1', HTTPS_PROXY: 'http://large:1' }).platform).toBe(
      'http://small:1',
    );
    expect(proxiesOf('', { https_proxy: '', HTTPS_PROXY: 'http://large:1' }).platform).toBe('http://large:1');
  });

  it('is not used for hosts of NO_PROXY, nor for those of proxy.noProxy', () => {
    const environment = { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://p:1' };
    expect(proxiesOf('', { ...environment, NO_PROXY: 'registry,.alipay.hk' })).toEqual(none);
    expect(proxiesOf('', { ...environment, no_proxy: 'registry open.alipay.hk' })).toEqual(none);
    expect(proxiesOf("proxy: { noProxy: ['*'] }", environment)).toEqual(none);
  });

  it('is refused when it is no HTTP proxy, without its text', () => {
    expect(problemsOf(leastYaml, { environment: { HTTPS_PROXY: 'socks5://joe:pw@p:1' } })).toEqual([
      ' | HTTPS_PROXY | must be the http:// or https:// URL of a proxy | or set proxy.url, or reach all directly with proxy.noProxy: ["*"]',
    ]);
    expect(
      problemsOf(`${leastYaml}proxy: { noProxy: ['*'] }`, { environment: { HTTPS_PROXY: 'socks5://p:1' } }),
    ).toEqual([]);
  });
});
