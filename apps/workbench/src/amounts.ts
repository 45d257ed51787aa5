const PLACES = 18;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const STEP = 1024;
const SPANS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** What is left of a decimal amount, exactly: dollars are no floating point. */
export function minus(whole: string, part: string): string {
  const left = scaled(whole) - scaled(part);
  const digits = String(left < 0n ? -left : left).padStart(PLACES + 1, '0');
  const [units, places] = [digits.slice(0, -PLACES), digits.slice(-PLACES).replace(/0+$/, '')];
  return `${left < 0n ? '-' : ''}${units}${places === '' ? '' : `.${places}`}`;
}

function scaled(text: string): bigint {
  const [units = '0', places = ''] = text.split('.');
  const digits = `${units}${places.padEnd(PLACES, '0').slice(0, PLACES)}`;
  return /^[0-9]+$/.test(digits) ? BigInt(digits) : 0n;
}

export function sizeText(bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (size >= STEP && unit < UNITS.length - 1) [size, unit] = [size / STEP, unit + 1];
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

/** In the largest unit of which there is one. */
export function spanText(milliseconds: number): string {
  const found = SPANS.find(([, each]) => milliseconds >= each);
  if (found !== undefined) return `${Math.round(milliseconds / found[1])} ${found[0]}`;
  if (milliseconds >= 1) return `${Number(milliseconds.toFixed(1))} ms`;
  return `${Number((milliseconds * 1000).toFixed(0))} us`;
}
