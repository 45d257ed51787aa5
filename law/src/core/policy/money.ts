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

/** The canonical text of an amount times 10^18. */
export function unscaleAmount(scaled: bigint): string {
  const digits = String(scaled).padStart(DECIMALS + 1, '0');
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '');
  const whole = digits.slice(0, -DECIMALS);
  return fraction === '' ? whole : `${whole}.${fraction}`;
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

type Total = ReturnType<typeof readMoney>;

const MOST_ITEMS = 1024;

/**
 * What a request pays: its `amount`, which `line_items` must come to where they are given. An item
 * that cannot be read, or a sum that is another, leaves it undetermined.
 */
export function readTotal(params: { readonly [name: string]: unknown }): Total {
  const total = readMoney(params['amount']);
  const items = params['line_items'];
  if (total === undefined || items === undefined) return total;
  if (!Array.isArray(items) || items.length > MOST_ITEMS) return undefined;
  let sum = 0n;
  for (const item of items) {
    const price = readItem(item, total.money.unit);
    if (price === undefined) return undefined;
    sum += price;
  }
  return sum === total.scaled ? total : undefined;
}

/** `{amount, quantity?}`, the amount that of one. */
function readItem(item: unknown, unit: string): bigint | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { amount, quantity = 1 } = item as { amount?: unknown; quantity?: unknown };
  const price = readMoney(amount);
  if (price === undefined || price.money.unit !== unit) return undefined;
  const isCount = typeof quantity === 'number' && Number.isSafeInteger(quantity) && quantity > 0;
  return isCount ? price.scaled * BigInt(quantity) : undefined;
}
