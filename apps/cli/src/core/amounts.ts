const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes in three figures, such as `12.5 MiB`. */
export function bytesText(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[unit]}`;
}

/** How long ago something was, in its largest unit; empty when it is not known. */
export function ageText(chainTime: string | undefined, nowMs: number): string {
  if (chainTime === undefined) return '';
  const seconds = Math.max(0, Math.round((nowMs - Number(chainTime)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)}min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

/** A whole number in groups of three. */
export function countText(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
