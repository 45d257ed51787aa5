import type { MountModule, RuntimeToolContract } from '@ioi/protocol';

/** A tool server as the node reaches it. */
export type MountedServer = { readonly name: string; readonly isRemote: boolean };

export type HashedContract = { readonly contract: RuntimeToolContract; readonly hash: string };

/**
 * What a mounted tool server is as a service module (whitepaper 2.2.3): its capabilities are those
 * of the contracts its tools are called under. Tools without a contract cannot be called and add
 * none. It has no model; how it is mounted says whether it runs here.
 */
export function mountedModule(
  { name, isRemote }: MountedServer,
  contracts: readonly HashedContract[],
): MountModule {
  const capabilities = contracts.flatMap(({ contract }) => [
    ...contract.primitive_capabilities,
    ...contract.authority_scopes,
  ]);
  const hashes = contracts.map(({ hash }) => hash);
  return {
    manifest: {
      module_id: `module://local/${name}/${versionOf(contracts)}`,
      manifest_type: 'service_module',
      required_capabilities: [...new Set(capabilities)].sort(),
      deployment_profile: {
        model_name: 'none',
        mount_mode: isRemote ? 'external_api' : 'local_server',
        vram_required_bytes: '0',
      },
    },
    contract_hashes: [...new Set(hashes)].sort(),
  };
}

const NAME_PART = /^[A-Za-z0-9._~-]{1,64}$/;

/** The version all its contracts were written for, where it is one and can stand in a name. */
function versionOf(contracts: readonly HashedContract[]): string {
  const [version, ...others] = new Set(contracts.map(({ contract }) => contract.version));
  const isOne = version !== undefined && others.length === 0;
  return isOne && NAME_PART.test(version) ? version : 'unversioned';
}
