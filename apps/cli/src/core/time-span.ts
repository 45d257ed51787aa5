const UNITS = { ms: 1n, s: 1_000n, m: 60_000n, h: 3_600_000n, d: 86_400_000n } as const;

/** Milliseconds of `90s`, `12h`, `30d`; undefined for anything else. */
export function readTimeSpan(text: string): bigint | undefined {
  const [, count, unit] = /^([0-9]{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  return BigInt(count) * UNITS[unit as keyof typeof UNITS];
}

/** The largest unit of which there are two, rounded down: `47 h`, `30 d`. */
export function timeSpanText(milliseconds: bigint): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = milliseconds / UNITS[unit];
    if (count >= 2n) return `${count} ${unit === 'm' ? 'min' : unit}`;
  }
  return `${milliseconds} ms`;
}
