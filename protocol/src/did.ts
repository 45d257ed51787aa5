import { assert, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type { IdentifierError } from './ids.ts';
import type { HybridPublicKey } from './types.ts';

const PREFIX = 'did:ioi:';
const KEY_DID = /^did:ioi:([0-9a-f]{64})$/;

/** To whom secrets are sealed; base64. */
type AgreementKey = { readonly algorithm: string; readonly [part: string]: string };

/** An identity as W3C DID Core has it, made from its keys: nothing is looked up anywhere. */
export type DidDocument = {
  readonly '@context': readonly string[];
  readonly id: string;
  readonly verificationMethod: readonly DidMethod[];
  readonly authentication: readonly string[];
  readonly assertionMethod: readonly string[];
  readonly keyAgreement: readonly string[];
};

type DidMethod = {
  readonly id: string;
  readonly type: string;
  readonly controller: string;
  readonly publicKeyHybrid?: HybridPublicKey;
  readonly publicKeyKem?: AgreementKey;
  readonly blockchainAccountId?: string;
};

/** The name of whoever holds a hybrid key: the digest of the key, as `key_id` has it. */
export function didOf(key: HybridPublicKey): string {
  const digest = digestOf(key);
  assert(digest.ok, 'a public key has a canonical form');
  return `${PREFIX}${digest.value.slice('sha256:'.length)}`;
}

/** The key a DID stands for. One that names something else, such as `did:ioi:acme`, has none. */
export function keyIdOfDid(did: string): Result<Digest, IdentifierError> {
  const [, hex] = KEY_DID.exec(did) ?? [];
  if (hex !== undefined) return ok(`sha256:${hex}` as Digest);
  return err({ code: 'id.malformed', message: 'expected did:ioi: and the digest of a key' });
}

/** The document of a key; whoever checks it derives `id` from `#owner` again. */
export function didDocument(identity: {
  readonly owner: HybridPublicKey;
  readonly agreement: AgreementKey;
  /** EIP-55. */
  readonly evmAddress?: string;
}): DidDocument {
  const { owner, agreement, evmAddress } = identity;
  const id = didOf(owner);
  const method = (name: string, type: string) => ({ id: `${id}#${name}`, type, controller: id });
  const account =
    evmAddress === undefined
      ? []
      : [
          {
            ...method('evm', 'EcdsaSecp256k1RecoveryMethod2020'),
            blockchainAccountId: `eip155:1:${evmAddress}`,
          },
        ];
  return {
    '@context': ['https://www.w3.org/ns/did/v1'],
    id,
    verificationMethod: [
      { ...method('owner', 'IoiHybridKey'), publicKeyHybrid: owner },
      { ...method('agreement', 'IoiHybridKem'), publicKeyKem: agreement },
      ...account,
    ],
    authentication: [`${id}#owner`],
    assertionMethod: [`${id}#owner`],
    keyAgreement: [`${id}#agreement`],
  };
}
