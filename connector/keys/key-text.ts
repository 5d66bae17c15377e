/** The base64 of `-----BEGIN`. */
const pemInBase64 = 'LS0tLS1CRUdJTi';

/**
 * A key's text without what tools put around it: quotes, `\n` written as two characters (environment files, JSON), and base64
 * of the whole PEM text (Kubernetes manifests, CI variables). Any other text is returned as it is.
 */
export function unwrappedKeyText(text: string): string {
  const pem = decodedPem(withoutQuotes(text.trim()));
  return pem.includes('-----BEGIN') ? pem.replaceAll(/\\r|\\n/g, '\n') : pem;
}

function withoutQuotes(text: string): string {
  const [first] = text;
  const isQuoted = (first === '"' || first === "'") && text.length > 1 && text.endsWith(first);
  return isQuoted ? text.slice(1, -1).trim() : text;
}

function decodedPem(text: string): string {
  if (!text.startsWith(pemInBase64)) return text;
  const digits = text.replaceAll(/\s+|\\r|\\n/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(digits) ? Buffer.from(digits, 'base64').toString('utf8') : text;
}
