import type { HybridPublicKey, PktReceiptCommit } from '@ioi/protocol';
import type { VaultItem } from './vault-item.ts';
import type { SecretAsked } from './vault-wire.ts';
import type { Refusal } from './wire.ts';

/** One sealed action, by the digests of its request and of what was committed. */
export type SealedOperation = {
  readonly request_hash: string;
  readonly committed_hash: string;
  /** Which of its requests, where one action may take several: a question, one a candidate. */
  readonly part?: number;
};

type Part = Pick<SealedOperation, 'committed_hash' | 'part'>;

/** Edge to guardian, about sealed actions. */
export type OperationAsk =
  /** Whose signature a seal has to bear. */
  | { readonly kind: 'keys' }
  /** The one secret for one sealed action; asked for once, whatever comes of it. */
  | ({ readonly kind: 'lease_operation' } & SealedOperation & SecretAsked)
  /** Whether it is sealed for this server, and still to be done: no secret goes with it. */
  | ({ readonly kind: 'due_operation'; readonly server: string } & SealedOperation)
  /** What came back, for a receipt. */
  | ({
      readonly kind: 'commit_result';
      readonly result_hash: string;
      readonly action_result_id: string;
      readonly session_id: string;
    } & Part)
  /** Its secret was told, and nothing was sent with it: no other word but this says so. */
  | ({ readonly kind: 'unsent_operation' } & Part)
  /** After a crash: whether its secret was ever told. From then on it is told no more. */
  | ({ readonly kind: 'settle_operation' } & Pick<SealedOperation, 'committed_hash'>);

export type OperationAnswer =
  | { readonly kind: 'keys'; readonly guardian_key: HybridPublicKey; readonly origin: string }
  | { readonly kind: 'leased'; readonly item: VaultItem; readonly secret: string }
  | { readonly kind: 'committed_result'; readonly receipt: PktReceiptCommit }
  | { readonly kind: 'operation'; readonly wasLeased: boolean }
  | { readonly kind: 'due' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

const KINDS = [
  ...['keys', 'lease_operation', 'due_operation', 'commit_result'],
  ...['unsent_operation', 'settle_operation'],
];
const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** As many as a route has candidates. */
const MOST_PARTS = 8;
const DIGESTS = ['request_hash', 'committed_hash', 'result_hash'];
const NEEDED: Readonly<Record<OperationAsk['kind'], readonly string[]>> = {
  keys: [],
  lease_operation: ['request_hash', 'committed_hash', 'name', 'server', 'origin'],
  due_operation: ['request_hash', 'committed_hash', 'server'],
  commit_result: ['committed_hash', 'result_hash', 'action_result_id', 'session_id'],
  unsent_operation: ['committed_hash'],
  settle_operation: ['committed_hash'],
};

/** Undefined where it is no word about a sealed action; `wrong` where it is a damaged one. */
export function readOperationAsk(body: unknown): OperationAsk | 'wrong' | undefined {
  const given = Object(body) as Record<string, unknown>;
  const kind = KINDS.find((each) => each === given['kind']) as OperationAsk['kind'] | undefined;
  if (kind === undefined) return undefined;
  const isSound = NEEDED[kind].every((name) => {
    const value = given[name];
    const isText = typeof value === 'string' && value.length <= 2048;
    return isText && (!DIGESTS.includes(name) || DIGEST.test(value));
  });
  const { part = 0 } = given;
  const isPart = Number.isSafeInteger(part) && Number(part) >= 0 && Number(part) < MOST_PARTS;
  return isSound && isPart ? (given as unknown as OperationAsk) : 'wrong';
}
