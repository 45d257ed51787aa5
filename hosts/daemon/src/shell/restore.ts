import { type Digest, digestBytes } from '@ioi/canon';
import {
  type ActionHead,
  type ContractHead,
  keys,
  type NodeHead,
  type OpenHead,
  revealed,
  sealedActionOf,
  type VerifiedSeal,
} from '@ioi/law';
import type { ActionRequest, Outcome, SealedAction } from '@ioi/protocol';
import {
  type Call,
  type Decided,
  decidedIn,
  decisionPayload,
  executionOf,
  intentOf,
} from '../core/index.ts';
import { reconsider } from './authority.ts';
import type { Boundary, BoundaryOptions } from './boundary.ts';
import type { Contents } from './contents.ts';
import type { HeadReader } from './head-reader.ts';
import type { Writer } from './writer.ts';

const MAX_OPEN = 100_000;
/** What a crash left of an answer: the canonical form of nothing. */
const NO_OUTPUT = digestBytes('null');

export type RestoreOptions = {
  readonly reader: HeadReader;
  readonly writer: Writer;
  readonly boundary: Boundary;
  readonly contents: Contents;
  /** The same that performs: what it did is asked of nobody else. */
  readonly driverFor: BoundaryOptions['driverFor'];
  /** The latest seal that was verified; undefined while the log is empty. */
  readonly seal: () => VerifiedSeal | undefined;
  readonly log: (message: string, about: object) => void;
};

/**
 * After a restart the log says what may have happened (design section 3). What waits for a
 * person waits on; what was committed and has no receipt may have been performed. What was
 * never sealed was voided when the log was opened: nothing started from it. What waited in a
 * backup may have been approved and done in what the restore lost, so it ends: whoever wants it
 * asks again.
 */
export async function restoreActions(options: RestoreOptions): Promise<void> {
  const restored = BigInt(options.reader.get<NodeHead>(keys.node)?.restored_size ?? 0);
  for (const { id, value } of options.reader.headsOf<OpenHead>('open', '', MAX_OPEN)) {
    const action = options.reader.get<ActionHead>(keys.action(id));
    const call = action && (await callOf(id as Digest, action, options));
    if (!action || !call) continue;
    const pause = decisionOf(action, options.reader);
    if (value.state === 'pending' && BigInt(action.decided_seq) < restored) {
      await options.writer.submit('action.deny', { request_hash: id, reason: 'cancelled' });
    } else if (value.state === 'pending' && pause) options.boundary.resume(call, pause);
    else if (value.state === 'committed') await closeUnreceipted(call, action, options);
    else await reconcileAction(call, action, options);
  }
  reconsider(options.boundary, options.reader);
}

function decisionOf(action: ActionHead, reader: HeadReader): Decided | undefined {
  const entry = reader.entry(Number(action.decided_seq));
  return entry && decidedIn(entry);
}

async function callOf(
  requestHash: Digest,
  action: ActionHead,
  { reader, contents }: RestoreOptions,
): Promise<Call | undefined> {
  const entry = reader.entry(Number(action.decided_seq));
  const payload = entry && decisionPayload(entry);
  const contract = reader.get<ContractHead>(keys.contract(action.contract_hash))?.contract;
  if (!payload || !contract) return undefined;
  const { request, facts } = payload;
  const seen = facts.provenance === undefined ? {} : { provenance: facts.provenance };
  const { contract_hash: contractHash, attempt } = action;
  const vault = payload.inspection?.source_hash as Digest | undefined;
  const params =
    (vault && (await contents.vaultParams(vault))) ??
    revealed(request.params, (digest) => readable(digest, contents));
  const act = { request, contractHash, params: params as ActionRequest['params'] };
  const intent = intentOf(act);
  return { requestHash, intent, request, contract, contractHash, attempt, vault, ...seen };
}

/** For what is alike only: what is performed is read again. */
function readable(digest: string, contents: Contents): string | undefined {
  try {
    return contents.text(digest);
  } catch {
    // Where it cannot be read now, it is like nothing else; the node starts all the same.
    return undefined;
  }
}

async function closeUnreceipted(
  call: Call,
  action: ActionHead,
  options: RestoreOptions,
): Promise<void> {
  const sealed = sealedOf(call, action, options);
  if (!sealed) return;
  const outcome: Outcome = {
    kind: 'effect_unknown',
    reason: 'the node stopped between commit and receipt',
  };
  const submitted = await options.writer.submit(
    'action.receipt',
    executionOf(sealed, call, { outcome, commitment: undefined }),
  );
  options.log('closed after a crash', { request_hash: call.requestHash, outcome: outcome.kind });
  if (!submitted.ok) return;
  const head = options.reader.get<ActionHead>(keys.action(call.requestHash));
  if (head) await reconcileAction(call, head, options);
}

/** Asks the driver whether an unknown effect happened; records the answer when there is one. */
async function reconcileAction(
  call: Call,
  action: ActionHead,
  options: RestoreOptions,
): Promise<'performed' | 'not_performed' | 'unknown'> {
  const sealed = sealedOf(call, action, options);
  const driver = options.driverFor(call.contract);
  if (!sealed || !driver || action.execution_hash === undefined) return 'unknown';
  const found = await driver.reconcile(sealed);
  if (found.kind === 'unknown') return 'unknown';
  const outcome: Outcome =
    found.kind === 'performed'
      ? {
          kind: 'completed',
          output: null,
          reportedError: false,
          postconditions: found.postconditions,
        }
      : { kind: 'failed_before_effect', reason: found.reason };
  const commitment = outcome.kind === 'completed' ? NO_OUTPUT : undefined;
  const payload = executionOf(sealed, call, { outcome, commitment });
  const reconciles = action.execution_hash;
  const submitted = await options.writer.submit('action.receipt', { ...payload, reconciles });
  return submitted.ok ? found.kind : 'unknown';
}

/** `reconcile` for one request a person asks about. */
export async function reconcileById(
  requestHash: Digest,
  options: RestoreOptions,
): Promise<'performed' | 'not_performed' | 'unknown' | undefined> {
  const action = options.reader.get<ActionHead>(keys.action(requestHash));
  const call = action && (await callOf(requestHash, action, options));
  if (!action || !call || action.state !== 'effect_unknown') return undefined;
  return reconcileAction(call, action, options);
}

function sealedOf(
  call: Call,
  action: ActionHead,
  { reader, seal }: RestoreOptions,
): SealedAction | undefined {
  const entry = reader.entry(Number(action.decided_seq));
  const verified = seal();
  return entry && verified && sealedActionOf(verified, entry, call.contract);
}
