/** A `Signature` header taken apart. */
export interface SignatureHeader {
  /** Null: the header names no version, or one that is not a whole number. */
  readonly version: number | null;
  /** Null: the header has no signature, or one with a broken escape. */
  readonly signature: Buffer | null;
}

/**
 * Reads `algorithm=…,keyVersion=…,signature=<URL-encoded base64>` (API document, "Signature"). Names count without regard to
 * case, blanks around names and values and quotes around values are left out, and of a repeated name the first counts. The
 * algorithm is not read: AlipayHK's pages spell it `RSA256` and `sha256withrsa`, and the key decides it. Never throws.
 */
export function readSignature(header: string): SignatureHeader {
  let version: string | undefined;
  let signature: string | undefined;
  for (const parameter of header.split(',')) {
    const equals = parameter.indexOf('=');
    if (equals < 0) continue;
    const name = parameter.slice(0, equals).trim().toLowerCase();
    if (name === 'keyversion') version ??= unquoted(parameter.slice(equals + 1));
    else if (name === 'signature') signature ??= unquoted(parameter.slice(equals + 1));
  }
  return {
    version: version !== undefined && /^\d{1,9}$/.test(version) ? Number(version) : null,
    signature: signature === undefined ? null : signatureBytes(signature),
  };
}

function unquoted(text: string): string {
  const value = text.trim();
  const quote = value[0];
  const isQuoted = (quote === '"' || quote === "'") && value.length > 1 && value.endsWith(quote);
  return isQuoted ? value.slice(1, -1).trim() : value;
}

function signatureBytes(encoded: string): Buffer | null {
  try {
    return Buffer.from(decodeURIComponent(encoded), 'base64');
  } catch {
    // decodeURIComponent refuses a broken escape.
    return null;
  }
}
