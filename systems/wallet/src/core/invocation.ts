import { err, ok, type Result } from '@ioi/basis';
import { canonicalJson, type Digest, digestOf } from '@ioi/canon';
import type { NoteKey } from '@ioi/crypto';
import {
  type ConnectorOperation,
  connectorContract,
  operationIn,
  sealedActionOf,
  verifyIncluded,
} from '@ioi/law';
import type {
  ActionRequest,
  IncludedEntry,
  PktActionInvoke,
  Rejection,
  RuntimeToolContract,
  SealedAction,
} from '@ioi/protocol';
import { type EdgeRefusal, unsent } from './refusal.ts';

/** One call of a connector, with all that shows that it is sealed. */
export type Invocation = {
  readonly packet: PktActionInvoke;
  /** The entry that commits it, and the guardian's checkpoint that covers it. */
  readonly included: IncludedEntry;
  readonly note: string;
  readonly contract: RuntimeToolContract;
  /** Its digest stands in the contract; it says which request the call is. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** Texts that the request refers to, by digest. */
  readonly contents: Readonly<Record<string, string>>;
};

/** Whose signature a seal bears, and how arguments were written into a request. */
export type Checking = {
  readonly origin: string;
  readonly keys: readonly NoteKey[];
  readonly argumentsOf: (
    contract: RuntimeToolContract,
    params: ActionRequest['params'],
    lookup: (digest: Digest) => string | undefined,
  ) => Result<Readonly<Record<string, unknown>>, Rejection>;
};

/** A call that is sealed, with what it sends. */
export type CheckedInvocation = {
  readonly sealed: SealedAction;
  readonly operation: ConnectorOperation;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly secret: string;
};

/** What was checked of a call before anything left, for `policy.enforced_bounds`. */
export const ENFORCED_BOUNDS = [
  'seal_verified',
  'request_match',
  'capability_match',
  'origin_match',
  'single_use',
] as const;

/** The lease of one sealed action: its name is what was committed. */
export function leaseIdOf({ committedHash }: SealedAction): string {
  return `lease_${committedHash.slice('sha256:'.length)}`;
}

/**
 * Whether exactly this call is sealed: by the guardian's signature, under the contract that is
 * shown, with these arguments, under this lease.
 */
export function checkInvocation(
  invocation: Invocation,
  checking: Checking,
): Result<CheckedInvocation, EdgeRefusal> {
  const { packet, contract, inputSchema, contents } = invocation;
  const found = sealedIn(invocation, checking);
  if (!found.ok) return found;
  const sealed = found.value;
  const schema = digestOf(inputSchema);
  if (!schema.ok || schema.value !== contract.schema_hash) {
    return unsealed('the operation is not the one of the contract');
  }
  const operation = operationIn(inputSchema);
  const [secret] = contract.secret_slots;
  if (operation === undefined || secret === undefined) return unsealed('it is no connector');
  if (!isSame(contractOf(contract, inputSchema, secret), contract)) {
    return unsealed('the contract is not the one that follows from the operation');
  }
  const { params } = sealed.request;
  const restored = checking.argumentsOf(contract, params, (digest) =>
    Object.hasOwn(contents, digest) ? contents[digest] : undefined,
  );
  if (!restored.ok) return unsealed(restored.error.message);
  const same = isSame(packet.payload.mcp.params, restored.value);
  if (!same || packet.payload.mcp.method !== `tools/${contract.tool}`) {
    return unsealed('the packet asks for something else');
  }
  return ok({ sealed, operation, arguments: restored.value, secret });
}

/** The action that the guardian's signature shows to be committed, under the lease of its name. */
export function sealedIn(
  { packet, included, note, contract }: Omit<Invocation, 'inputSchema'>,
  { origin, keys }: Pick<Checking, 'origin' | 'keys'>,
): Result<SealedAction, EdgeRefusal> {
  const log = verifyIncluded(note, included, { origin, keys });
  if (!log.ok) return unsent(log.error.code, log.error.message);
  const sealed = sealedActionOf(log.value.seal, log.value.entry, contract);
  if (sealed === undefined) return unsealed('the entry commits no such action');
  if (packet.lease_id === leaseIdOf(sealed)) return ok(sealed);
  return unsealed('the lease is of another action');
}

/** A daemon may register any contract: what was decided on is what the operation does. */
function contractOf(
  { server, tool: name, schema_hash: schemaHash, version }: RuntimeToolContract,
  inputSchema: Invocation['inputSchema'],
  secret: string,
): RuntimeToolContract | undefined {
  return connectorContract({ server, tool: { name, inputSchema }, schemaHash, secret, version });
}

export function isSame(one: unknown, other: unknown): boolean {
  const [left, right] = [canonicalJson(one), canonicalJson(other)];
  return left.ok && right.ok && left.value === right.value;
}

export function unsealed(message: string): Result<never, EdgeRefusal> {
  return err({ code: 'edge.not_sealed', message, isSent: false });
}
