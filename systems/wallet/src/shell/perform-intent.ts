import { ok, type Result } from '@ioi/basis';
import { isTxIntent, type TxIntent } from '@ioi/protocol';
import {
  addressOf,
  type EdgeRefusal,
  type LeasedSecret,
  signTransaction,
  type Target,
  transactionOf,
  unsent,
} from '../core/index.ts';
import { fetchAnswer } from './fetch-answer.ts';
import type { CallResult } from './sealed-egress.ts';

export type Intended = {
  readonly given: Readonly<Record<string, unknown>>;
  readonly effect: 'sign' | 'send';
};

type Performing = {
  readonly lease: (origin: string) => Promise<Result<LeasedSecret, EdgeRefusal>>;
  readonly signal: AbortSignal;
};

/** Signs what a TxIntent says, with a key that is bound to its chain (EIP-1559, EIP-155). */
export async function performIntent(
  { given, effect }: Intended,
  target: Target,
  { lease, signal }: Performing,
): Promise<Result<CallResult, EdgeRefusal>> {
  if (!isTxIntent(given)) return unsent('intent.invalid', 'this is no TxIntent');
  const leased = await lease(`evm:${given.chain_id}`);
  if (!leased.ok) return leased;
  const { kind, secret } = leased.value;
  if (kind !== 'evm_key') return unsent('connector.other_secret', `an evm_key, not a ${kind}`);
  const asking = { target, signal, secret };
  const nonce = given.nonce ?? (await nextNonce(addressOf(secret), asking));
  if (nonce === undefined) return unsent('upstream.unreachable', 'the chain tells no nonce');
  const transaction = transactionOf(given as TxIntent, nonce);
  if (!transaction.ok) return unsent(transaction.error.code, transaction.error.message);
  const { raw, hash, from } = signTransaction(transaction.value, secret);
  const facts = { transaction_hash: hash, from, nonce };
  if (effect === 'sign') return ok(told({ ...facts, raw_transaction: raw }, false));
  const answer = await rpc('eth_sendRawTransaction', [raw], asking);
  if (!answer.ok) return answer;
  const { result, error } = Object(answer.value) as { result?: unknown; error?: unknown };
  if (result !== undefined) return ok(told({ ...facts, result: String(result) }, false));
  return ok(told({ ...facts, error: JSON.stringify(error ?? null) }, true));
}

type Asking = {
  readonly target: Target;
  readonly signal: AbortSignal;
  readonly secret: string;
};

async function nextNonce(address: string, asking: Asking): Promise<string | undefined> {
  const answer = await rpc('eth_getTransactionCount', [address, 'pending'], asking);
  if (!answer.ok) return undefined;
  const { result } = Object(answer.value) as { result?: unknown };
  const isNumber = typeof result === 'string' && /^0x[0-9a-f]{1,16}$/.test(result);
  return isNumber ? String(BigInt(result)) : undefined;
}

async function rpc(
  method: string,
  params: readonly string[],
  { target, signal, secret }: Asking,
): Promise<Result<unknown, EdgeRefusal>> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const headers = [['content-type', 'application/json']] as const;
  const sending = { url: target.url, method: 'POST', headers, body: Buffer.from(body) };
  const about = { server: target.server, secrets: [secret], most: MOST_BYTES, signal };
  const answer = await fetchAnswer(sending, about);
  if (!answer.ok) return answer;
  return ok((answer.value['structuredContent'] as { body?: unknown }).body);
}

const MOST_BYTES = 1024 * 1024;

function told(facts: Readonly<Record<string, string>>, isError: boolean): CallResult {
  const content = [{ type: 'text', text: JSON.stringify(facts) }];
  return { content, structuredContent: facts, isError };
}
