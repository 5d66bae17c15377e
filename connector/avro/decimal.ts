// The time for the digits grows with the square of the bytes: 64 KB take some 100 ms. A declared numeric of PostgreSQL, the widest
// of all databases, has up to 1,000 digits (416 bytes) and a scale from -1,000 to 1,000.
const bytesMax = 1_024;
const scaleMax = 1_000;

/**
 * The exact text of a decimal: `unscaled` is a big-endian two's complement integer, and the value that × 10^-`scale`. As
 * many digits as the scale says follow the point, e.g. `"12.50"`; a negative scale appends zeros. Null where it is no
 * decimal (no bytes), has more than 1,024 bytes, or a scale beyond ±1,000.
 */
export function decimalText(unscaled: Uint8Array, scale: number): string | null {
  if (unscaled.length === 0 || unscaled.length > bytesMax) return null;
  if (!Number.isInteger(scale) || Math.abs(scale) > scaleMax) return null;
  return pointed(integerText(unscaled), scale);
}

function integerText(bytes: Uint8Array): string {
  // Up to 48 bits a double is exact, and much faster.
  if (bytes.length <= 6) return String(Buffer.from(bytes.buffer, bytes.byteOffset).readIntBE(0, bytes.length));
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  return String(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)));
}

function pointed(integer: string, scale: number): string {
  if (scale === 0) return integer;
  if (scale < 0) return integer === '0' ? integer : integer + '0'.repeat(-scale);
  const negative = integer.startsWith('-');
  const digits = (negative ? integer.slice(1) : integer).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}
