import { ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type {
  HeadKey,
  InclusionResult,
  Rejection,
  ServiceModuleManifestEnvelope,
  SubmitProposal,
  View,
} from '@ioi/protocol';
import { reject } from './authority.ts';
import { nextEnvelope } from './chains.ts';
import type { GovernanceEvent } from './events.ts';
import { type ChainHead, governanceKeys, type ModuleHead, type TargetHead } from './heads.ts';
import { inclusionOf } from './inclusion.ts';
import { NO_HASH, transitionRef } from './names.ts';
import { withManifest } from './swap-module.ts';

type Aim = Pick<SubmitProposal, 'chain_id' | 'target'>;

/** The head that holds the current version of what a proposal is about. */
export function targetKey({ chain_id, target }: Aim): HeadKey {
  switch (target.kind) {
    case 'module':
      return governanceKeys.module(target.ref);
    case 'policy':
      return governanceKeys.chain(chain_id);
    default:
      return governanceKeys.target(chain_id, target);
  }
}

/** The current version of a target, or why a chain may not change it. */
export function targetNow(
  { chain_id, target }: Aim,
  view: View,
): Result<TargetHead & { readonly module?: ModuleHead }, Rejection> {
  if (target.kind === 'module') {
    const module = view.get<ModuleHead>(governanceKeys.module(target.ref));
    if (module?.chain_id !== chain_id) {
      return reject('proposal.no_target', `${target.ref} is no module of this chain`);
    }
    return ok({ hash: module.manifest_hash, sequence: module.sequence, module });
  }
  if (target.kind === 'policy') {
    const chain = view.get<ChainHead>(governanceKeys.chain(chain_id));
    if (chain?.envelope.manifest_ref !== target.ref) {
      return reject('proposal.no_target', 'the policy of a chain is named by its manifest');
    }
    const hash = chain.envelope.policy_hash as Digest;
    return ok({ hash, sequence: chain.policy_sequence });
  }
  const known = view.get<TargetHead>(governanceKeys.target(chain_id, target));
  return ok(known ?? { hash: NO_HASH, sequence: '0' });
}

export type Change = {
  readonly to: Digest;
  /** The manifest that `to` is the digest of, for modules. */
  readonly manifest: ServiceModuleManifestEnvelope | undefined;
};

/**
 * Whether a change may widen. A workflow and a schema are logic; policies, tools and routes are
 * known by hash alone, so nothing can be said of them.
 */
export function inclusionOfChange(aim: Aim, change: Change, view: View): InclusionResult {
  const { kind, ref } = aim.target;
  if (kind === 'workflow' || kind === 'schema') return 'unchanged';
  const module = kind === 'module' ? view.get<ModuleHead>(governanceKeys.module(ref)) : undefined;
  if (!module || !change.manifest) return 'undecided';
  return inclusionOf(module, withManifest(module, change.manifest));
}

/** The event that makes a target be what was decided. */
export function changeTarget(aim: Aim, change: Change, view: View): GovernanceEvent | undefined {
  const { chain_id, target } = aim;
  if (target.kind === 'module') {
    const module = view.get<ModuleHead>(governanceKeys.module(target.ref));
    if (!module || !change.manifest) return undefined;
    return { type: 'module.swapped', module: withManifest(module, change.manifest) };
  }
  if (target.kind === 'policy') {
    const chain = view.get<ChainHead>(governanceKeys.chain(chain_id));
    if (!chain) return undefined;
    const envelope = nextEnvelope(chain, { policy_hash: change.to });
    const transition_ref = transitionRef(chain_id, envelope.sequence);
    return { type: 'chain.advanced', transition_ref, envelope };
  }
  const known = view.get<TargetHead>(governanceKeys.target(chain_id, target));
  const sequence = String(BigInt(known?.sequence ?? '0') + 1n);
  return { type: 'target.changed', chain_id, target, hash: change.to, sequence };
}
