import { ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  type InclusionResult,
  isSwapModule,
  type MutationReceipt,
  type ReceiptOf,
  type Rejection,
  type Stamp,
  type SwapModule,
  type UpgradeTarget,
  type View,
} from '@ioi/protocol';
import { keys, type NodeHead } from '../boundary/heads.ts';
import type { PolicyCache } from '../boundary/policy-cache.ts';
import { chainReceipt } from '../boundary/receipts.ts';
import { type CompiledPolicy, compilePolicy, inclusionResult, mayWiden } from '../policy/index.ts';
import {
  approvalKeys,
  type GovernanceOperation,
  holdSignature,
  holdStepUp,
  policyInForce,
  reject,
  requireNode,
  SPEAKERS,
} from './authority.ts';
import type { GovernanceEvent } from './events.ts';
import { governanceKeys, type ModuleHead } from './heads.ts';
import { inclusionOf } from './inclusion.ts';
import { hashOf, nodeActor } from './names.ts';

/** Target of the request an owner approves when a swap may widen. */
export const SWAP_TARGET = 'module::swap';

/**
 * swap_module (whitepaper 9.4.2, 9.4.3): the owner gives a governed module another manifest.
 * Dropping capabilities, changing logic alone, or a policy for one that is shown to lie
 * inside it, needs the signature; everything else also a token over exactly this swap.
 */
export function swapModule(
  policies: PolicyCache,
  registry: VerifierRegistry,
): GovernanceOperation<SwapModule> {
  return {
    authors: SPEAKERS,
    accepts: isSwapModule,
    reads: (payload, view) => {
      const key = governanceKeys.module(payload.swap.manifest.module_id);
      const chainId = view.get<ModuleHead>(key)?.chain_id;
      const scope = chainId === undefined ? keys.policy : governanceKeys.chain(chainId);
      return [keys.node, keys.lastReceipt, key, scope, ...approvalKeys(payload)];
    },
    needs: () => [],
    decide: ({ swap, signature, ...approval }, { view, at }) => {
      const found = requireNode(view);
      if (!found.ok) return found;
      const node = found.value;
      const said = { node, operation: 'module.swap', statement: swap };
      const held = holdSignature(said, node.owner_key, signature, registry);
      if (!held.ok) return held;
      const before = view.get<ModuleHead>(governanceKeys.module(swap.manifest.module_id));
      if (!before) return reject('module.unknown', `no module ${swap.manifest.module_id}`);
      const after = swapped(before, swap);
      if (swap.old_manifest_hash !== before.manifest_hash || swap.sequence !== after.sequence) {
        return reject('module.moved', 'the module is no longer what the swap is about');
      }
      const compared = comparedPolicies(swap, before);
      if (!compared.ok) return compared;
      const ofPolicies = compared.value && policies.inclusion(...compared.value);
      const inclusion = inclusionOf(before, after, ofPolicies && inclusionResult(ofPolicies));
      const stepUp = mayWiden(inclusion)
        ? holdStepUp(
            {
              ...approval,
              target: SWAP_TARGET,
              statement: swap,
              policyHash: policyInForce(view, before.chain_id),
            },
            { node, view, at },
            registry,
          )
        : ok(undefined);
      if (!stepUp.ok) return stepUp;
      const receipt = mutationReceipt(
        {
          mutation_id: hashOf(swap),
          target: { kind: 'module', ref: swap.manifest.module_id },
          chain_id: before.chain_id,
          old_manifest_hash: before.manifest_hash,
          new_manifest_hash: after.manifest_hash,
          rationale_hash: hashOf(swap.justification),
          inclusion_result: inclusion,
          token_hash: stepUp.value?.tokenHash,
        },
        { node, view, at },
      );
      const events: GovernanceEvent[] = stepUp.value ? [stepUp.value.consumed] : [];
      return ok([...events, { type: 'module.swapped', module: after }, emitted(receipt)]);
    },
    *ahead({ swap }, { view }) {
      const before = view.get<ModuleHead>(governanceKeys.module(swap.manifest.module_id));
      const compared = before && comparedPolicies(swap, before);
      if (compared?.ok && compared.value) yield* policies.proving(...compared.value);
    },
  };
}

type Compared = readonly [before: CompiledPolicy, after: CompiledPolicy];

/** The texts of both policies, where the swap carries them; refused where they are others. */
function comparedPolicies(
  { policies, policy_hash }: SwapModule['swap'],
  before: ModuleHead,
): Result<Compared | undefined, Rejection> {
  if (policies === undefined) return ok(undefined);
  const [old, fresh] = [compilePolicy(policies.before), compilePolicy(policies.after)];
  if (old.policyHash !== before.policy_hash || fresh.policyHash !== policy_hash) {
    return reject('module.other_policy', 'the policies it carries are not those it is about');
  }
  return ok([old, fresh]);
}

function swapped(before: ModuleHead, { manifest, policy_hash }: SwapModule['swap']): ModuleHead {
  const { policy_hash: _, ...kept } = withManifest(before, manifest);
  return policy_hash === undefined ? kept : { ...kept, policy_hash: policy_hash as Digest };
}

/** The module with another manifest, one version on. */
export function withManifest(before: ModuleHead, manifest: ModuleHead['manifest']): ModuleHead {
  const sequence = String(BigInt(before.sequence) + 1n);
  return { ...before, manifest, manifest_hash: hashOf(manifest), sequence };
}

export type Mutation = {
  readonly mutation_id: string;
  readonly target: UpgradeTarget;
  readonly chain_id: string | undefined;
  readonly old_manifest_hash: string;
  readonly new_manifest_hash: string;
  readonly rationale_hash: string;
  readonly inclusion_result: InclusionResult;
  readonly token_hash: string | undefined;
};

export type Recording = { readonly node: NodeHead; readonly view: View; readonly at: Stamp };

export function mutationReceipt(
  { target, chain_id, token_hash, ...mutation }: Mutation,
  { node, view, at }: Recording,
): ReceiptOf<'mutation'> {
  const body: Omit<MutationReceipt, 'seq' | 'prev_receipt_hash'> = {
    artifact_class: 6,
    ...mutation,
    target_kind: target.kind,
    target_module_id: target.ref,
    ...(chain_id === undefined ? {} : { chain_id }),
    ...(token_hash === undefined ? {} : { token_hash }),
  };
  return chainReceipt({ type: 'mutation', actorId: nodeActor(node.node_id), body }, view, at);
}

export function emitted(
  receipt: Extract<GovernanceEvent, { type: 'receipt.emitted' }>['receipt'],
): GovernanceEvent {
  return { type: 'receipt.emitted', receipt };
}
