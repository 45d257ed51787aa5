const DAY_MS = 86_400_000n;
/** Days from the first of March of the year 0 to the Unix epoch, and in 400 years. */
const EPOCH_DAYS = 719_468n;
const ERA_DAYS = 146_097n;

/**
 * `2026-11-21 04:55:03` in UTC, of milliseconds since the Unix epoch. Years begin in March here,
 * so that the day a leap year has more is their last.
 */
export function utcText(milliseconds: bigint): string {
  const days = milliseconds / DAY_MS + EPOCH_DAYS;
  const [era, day] = [days / ERA_DAYS, days % ERA_DAYS];
  const year = (day - day / 1460n + day / 36_524n - day / 146_096n) / 365n;
  const dayOfYear = day - (365n * year + year / 4n - year / 100n);
  const month = (5n * dayOfYear + 2n) / 153n;
  const dayOfMonth = dayOfYear - (153n * month + 2n) / 5n + 1n;
  const isNextYear = month >= 10n;
  const date = [
    digits(era * 400n + year + (isNextYear ? 1n : 0n), 4),
    digits(isNextYear ? month - 9n : month + 3n, 2),
    digits(dayOfMonth, 2),
  ];
  const seconds = (milliseconds % DAY_MS) / 1000n;
  const time = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  return `${date.join('-')} ${time.map((each) => digits(each, 2)).join(':')}`;
}

function digits(value: bigint, count: number): string {
  return String(value).padStart(count, '0');
}
