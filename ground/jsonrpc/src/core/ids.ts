import type { RpcId } from './message.ts';

/** Longer identifiers are refused: they are echoed, and kept while a request is in flight. */
const LONGEST_ID = 256;

// A complete message that ends so has this identifier at its outermost level: one closing brace
// follows it, and that brace is the message's own. The official TypeScript SDK writes `id` last.
const AT_THE_END = /"id"\s*:\s*(-?[0-9]{1,16}|"[^"\\]{0,256}")\s*\}\s*$/;
const AT_THE_START =
  /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(-?[0-9]{1,16}|"[^"\\]{0,256}")\s*[,}]/;

export function isRpcId(value: unknown): value is RpcId {
  if (typeof value === 'string') return value.length <= LONGEST_ID && value.isWellFormed();
  return Number.isSafeInteger(value);
}

/**
 * The identifier of a message of which only the ends were kept, if they show it. A hint for an
 * error answer only: nothing else may follow from a message that was not read whole.
 */
export function glimpseId(head: string, tail: string): RpcId | undefined {
  const literal = (AT_THE_END.exec(tail) ?? AT_THE_START.exec(head))?.[1];
  if (literal === undefined) return undefined;
  const id: unknown = literal.startsWith('"') ? literal.slice(1, -1) : Number(literal);
  return isRpcId(id) ? id : undefined;
}

/**
 * The identifier of a text that is JSON but was refused (a name twice, an unsafe integer). Only
 * ever runs on a refusal, so that whoever waits for this answer learns it.
 */
export function recoverId(text: string): RpcId | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const id: unknown = Object.hasOwn(value, 'id') ? (value as { id: unknown }).id : undefined;
    return isRpcId(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
