import { type Modules, manifestOf, nodeIdOf, originOf } from '@ioi/law';
import type { ChangeEpoch, Genesis, HybridPublicKey } from '@ioi/protocol';

/** What `init` or a takeover decided once and the guardian keeps beside its keys. */
export type GuardianConfig = {
  readonly demo: boolean;
  readonly epoch: string;
  /** The key that genesis names, where another seals by now: node_id follows from it. */
  readonly genesis_key?: HybridPublicKey;
  /** By domain, the node's own log too: the signed changes that make this guardian's key seal. */
  readonly epoch_changes?: Readonly<Record<string, ChangeEpoch>>;
};

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
