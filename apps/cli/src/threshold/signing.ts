import { randomBytes } from 'node:crypto';
import type { Digest } from '@ioi/canon';
import {
  type HybridPublicKey,
  keyId,
  type SignatureDomain,
  signedBytes,
  type ThresholdPublicKey,
  type ThresholdSignature,
  verifierRegistry,
} from '@ioi/crypto';
import {
  aggregateShares,
  type GroupKey,
  type HybridKey,
  type NonceCommitment,
  newNonces,
  type SigningNonces,
  signHybrid,
  signShare,
} from '@ioi/crypto/shell';
import { CommandFault, usageFault } from '../shell/fault.ts';
import {
  type ByMember,
  bodiesOf,
  bytesOf,
  contribute,
  hashOf,
  memberOf,
  wrongMember,
} from './contribution.ts';
import {
  type GroupFile,
  groupIdOf,
  groupKeyOf,
  type Membership,
  membershipName,
  publicKeyOf,
} from './founding.ts';
import type { ShareStore } from './share-store.ts';

type Shared = { readonly transcript: Digest; readonly share: string; readonly ml_dsa_44: string };

/** Goes round among members until as many as it takes have committed, and then given shares. */
export type SigningFile = {
  readonly format: 'ioi-threshold-signing/1';
  readonly salt: string;
  readonly group_id: Digest;
  readonly public_key: ThresholdPublicKey;
  /** What shares are held against; each member has its own copy. */
  readonly group_key: GroupKey;
  readonly members: readonly HybridPublicKey[];
  readonly domain: SignatureDomain;
  /** What is signed, in canonical form. */
  readonly document: object;
  /** What belongs to it without being signed by itself, such as the rules it names by hash. */
  readonly attached?: object;
  readonly commitments: ByMember<NonceCommitment>;
  readonly shares: ByMember<Shared>;
  readonly signature?: ThresholdSignature;
};

export type NewSigning = Pick<SigningFile, 'domain' | 'document'> & { readonly attached?: object };

/** Undefined while the group is not founded. */
export function newSigning(group: GroupFile, about: NewSigning): SigningFile | undefined {
  const public_key = groupKeyOf(group);
  const group_key = group.confirmed['1']?.body.group;
  if (public_key === undefined || group_key === undefined) return undefined;
  return {
    format: 'ioi-threshold-signing/1',
    salt: randomBytes(16).toString('hex'),
    group_id: groupIdOf(group),
    public_key,
    group_key,
    members: group.members,
    ...about,
    commitments: {},
    shares: {},
  };
}

function signingIdOf({ salt, group_id, public_key, domain, document }: SigningFile): Digest {
  return hashOf({ salt, group_id, public_key, domain, document });
}

/** The next thing this member can add, and what it was; the same file where it has to wait. */
export function signOn(
  file: SigningFile,
  key: HybridKey,
  store: ShareStore,
): [SigningFile, string] {
  holdAttached(file);
  const member = memberOf(key, file.members);
  const own = String(member);
  const { threshold } = file.public_key;
  const acting = { file, id: signingIdOf(file), member, key, store };
  if (file.signature !== undefined) return [file, 'has nothing more to do'];
  const hasCommitted = file.commitments[own] !== undefined;
  const committed = Object.keys(file.commitments).length;
  if (!hasCommitted && committed < threshold) {
    return [{ ...file, commitments: { ...file.commitments, [own]: commit(acting) } }, 'committed'];
  }
  if (!hasCommitted) return [file, 'is not needed: enough others sign'];
  if (committed < threshold) return [file, 'waits until enough have committed'];
  const shares =
    file.shares[own] === undefined ? { ...file.shares, [own]: share(acting) } : file.shares;
  const shared = { ...file, shares };
  if (Object.keys(shares).length < threshold) return [shared, 'signed its share'];
  return [{ ...shared, signature: ended(shared) }, 'signed its share, and all is signed'];
}

/** Nobody signs by a hash what was shown otherwise. */
function holdAttached({ attached, document, domain }: SigningFile): void {
  const isApproval = domain === 'SIG_DOMAIN_APPROVAL';
  if (attached === undefined && !isApproval) return;
  const { rules, request } = (attached ?? {}) as Readonly<Record<string, unknown>>;
  const { policy_hash, request_hash } = document as Readonly<Record<string, unknown>>;
  const [shown, named] = isApproval ? [request, request_hash] : [rules, policy_hash];
  if (shown === undefined || hashOf(shown) !== named) {
    const what = isApproval
      ? 'request in the file is not the one'
      : 'rules in the file are not those';
    throw usageFault(`the ${what} that the document names`);
  }
}

