import type { Money } from '@ioi/protocol';

/** Amounts have at most 18 decimals, so scaled by 10^18 they are integers. */
const DECIMALS = 18;
const AMOUNT = /^(0|[1-9][0-9]{0,29})(?:\.([0-9]{1,18}))?$/;
const UNIT = /^[A-Za-z][A-Za-z0-9_.-]{0,31}$/;

/** The unit of bare amounts in a policy that names none. */
export const DEFAULT_UNIT = 'unit';

export function isUnit(text: unknown): text is string {
  return typeof text === 'string' && UNIT.test(text);
}

/** The amount times 10^18; undefined when the text is no amount. */
export function scaleAmount(text: string): bigint | undefined {
  const match = AMOUNT.exec(text);
  if (match === null) return undefined;
  return BigInt(`${match[1]}${(match[2] ?? '').padEnd(DECIMALS, '0')}`);
}

/** One spelling per amount: no trailing zeros after the point. Undefined when it is none. */
export function canonicalAmount(text: string): string | undefined {
  if (!AMOUNT.test(text)) return undefined;
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Money as it stands in parameters: both fields, nothing else to go by; undefined if it is not. */
export function readMoney(value: unknown): { money: Money; scaled: bigint } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { amount, unit } = value as { amount?: unknown; unit?: unknown };
  if (typeof amount !== 'string' || !isUnit(unit)) return undefined;
  const scaled = scaleAmount(amount);
  const spelled = canonicalAmount(amount);
  if (scaled === undefined || spelled === undefined) return undefined;
  return { money: { amount: spelled, unit }, scaled };
}
