import type { ModelPrice } from './routing-table.ts';

export type TokenUsage = { readonly input_tokens: number; readonly output_tokens: number };
export type ModelCost = { readonly amount: string; readonly unit: string };

/** Of a price; a millionth of the last of them is the last digit of a cost. */
const DIGITS = 12;
const MILLION_DIGITS = 6;

/** Exact: a price of a million tokens, times tokens. */
export function costOf(usage: TokenUsage, { input, output, unit }: ModelPrice): ModelCost {
  const parts =
    scaled(input) * BigInt(usage.input_tokens) + scaled(output) * BigInt(usage.output_tokens);
  const places = DIGITS + MILLION_DIGITS;
  const digits = String(parts).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return { amount: fraction === '' ? whole : `${whole}.${fraction}`, unit };
}

function scaled(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(DIGITS, '0'));
}