type Acting = {
  readonly file: SigningFile;
  readonly id: Digest;
  readonly member: number;
  readonly key: HybridKey;
  readonly store: ShareStore;
};

type KeptNonces = { readonly nonces: SigningNonces; readonly commitment: NonceCommitment };

const noncesName = (id: Digest): string => `nonces ${id}`;
const toldName = (id: Digest): string => `told ${id}`;

/** Nonces are kept before their commitment is told; after a crash the same one is told again. */
function commit({ file, id, member, key, store }: Acting) {
  const commitment = store.transaction((): NonceCommitment => {
    if (store.get(toldName(id)) !== undefined) throw nonceUsed();
    const known = store.get<KeptNonces>(noncesName(id));
    if (known !== undefined) return known.commitment;
    const made = newNonces(membershipIn(store, file).share);
    store.put(noncesName(id), made);
    return made.commitment;
  });
  return contribute({ id, step: 'commit', member }, commitment, key);
}

/**
 * One share, over one transcript: that the nonces are gone is on disk together with the share,
 * before anybody sees it. A second transcript is refused, whoever was killed in between
 * (RFC 9591 5.2: a nonce that is used twice tells the share of the key).
 */
function share({ file, id, member, key, store }: Acting) {
  const { domain, document } = file;
  const commitments = [...bodiesOf(file.commitments, { id, step: 'commit' }, file.members)];
  for (const [from, { member: said }] of commitments) {
    if (said !== from) throw wrongMember(from, 'it committed for somebody else');
  }
  const list = commitments.map(([, body]) => body);
  const transcript = hashOf({ id, commitments: Object.fromEntries(commitments) });
  const told = store.transaction((): Shared => {
    const earlier = store.get<Shared>(toldName(id));
    if (earlier !== undefined) {
      if (earlier.transcript === transcript) return earlier;
      throw nonceUsed();
    }
    const kept = store.get<KeptNonces>(noncesName(id));
    const own = list.find((each) => each.member === member);
    if (kept === undefined || hashOf(kept.commitment) !== hashOf(own)) throw nonceUsed();
    const { group, share: ownShare } = membershipIn(store, file);
    const message = bytesOf(document);
    const signing = { group, commitments: list, message: signedBytes(domain, message) };
    const made = {
      transcript,
      share: signShare(ownShare, kept.nonces, signing),
      ml_dsa_44: signHybrid(key, domain, message).ml_dsa_44,
    };
    store.put(toldName(id), made);
    store.remove(noncesName(id));
    return made;
  });
  return contribute({ id, step: 'share', member }, told, key);
}

/** Everything this file says of the group is what this member confirmed. */
function membershipIn(store: ShareStore, file: SigningFile): Membership {
  const known = store.get<Membership>(membershipName(file.group_id));
  const { threshold } = file.public_key;
  const own =
    known && publicKeyOf(known.group, { threshold: known.group.threshold, members: file.members });
  if (known !== undefined && own !== undefined && threshold === known.group.threshold) {
    if (keyId(own) === keyId(file.public_key)) return known;
  }
  throw wrongMember('you', 'this is not of a group that you confirmed');
}

function ended(file: SigningFile): ThresholdSignature {
  const { public_key, domain, document, members } = file;
  const id = signingIdOf(file);
  const commitments = bodiesOf(file.commitments, { id, step: 'commit' }, members);
  const shares = bodiesOf(file.shares, { id, step: 'share' }, members);
  const message = bytesOf(document);
  const made = aggregateShares(
    {
      group: file.group_key,
      commitments: [...commitments.values()],
      message: signedBytes(domain, message),
    },
    new Map([...shares].map(([member, { share: each }]) => [member, each])),
  );
  if ('wrong' in made) throw wrongMember(made.wrong, 'its share of the signature is wrong');
  const own = [...shares].toSorted(([left], [right]) => left - right);
  const signature: ThresholdSignature = {
    algorithm: 'threshold-ed25519-ml-dsa-44',
    key_id: keyId(public_key),
    ed25519: Buffer.from(made.signature).toString('base64'),
    ml_dsa_44: own.map(([member, { ml_dsa_44 }]) => ({ member: member - 1, signature: ml_dsa_44 })),
  };
  const verified = verifierRegistry().verify(public_key, domain, message, signature);
  if (!verified.ok) throw wrongMember('?', `the signature does not hold: ${verified.error.code}`);
  return signature;
}

function nonceUsed(): CommandFault {
  return new CommandFault({
    exit: 'authority',
    code: 'threshold.nonce_used',
    message: 'your part of this signing was given already, or what it takes is not here',
    next: 'start a new signing: ioi wallet threshold sign',
  });
}
