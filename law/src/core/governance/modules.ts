import { ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import {
  isMountModule,
  isRegisterModule,
  type MountModule,
  type RegisterModule,
  type Rejection,
  type ServiceModuleManifestEnvelope,
  type View,
} from '@ioi/protocol';
import { type ContractHead, keys } from '../boundary/heads.ts';
import { onlyPrimitives } from '../capability/registered.ts';
import {
  type GovernanceOperation,
  holdSignature,
  reject,
  requireNode,
  SPEAKERS,
} from './authority.ts';
import { governanceKeys, type ModuleHead, type MountedHead } from './heads.ts';
import { inclusionOf } from './inclusion.ts';
import { hashOf } from './names.ts';

/** A module becomes governed once; every later version comes by a swap or an upgrade. */
export function registerModule(registry: VerifierRegistry): GovernanceOperation<RegisterModule> {
  return {
    authors: SPEAKERS,
    accepts: isRegisterModule,
    reads: ({ registration: { manifest, chain_id } }) => [
      keys.node,
      governanceKeys.module(manifest.module_id),
      ...(chain_id === undefined ? [] : [governanceKeys.chain(chain_id)]),
    ],
    needs: () => [],
    decide: ({ registration, signature }, { view }) => {
      const node = requireNode(view);
      if (!node.ok) return node;
      const said = { node: node.value, operation: 'module.register', statement: registration };
      const held = holdSignature(said, node.value.owner_key, signature, registry);
      if (!held.ok) return held;
      const { manifest, policy_hash, chain_id } = registration;
      const primitive = onlyPrimitives(manifest.required_capabilities);
      if (!primitive.ok) return primitive;
      if (view.get(governanceKeys.module(manifest.module_id))) {
        return reject('module.exists', `${manifest.module_id} is registered: swap it`);
      }
      if (chain_id !== undefined && !view.get(governanceKeys.chain(chain_id))) {
        return reject('chain.unknown', `no chain ${chain_id}`);
      }
      const module: ModuleHead = {
        manifest,
        manifest_hash: hashOf(manifest),
        sequence: '0',
        ...(policy_hash === undefined ? {} : { policy_hash: policy_hash as Digest }),
        ...(chain_id === undefined ? {} : { chain_id: chain_id as Digest }),
      };
      return ok([{ type: 'module.registered', module }]);
    },
  };
}

/** Authority of the names the daemon may give by itself. */
const LOCAL = 'module://local/';

export const mountModule: GovernanceOperation<MountModule> = {
  authors: SPEAKERS,
  accepts: isMountModule,
  reads: ({ manifest, contract_hashes }) => [
    keys.node,
    governanceKeys.module(manifest.module_id),
    governanceKeys.mounted(manifest.module_id),
    ...contract_hashes.map(keys.contract),
  ],
  needs: () => [],
  decide: ({ manifest, contract_hashes }, { view }) => {
    const node = requireNode(view);
    if (!node.ok) return node;
    if (!manifest.module_id.startsWith(LOCAL)) {
      return reject('module.not_local', `what is mounted is named ${LOCAL}…`);
    }
    const primitive = onlyPrimitives(manifest.required_capabilities);
    if (!primitive.ok) return primitive;
    const granted = contractCapabilities(contract_hashes, view);
    if (!granted.ok) return granted;
    const claimed = new Set<string>(manifest.required_capabilities);
    const isSame = [...claimed].every((each) => granted.value.has(each));
    if (!isSame || claimed.size !== granted.value.size) {
      return reject('module.other_capabilities', 'capabilities are those of the contracts');
    }
    const strange = outgrown(manifest, view);
    if (!strange.ok) return strange;
    const mounted = { manifest, manifest_hash: hashOf(manifest), contract_hashes };
    const before = view.get<MountedHead>(governanceKeys.mounted(manifest.module_id));
    if (before && hashOf(before) === hashOf(mounted)) {
      return reject('module.already_mounted', 'nothing changed since it was mounted');
    }
    return ok([{ type: 'module.mounted', mounted }]);
  },
};

/** Once the owner signed for a module, what is mounted under its name stays within it. */
function outgrown(manifest: ServiceModuleManifestEnvelope, view: View): Result<void, Rejection> {
  const signed = view.get<ModuleHead>(governanceKeys.module(manifest.module_id));
  const { manifest: owned } = signed ?? {};
  if (!owned || inclusionOf({ manifest: owned }, { manifest }) !== 'undecided') {
    return ok(undefined);
  }
  return reject('module.outgrown', 'it has more than the owner signed for');
}

function contractCapabilities(
  hashes: readonly string[],
  view: View,
): Result<ReadonlySet<string>, Rejection> {
  const found = new Set<string>();
  for (const hash of hashes) {
    const contract = view.get<ContractHead>(keys.contract(hash))?.contract;
    if (!contract) return reject('contract.missing', `no contract ${hash}`);
    for (const each of contract.primitive_capabilities) found.add(each);
    for (const each of contract.authority_scopes) found.add(each);
  }
  return ok(found);
}
