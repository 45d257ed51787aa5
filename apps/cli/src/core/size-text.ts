const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.5 GiB`, from bytes. */
export function sizeText(bytes: number): string {
  let left = bytes;
  let unit = 0;
  while (left >= 1024 && unit < UNITS.length - 1) {
    left /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || left >= 100 ? 0 : 1;
  return `${left.toFixed(digits)} ${UNITS[unit]}`;
}

/** Bytes from `500MiB`, `2G` or `1024`; a K is 1,024. Undefined for anything else. */
export function readSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^([0-9]{1,12})(?:([KMGT])(?:i?B)?|B)?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Number(digits) * 1024 ** (unit === '' ? 0 : ' KMGT'.indexOf(unit));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
