import { isIP } from 'node:net';

/** Headers of a request, names in lower case. */
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * True if a request is for this server by a name of its own: an IP address, `localhost`, or one of `names`. A page of another
 * site whose name suddenly means 127.0.0.1 (DNS rebinding) comes with that site's name in `Host`. A request without `Host` is
 * none of a browser's.
 */
export function isForUs({ host }: Headers, names: readonly string[]): boolean {
  if (host === undefined) return true;
  const name = hostName(String(host));
  return name !== null && (isIP(name) !== 0 || name === 'localhost' || names.includes(name));
}

/**
 * True if a request comes from our own page or from no page at all. Pages of another port of this machine are foreign too,
 * though browsers call them "same-site".
 */
export function isFromOwnPage(method: string, headers: Headers): boolean {
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && URL.parse(String(origin))?.host !== String(host).toLowerCase()) return false;
  return method === 'GET' || site === undefined || site === 'same-origin' || site === 'none';
}

/** The name of a `Host` header, without port and brackets; null where it is not one. */
function hostName(host: string): string | null {
  const url = URL.parse(`http://${host}`);
  if (url === null || url.username !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') return null;
  return url.hostname.replace(/^\[|\]$/g, '');
}
