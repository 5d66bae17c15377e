import { BlockList, isIP } from 'node:net';
import type { HttpProxy } from '../../kernel/proxy.ts';
import { Secret } from '../../kernel/secret.ts';
import type { CheckedParts } from '../check-document.ts';
import type { Environment } from '../environment.ts';
import type { GivenTexts, Read } from '../files.ts';
import type { SettingsProblem } from '../problems.ts';

/** The proxy of each URL, by the URL's scheme and host; null: it is reached directly. */
export type ProxyOf = (url: string) => HttpProxy | null;

/**
 * Reads the proxy of the settings, else those of the environment: HTTPS_PROXY for https URLs, HTTP_PROXY for http URLs, NO_PROXY
 * for hosts that are reached directly (each also in small letters, which go first, as for curl). This machine is always reached
 * directly.
 */
export function readProxies(
  proxy: CheckedParts['proxy'],
  { secrets }: GivenTexts,
  environment: Environment,
): Read<ProxyOf> {
  const given = (name: string) => environment[name.toLowerCase()] || environment[name] || '';
  const noProxy = proxy?.noProxy ?? [];
  if (proxy?.url !== undefined) {
    const { url, username } = proxy;
    const password = secrets.get('proxy.passwordFile')?.reveal() ?? '';
    const authorization = username === undefined ? null : basic(username, password);
    const isDirect = directHosts(noProxy);
    return { read: target => (isDirect(target) ? null : { url: new URL(url).origin, authorization }), problems: [] };
  }
  const direct = [...noProxy, ...given('NO_PROXY').split(/[\s,]+/)];
  if (direct.includes('*')) return { read: () => null, problems: [] };
  const isDirect = directHosts(direct);
  const names = { 'https:': 'HTTPS_PROXY', 'http:': 'HTTP_PROXY' } as const;
  const problems: SettingsProblem[] = [];
  const found = Object.entries(names).map(([scheme, name]) => {
    const read = proxyIn(given(name));
    if (read === 'bad') problems.push({ path: '', source: name, ...badVariable });
    return [scheme, read === 'bad' ? null : read] as const;
  });
  const byScheme = new Map(found);
  return { read: target => (isDirect(target) ? null : (byScheme.get(new URL(target).protocol) ?? null)), problems };
}

const badVariable = {
  problem: 'must be the http:// or https:// URL of a proxy',
  hint: 'or set proxy.url, or reach all directly with proxy.noProxy: ["*"]',
};

/** A proxy as an environment variable names it: `host:port` is enough; user and password may stand in it. */
function proxyIn(text: string): HttpProxy | null | 'bad' {
  if (text === '') return null;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol)) return 'bad';
  const { username, password } = url;
  const authorization = username === '' ? null : basic(decoded(username), decoded(password));
  return { url: url.origin, authorization };
}

function basic(username: string, password: string): Secret {
  return new Secret(`Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
}

/** A password with a bare % stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether a URL is reached directly by NO_PROXY's entries: a name with all below it, an address, a network, `host:port`, or *. */
function directHosts(entries: readonly string[]): (url: string) => boolean {
  const networks = new BlockList();
  networks.addSubnet('127.0.0.0', 8, 'ipv4');
  networks.addAddress('::1', 'ipv6');
  const names: string[] = ['localhost'];
  for (const entry of entries.map(one => one.trim().toLowerCase()).filter(one => one !== '')) {
    const [, network = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
    const family = isIP(network);
    if (family !== 0 && Number(bits) <= (family === 4 ? 32 : 128)) {
      networks.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
    } else names.push(entry.replace(/^\*?\./, '').replaceAll(/[[\]]/g, ''));
  }
  return url => {
    const { hostname, port, protocol } = new URL(url);
    const host = hostname.replaceAll(/[[\]]/g, '');
    const family = isIP(host);
    if (family !== 0 && networks.check(host, family === 4 ? 'ipv4' : 'ipv6')) return true;
    const withPort = `${host}:${port || (protocol === 'https:' ? '443' : '80')}`;
    return names.some(name => name === '*' || isNameOf(host, name) || isNameOf(withPort, name));
  };
}

function isNameOf(host: string, name: string): boolean {
  return host === name || host.endsWith(`.${name}`);
}
