import type { GuardianConfig } from '@ioi/guardian';
import { type Modules, manifestOf, nodeIdOf, originOf } from '@ioi/law';
import type { Genesis, HybridPublicKey } from '@ioi/protocol';

/** The first entry of the log; the same configuration always gives the same bytes. */
export function genesisOf(
  config: GuardianConfig,
  keys: { owner: HybridPublicKey; guardian: HybridPublicKey },
  modules: Modules,
): Genesis {
  const guardian_key = config.genesis_key ?? keys.guardian;
  const node_id = nodeIdOf(keys.owner, guardian_key);
  return {
    node_id,
    demo: config.demo,
    owner_key: keys.owner,
    guardian_key,
    origin: originOf(node_id),
    epoch: config.epoch,
    modules: manifestOf(modules),
  };
}
