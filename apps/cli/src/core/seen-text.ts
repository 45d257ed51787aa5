/** When a witness signed, by its own clock; seconds since 1970, before the year 10000. */
export function seenText(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString();
}
