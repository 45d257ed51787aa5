import type { ServiceModuleManifestEnvelope } from '@ioi/protocol';

/** The life of one module and one chain, told slowly: what the module is tested against. */
export type ModelModule = {
  readonly manifest: ServiceModuleManifestEnvelope;
  readonly policy: string | undefined;
  readonly changes: number;
};

export type ModelChain = {
  readonly policy: string;
  /** State roots, oldest first: the first is that of its creation. */
  readonly states: readonly string[];
};

/** Whether every single thing the new version may do, the old one could. */
export function neverWidens(before: ModelModule, after: ModelModule): boolean {
  for (const wanted of after.manifest.required_capabilities) {
    let found = false;
    for (const held of before.manifest.required_capabilities) found ||= held === wanted;
    if (!found) return false;
  }
  const [old, fresh] = [before.manifest, after.manifest].map((each) => each.deployment_profile);
  return before.policy === after.policy && old?.mount_mode === fresh?.mount_mode;
}

export type ModelSwap = {
  readonly to: Pick<ModelModule, 'manifest' | 'policy'>;
  /** About which version it was signed, and whether by the owner. */
  readonly about: number;
  readonly byOwner: boolean;
  readonly hasToken: boolean;
};

/** The module after a swap; the same one when the swap is to be refused. */
export function swapInModel(module: ModelModule, swap: ModelSwap): ModelModule {
  const after = { ...swap.to, changes: module.changes + 1 };
  if (!swap.byOwner || swap.about !== module.changes) return module;
  return swap.hasToken || neverWidens(module, after) ? after : module;
}

export type ModelAdvance = {
  readonly state: string;
  /** How many states it takes the chain to have. */
  readonly onto: number;
  readonly byController: boolean;
};

export function advanceInModel(chain: ModelChain, advance: ModelAdvance): ModelChain {
  if (!advance.byController || advance.onto !== chain.states.length) return chain;
  return { ...chain, states: [...chain.states, advance.state] };
}
