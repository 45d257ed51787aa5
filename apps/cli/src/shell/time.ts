/** Chain Time as `2026-11-21 04:55:03`, in UTC: it is the same for everybody. */
export function timeText(chainTime: string): string {
  const date = new Date(Number(chainTime));
  if (Number.isNaN(date.getTime())) return chainTime;
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
