/** A decimal number: `units` times ten to the minus `scale`, without trailing zeros. */
export type Exact = { readonly units: bigint; readonly scale: number };

const DECIMAL = /^-?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{1,18})?$/;

export const ZERO: Exact = { units: 0n, scale: 0 };

/** Reads up to 30 digits before the point and 18 after; undefined when the text is none. */
export function readExact(text: string): Exact | undefined {
  return DECIMAL.test(text) && !/^-[0.]+$/.test(text) ? parseExact(text) : undefined;
}

/** Reads what `formatExact` wrote, of any length. */
export function parseExact(text: string): Exact {
  const [whole = '0', fraction = ''] = text.split('.');
  return normal(BigInt(whole + fraction), fraction.length);
}

export function exactInteger(value: number | bigint): Exact {
  return { units: BigInt(value), scale: 0 };
}

/** The one spelling of a number: no trailing zeros, no exponent. */
export function formatExact({ units, scale }: Exact): string {
  if (scale === 0) return String(units);
  const sign = units < 0n ? '-' : '';
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export function add(left: Exact, right: Exact): Exact {
  const scale = Math.max(left.scale, right.scale);
  return normal(unitsAt(left, scale) + unitsAt(right, scale), scale);
}

export function subtract(left: Exact, right: Exact): Exact {
  return add(left, { units: -right.units, scale: right.scale });
}

export function multiply(left: Exact, right: Exact): Exact {
  return normal(left.units * right.units, left.scale + right.scale);
}

/** Negative, zero or positive, as `left` is smaller, equal or greater. */
export function compare(left: Exact, right: Exact): number {
  const scale = Math.max(left.scale, right.scale);
  const [a, b] = [unitsAt(left, scale), unitsAt(right, scale)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function unitsAt({ units, scale }: Exact, wanted: number): bigint {
  return wanted === scale ? units : units * 10n ** BigInt(wanted - scale);
}

function normal(units: bigint, scale: number): Exact {
  let [short, places] = [units, scale];
  while (places > 0 && short % 10n === 0n) {
    short /= 10n;
    places -= 1;
  }
  return { units: short, scale: places };
}
