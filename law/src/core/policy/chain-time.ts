const DAY_MS = 86_400_000n;
const MOMENT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?Z$/;
const LAST = 253_402_300_799_999n;

/** Chain Time of `2026-11-22T08:00:00Z`, or of its milliseconds since 1970 in digits. */
export function readChainTime(text: string): bigint | undefined {
  if (/^(?:0|[1-9]\d{0,14})$/.test(text)) return BigInt(text);
  const [, ...parts] = MOMENT.exec(text) ?? [];
  const [year = 0n, month = 0n, day = 0n, hour = 0n, minute = 0n, second = 0n] = parts.map((part) =>
    BigInt(part ?? 0),
  );
  const seconds = hour * 3600n + minute * 60n + second;
  const time = daysTo(year, month, day) * DAY_MS + seconds * 1000n;
  const spelled = `${text.slice(0, 16)}:${parts[5] ?? '00'}Z`;
  // A thirtieth of February is no day: whatever does not read back as it was written.
  return year >= 1970n && printChainTime(time) === spelled ? time : undefined;
}

/** To the second, in UTC; digits for what no calendar reaches. */
export function printChainTime(time: bigint): string {
  if (time < 0n || time > LAST) return String(time);
  let year = 1970n + time / DAY_MS / 366n;
  while (daysTo(year + 1n, 1n, 1n) * DAY_MS <= time) year += 1n;
  let month = 12n;
  while (daysTo(year, month, 1n) * DAY_MS > time) month -= 1n;
  const day = time / DAY_MS - daysTo(year, month, 1n) + 1n;
  const rest = (time % DAY_MS) / 1000n;
  const clock = [rest / 3600n, (rest / 60n) % 60n, rest % 60n].map(twoDigits).join(':');
  return `${year}-${twoDigits(month)}-${twoDigits(day)}T${clock}Z`;
}

/** Days from 1970 to a day of the Gregorian calendar; its years begin in March here. */
function daysTo(year: bigint, month: bigint, day: bigint): bigint {
  const shifted = month < 3n ? year - 1n : year;
  const leaps = shifted / 4n - shifted / 100n + shifted / 400n;
  const months = (153n * ((month + 9n) % 12n) + 2n) / 5n;
  return shifted * 365n + leaps + months + day - 719_469n;
}

function twoDigits(number: bigint): string {
  return String(number).padStart(2, '0');
}
