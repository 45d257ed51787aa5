import {
  ADD_ONS,
  BOUNDARY,
  EXECUTION,
  GOVERNANCE,
  type ProposedOperation,
  WALLET,
  WORKERS,
} from '@ioi/law';

/** Modules whose operations the owner signs. */
const SIGNED = [GOVERNANCE, WALLET, WORKERS, ADD_ONS, EXECUTION];

type Signed = { readonly ed25519?: unknown };
type Parts = {
  readonly envelope?: { readonly signature?: Signed };
  readonly signature?: Signed;
  readonly signatures?: readonly Signed[];
};

/**
 * The signature that makes an operation an owner's act, whoever brings it and under whatever id.
 * Equal for equal statements: the Ed25519 half is deterministic. Payloads of any shape are read.
 */
export function ownerSignatureOf({
  operation,
  payload,
}: Pick<ProposedOperation, 'operation' | 'payload'>): string | undefined {
  const parts = payload as Parts | undefined;
  const isPolicy = operation === `${BOUNDARY}/policy.activate`;
  const isStatement = SIGNED.some((name) => operation.startsWith(`${name}/`));
  if (!isPolicy && !isStatement) return undefined;
  const signed = isPolicy
    ? parts?.envelope?.signature
    : (parts?.signature ?? parts?.signatures?.[0]);
  const text = signed?.ed25519;
  return typeof text === 'string' ? text : undefined;
}
