import { refuse } from '../expressions/refusal.ts';

const decimal = /^(-?)(\d+)(?:\.(\d+))?$/;
const largest = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Cents of an exact amount: decimal text (`"12.5"` → 1250) or whole units (12 → 1200). Never goes through a float.
 * Refuses fractions of a cent, anything that is not plain decimal text, and what a JSON number cannot hold exactly.
 */
export function cents(amount: string | bigint): bigint {
  return inRange(typeof amount === 'bigint' ? amount * 100n : centsOfText(amount));
}

function centsOfText(text: string): bigint {
  const match = decimal.exec(text);
  if (match === null) refuse('the amount is not plain decimal text, such as "12.50"');
  const [, sign = '', whole = '', fraction = ''] = match;
  if (whole.length > 20) return largest + 1n;
  for (let i = 2; i < fraction.length; i++) if (fraction[i] !== '0') refuse('the amount has fractions of a cent');
  return BigInt(`${sign}${whole}${fraction.slice(0, 2).padEnd(2, '0')}`);
}

function inRange(value: bigint): bigint {
  if (value > largest || value < -largest) refuse('the amount is out of range');
  return value;
}

const scientific = /^(-?)(\d{1,100})(?:\.(\d{1,100}))?[eE]([+-]?\d{1,4})$/;
const plainDigitsMax = 100;

/** Decimal text of a number with an exponent: `1.25E+3` → `1250`, exactly. Null where it is none, or takes more than 100 digits. */
export function plainDecimal(text: string): string | null {
  const match = scientific.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = ''] = match;
  // Digits before the point, of all that are written.
  const point = whole.length + Number(exponent);
  if (Math.abs(point) > plainDigitsMax) return null;
  const digits = `${whole}${fraction}`
    .padEnd(point, '0')
    .padStart(Math.max(0, 1 - point) + whole.length + fraction.length, '0');
  const at = Math.max(1, point);
  const decimals = digits.slice(at).replace(/0+$/, '');
  return `${sign}${digits.slice(0, at).replace(/^0+(?=\d)/, '')}${decimals === '' ? '' : `.${decimals}`}`;
}

/** The text of an amount in cents: 1250 → `"12.50"`. */
export function money(amountCents: bigint): string {
  const digits = String(amountCents < 0n ? -amountCents : amountCents).padStart(3, '0');
  return `${amountCents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
