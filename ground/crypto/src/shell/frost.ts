import { ed25519_FROST as frost } from '@noble/curves/ed25519.js';

/** Everything here is base64url, so that it can stand in files. */
export type GroupKey = {
  readonly threshold: number;
  readonly members: number;
  /** Points; the first is the Ed25519 key of the group. */
  readonly commitments: readonly string[];
  /** Of each member, by its number from 1: what a share of a signature is held against. */
  readonly verifying_shares: readonly string[];
};

/** What a member keeps for itself. */
export type OwnShare = { readonly member: number; readonly signing_share: string };

/** Of one signing, once: who uses it twice tells the share (RFC 9591 5.1). */
export type SigningNonces = { readonly hiding: string; readonly binding: string };
export type NonceCommitment = SigningNonces & { readonly member: number };

/** Round one of a signing (RFC 9591 5.1). */
export function newNonces(share: OwnShare): {
  readonly nonces: SigningNonces;
  readonly commitment: NonceCommitment;
} {
  return keptNonces(share, frost.commit(secretOf(share)));
}

function keptNonces(
  { member }: OwnShare,
  { nonces, commitments }: ReturnType<typeof frost.commit>,
) {
  const both = (given: { hiding: Uint8Array; binding: Uint8Array }): SigningNonces => ({
    hiding: text(given.hiding),
    binding: text(given.binding),
  });
  return { nonces: both(nonces), commitment: { member, ...both(commitments) } };
}

export type Signing = {
  readonly group: GroupKey;
  /** Of those who sign, and of nobody else. */
  readonly commitments: readonly NonceCommitment[];
  readonly message: Uint8Array;
};

/** Round two (RFC 9591 5.2). The caller forgets the nonces, durably, before it tells the share. */
export function signShare(share: OwnShare, nonces: SigningNonces, signing: Signing): string {
  const { group, commitments, message } = signing;
  const own = { hiding: bytes(nonces.hiding), binding: bytes(nonces.binding) };
  const list = commitmentList(commitments);
  return text(frost.signShare(secretOf(share), publicOf(group), own, list, message));
}

/**
 * The signature, as plain Ed25519 (RFC 9591 5.3); the number of the member whose share is wrong
 * where there is one, or 0 where they do not go together.
 */
export function aggregateShares(
  { group, commitments, message }: Signing,
  shares: ReadonlyMap<number, string>,
): { readonly signature: Uint8Array } | { readonly wrong: number } {
  const list = commitmentList(commitments);
  const known = publicOf(group);
  const given = [...shares].map(([member, share]) => [identifierOf(member), bytes(share)] as const);
  try {
    // It verifies what comes out, which is less work than verifying every share.
    return { signature: frost.aggregate(known, list, message, Object.fromEntries(given)) };
  } catch {
    const checking = { known, list, message };
    const wrong = [...shares.keys()].find((_, at) => !isShareOf(given[at], checking));
    return { wrong: wrong ?? 0 };
  }
}

type Checking = {
  readonly known: ReturnType<typeof publicOf>;
  readonly list: ReturnType<typeof commitmentList>;
  readonly message: Uint8Array;
};

/** Bytes that are no scalar are no share either. */
function isShareOf(
  given: readonly [string, Uint8Array] | undefined,
  { known, list, message }: Checking,
): boolean {
  const [id = '', share = new Uint8Array()] = given ?? [];
  try {
    return frost.verifyShare(known, list, message, id, share);
  } catch {
    return false;
  }
}

/** What the library calls a public package, as it stands in files. */
export function keepGroup(given: {
  readonly signers: { readonly min: number; readonly max: number };
  readonly commitments: readonly Uint8Array[];
  readonly verifyingShares: Readonly<Record<string, Uint8Array>>;
}): GroupKey {
  const { min: threshold, max: members } = given.signers;
  const numbers = Array.from({ length: members }, (_, place) => place + 1);
  return {
    threshold,
    members,
    commitments: given.commitments.map(text),
    verifying_shares: numbers.map((each) =>
      text(given.verifyingShares[identifierOf(each)] ?? new Uint8Array()),
    ),
  };
}

export function identifierOf(member: number): string {
  return frost.Identifier.fromNumber(member);
}

function publicOf({ threshold: min, members: max, commitments, verifying_shares }: GroupKey) {
  const shares = verifying_shares.map((each, place) => [identifierOf(place + 1), bytes(each)]);
  return {
    signers: { min, max },
    commitments: commitments.map(bytes),
    verifyingShares: Object.fromEntries(shares) as Record<string, Uint8Array>,
  };
}

function commitmentList(commitments: readonly NonceCommitment[]) {
  return commitments
    .toSorted((left, right) => left.member - right.member)
    .map(({ member, hiding, binding }) => ({
      identifier: identifierOf(member),
      hiding: bytes(hiding),
      binding: bytes(binding),
    }));
}

function secretOf({ member, signing_share }: OwnShare) {
  return { identifier: identifierOf(member), signingShare: bytes(signing_share) };
}

function bytes(base64url: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64url, 'base64url'));
}

export function text(given: Uint8Array): string {
  return Buffer.from(given).toString('base64url');
}
