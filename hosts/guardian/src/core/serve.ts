import { type Modules, manifestOf, nodeIdOf, originOf } from '@ioi/law';
import type { Genesis, HybridPublicKey } from '@ioi/protocol';

/** What `init` decided once and the guardian keeps beside its keys. */
export type GuardianConfig = { readonly demo: boolean; readonly epoch: string };

/** The first entry of the log; the same configuration always gives the same bytes. */
export function genesisOf(
  config: GuardianConfig,
  keys: { owner: HybridPublicKey; guardian: HybridPublicKey },
  modules: Modules,
): Genesis {
  const node_id = nodeIdOf(keys.owner, keys.guardian);
  return {
    node_id,
    demo: config.demo,
    owner_key: keys.owner,
    guardian_key: keys.guardian,
    origin: originOf(node_id),
    epoch: config.epoch,
    modules: manifestOf(modules),
  };
}
