import type { ChangeEpoch, HybridPublicKey } from '@ioi/protocol';

/** What `init` or a takeover decided once and the guardian keeps beside its keys. */
export type GuardianConfig = {
  readonly demo: boolean;
  readonly epoch: string;
  /** The key that genesis names, where another seals by now: node_id follows from it. */
  readonly genesis_key?: HybridPublicKey;
  /** By domain, the node's own log too: the signed changes that make this guardian's key seal. */
  readonly epoch_changes?: Readonly<Record<string, ChangeEpoch>>;
};
