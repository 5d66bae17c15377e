/** What a key's DER may hold, by the standard that lays it out. */
export type DerKind =
  | 'PKCS#8'
  | 'encrypted PKCS#8'
  | 'PKCS#1 private'
  | 'SEC1'
  | 'SPKI'
  | 'PKCS#1 public'
  | 'certificate'
  | 'PKCS#12';

/** What bytes are, told by their outermost elements alone. */
export type DerRead =
  | { readonly kind: 'der'; readonly holds: DerKind }
  | { readonly kind: 'bad'; readonly problem: string };

/** One element of DER (X.690, 8.1): its tag and where its content lies. */
interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

const sequence = 0x30;
const integer = 0x02;
const bitString = 0x03;
const octetString = 0x04;

/** Tells what a key's bytes are, and whether all of them are there. Looks at no secret part. */
export function readDer(bytes: Uint8Array): DerRead {
  const outer = elementAt(bytes, 0);
  if (outer === null || outer.tag !== sequence) return { kind: 'bad', problem: 'holds no key' };
  const missing = outer.end - bytes.length;
  if (missing > 0) return { kind: 'bad', problem: `is cut off: ${missing} of ${outer.end} bytes are missing` };
  if (missing < 0) return { kind: 'bad', problem: `has ${-missing} bytes behind the end of its key` };
  const holds = kindOf(bytes, elementsOf(bytes, outer));
  return holds === null ? { kind: 'bad', problem: 'holds no key that is known here' } : { kind: 'der', holds };
}

/** RFC 5208, 5958 (PKCS#8), 8017 (PKCS#1), 5915 (SEC1), 5280 (SPKI, certificate), 7292 (PKCS#12). */
function kindOf(bytes: Uint8Array, [first, second, third]: readonly Element[]): DerKind | null {
  if (first?.tag === integer) {
    if (second?.tag === integer) return third === undefined ? 'PKCS#1 public' : 'PKCS#1 private';
    if (second?.tag === octetString) return 'SEC1';
    if (second?.tag !== sequence) return null;
    return bytes[first.start] === 3 ? 'PKCS#12' : 'PKCS#8';
  }
  if (first?.tag !== sequence) return null;
  if (second?.tag === octetString) return 'encrypted PKCS#8';
  if (second?.tag === bitString) return 'SPKI';
  return second?.tag === sequence && third?.tag === bitString ? 'certificate' : null;
}

function elementsOf(bytes: Uint8Array, outer: Element): readonly Element[] {
  const found: Element[] = [];
  let at = outer.start;
  while (at < outer.end && found.length < 3) {
    const element = elementAt(bytes, at);
    if (element === null || element.end > outer.end) return [];
    found.push(element);
    at = element.end;
  }
  return found;
}

function elementAt(bytes: Uint8Array, at: number): Element | null {
  const [tag, length] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || length === undefined) return null;
  if (length < 0x80) return { tag, start: at + 2, end: at + 2 + length };
  // Keys take two bytes of length; four are more than any file of theirs.
  const size = length & 0x7f;
  if (size === 0 || size > 4) return null;
  const start = at + 2 + size;
  const digits = bytes.subarray(at + 2, start);
  if (digits.length < size) return null;
  return { tag, start, end: start + digits.reduce((value, digit) => value * 256 + digit, 0) };
}
