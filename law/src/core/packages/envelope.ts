import { assert, decodeBase64, encodeBase64 } from '@ioi/basis';
import { cidOf } from '@ioi/canon';
import type { ManifestEnvelope } from '@ioi/protocol';
import { manifestRoot, type WorkerPackage } from './package.ts';

/** What the `ai://` name of a package resolves to (whitepaper B.4), made of the package alone. */
export function envelopeOf({ address, manifest }: Omit<WorkerPackage, 'files'>): ManifestEnvelope {
  const { id, version, authority, signature } = manifest;
  const halves = [signature.ed25519, signature.ml_dsa_44].map((text) => {
    const bytes = decodeBase64(text);
    assert(bytes !== undefined, 'a signature that was read is base64');
    return [...bytes];
  });
  return {
    manifest_id: id,
    manifest_type: 'worker',
    version,
    publisher_id: `ioi://publisher/${authority.slice('did:ioi:'.length)}`,
    manifest_root: manifestRoot(manifest),
    body_ref: `cid://${cidOf(address)}`,
    signature: {
      scheme: 'hybrid',
      public_key_ref: authority,
      signature: encodeBase64(Uint8Array.from(halves.flat())),
    },
    l1_commitment: { chain_id: 'ioi-mainnet', contract: 'ManifestRootRegistry' },
    status: 'active',
  };
}
