import type { ModelPrice } from './routing-table.ts';

export type TokenUsage = { readonly input_tokens: number; readonly output_tokens: number };
export type ModelCost = { readonly amount: string; readonly unit: string };

/** Of a price; a millionth of the last of them is the last digit of a cost. */
const DIGITS = 12;
const MILLION_DIGITS = 6;

/** Beside its words a message has others, by which its server tells who speaks. */
const BESIDE_TOKENS = 64;

type Asked = { readonly bytes: number; readonly messages: number; readonly max_tokens: number };

/**
 * What one question may cost at most: a token has a byte or more, and each candidate may be asked
 * before the last one serves. Undefined where none has a price.
 */
export function mostCost(
  { bytes, messages, max_tokens: output_tokens }: Asked,
  prices: readonly (ModelPrice | undefined)[],
): ModelCost | undefined {
  const input_tokens = bytes + BESIDE_TOKENS * (messages + 1);
  const priced = prices.filter((price) => price !== undefined);
  const [first] = priced;
  if (first === undefined) return undefined;
  const parts = priced.reduce((sum, price) => {
    return sum + partsOf({ input_tokens, output_tokens }, price);
  }, 0n);
  return { amount: amountOf(parts), unit: first.unit };
}

/** Exact: a price of a million tokens, times tokens. */
export function costOf(usage: TokenUsage, price: ModelPrice): ModelCost {
  return { amount: amountOf(partsOf(usage, price)), unit: price.unit };
}

function partsOf(usage: TokenUsage, { input, output }: ModelPrice): bigint {
  return scaled(input) * BigInt(usage.input_tokens) + scaled(output) * BigInt(usage.output_tokens);
}

function amountOf(parts: bigint): string {
  const places = DIGITS + MILLION_DIGITS;
  const digits = String(parts).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function scaled(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(DIGITS, '0'));
}
