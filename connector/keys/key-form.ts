import { type DerKind, readDer } from './der.ts';

/** A key as its file holds it: where its bytes are, and what they are. */
export type KeyForm =
  | { readonly kind: 'der'; readonly holds: DerKind; readonly der: Buffer }
  /** A PEM block that is encrypted line by line (RFC 1421, 4.6): only OpenSSL's PEM reader reads it. */
  | { readonly kind: 'encrypted-pem'; readonly pem: string }
  | { readonly kind: 'bad'; readonly problem: string };

interface PemBlock {
  readonly label: string;
  readonly body: string;
  readonly whole: string;
}

/** A chain of certificates has some five. */
const blocksMax = 100;

/** The labels that a half of a key pair may stand under (RFC 7468), the most wanted first. */
const wantedLabels = {
  private: /PRIVATE KEY$/,
  public: /PUBLIC KEY$|CERTIFICATE$/,
} as const;

/**
 * Finds the key in a file's text: PEM with whatever stands around it, or bare base64 of DER, as AlipayHK's console gives keys.
 * Where a file holds several blocks, the first that may be the wanted half. The problem's words follow the file's name.
 */
export function findKey(text: string, half: 'private' | 'public'): KeyForm {
  const found = pemBlocks(text);
  if (found === null) return bad(`holds more than ${blocksMax} PEM blocks`);
  const { blocks, open } = found;
  // A private key among public ones is worth an error, not a choice.
  const secret = half === 'public' ? blocks.find(({ label }) => wantedLabels.private.test(label)) : undefined;
  const block = secret ?? blocks.find(({ label }) => wantedLabels[half].test(label)) ?? blocks[0];
  if (block !== undefined) return readBlock(block);
  if (open !== null) return bad(`is cut off: the line -----END ${open}----- is missing`);
  const der = fromBase64(text);
  return der === null ? bad('holds no key: neither PEM, nor the base64 of a key, nor DER') : readBytes(der);
}

/** The blocks of a PEM text, and the label of the first that has no end. Null where more than so many begin: each is searched for its end. */
function pemBlocks(text: string): { readonly blocks: readonly PemBlock[]; readonly open: string | null } | null {
  const blocks: PemBlock[] = [];
  let open: string | null = null;
  let behind = 0;
  let begun = 0;
  for (const { 0: begin, 1: label = '', index } of text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)) {
    // Within the block before it.
    if (index < behind) continue;
    begun++;
    if (begun > blocksMax) return null;
    const start = index + begin.length;
    const end = `-----END ${label}-----`;
    const at = text.indexOf(end, start);
    if (at < 0) open ??= label;
    if (at < 0) continue;
    behind = at + end.length;
    blocks.push({ label, body: text.slice(start, at), whole: text.slice(index, behind) });
  }
  return { blocks, open };
}

function readBlock({ label, body, whole }: PemBlock): KeyForm {
  if (label === 'OPENSSH PRIVATE KEY') {
    return bad("is in OpenSSH's own form: rewrite it with ssh-keygen -p -m PKCS8 -f <file>");
  }
  if (label === 'CERTIFICATE REQUEST' || label === 'NEW CERTIFICATE REQUEST') return bad('holds a certificate request');
  if (body.includes('Proc-Type: 4,ENCRYPTED')) {
    return { kind: 'encrypted-pem', pem: whole.replaceAll('\r\n', '\n') };
  }
  const der = fromBase64(body);
  return der === null ? bad(`holds a PEM ${label} whose lines are damaged: they are not base64`) : readBytes(der);
}

function readBytes(der: Buffer): KeyForm {
  const read = readDer(der);
  if (read.kind === 'bad') return read;
  if (read.holds === 'PKCS#12') return bad('is a PKCS#12 store: take the key out with openssl pkcs12 -nodes');
  return { kind: 'der', holds: read.holds, der };
}

/** Strict: Node skips what is not base64, and a damaged key would be read as another one. */
function fromBase64(text: string): Buffer | null {
  const digits = text.replace(/\s+/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(digits) ? Buffer.from(digits, 'base64') : null;
}

function bad(problem: string): KeyForm {
  return { kind: 'bad', problem };
}
