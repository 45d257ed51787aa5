import { ed25519_FROST as frost } from '@noble/curves/ed25519.js';
import { type GroupKey, identifierOf, keepGroup, type OwnShare, text } from './frost.ts';

/** A value of the library as text, with its integers and bytes, for whoever keeps it. */
export type Founding = string;

type Secret = ReturnType<typeof frost.DKG.round1>['secret'];
type Told = ReturnType<typeof frost.DKG.round1>['public'];
type Given = Parameters<typeof frost.DKG.round3>[2][number];

/**
 * A group is founded without a dealer: nobody ever has the whole key. Each member tells what
 * binds it to its polynomial; `secret` is kept for the rounds that follow.
 */
export function foundingRound1(
  member: number,
  { threshold: min, members: max }: { readonly threshold: number; readonly members: number },
): { readonly told: Founding; readonly secret: Founding } {
  const made = frost.DKG.round1(identifierOf(member), { min, max });
  return { told: packed(made.public), secret: packed(made.secret) };
}

/**
 * What each other member is to be given, by its number; for its eyes alone. Throws when what a
 * member told in round one does not hold.
 */
export function foundingRound2(
  secret: Founding,
  others: ReadonlyMap<number, Founding>,
): { readonly given: ReadonlyMap<number, Founding>; readonly secret: Founding } {
  const own = unpacked<Secret>(secret);
  const told = [...others.values()].map((each) => unpacked<Told>(each));
  const packages = frost.DKG.round2(own, told);
  const given = [...others.keys()].map((each) => {
    return [each, packed(packages[identifierOf(each)])] as const;
  });
  return { given: new Map(given), secret: packed(own) };
}

/** The group and one's share of its key. Throws when something given does not hold. */
export function foundingRound3(
  member: number,
  secret: Founding,
  others: ReadonlyMap<number, { readonly told: Founding; readonly given: Founding }>,
): { readonly group: GroupKey; readonly share: OwnShare } {
  const told = [...others.values()].map((each) => unpacked<Told>(each.told));
  const given = [...others.values()].map((each) => unpacked<Given>(each.given));
  const key = frost.DKG.round3(unpacked<Secret>(secret), told, given);
  const share = { member, signing_share: text(key.secret.signingShare) };
  return { group: keepGroup(key.public), share };
}

function packed(value: unknown): Founding {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return { integer: String(each) };
    return each instanceof Uint8Array ? { bytes: text(each) } : each;
  });
}

type Tagged = { readonly integer?: unknown; readonly bytes?: unknown } | null;

function unpacked<T>(founding: Founding): T {
  return JSON.parse(founding, (_, each: unknown) => {
    const tagged = each as Tagged;
    if (typeof tagged !== 'object' || tagged === null) return each;
    if (typeof tagged.integer === 'string') return BigInt(tagged.integer);
    if (typeof tagged.bytes !== 'string') return each;
    return new Uint8Array(Buffer.from(tagged.bytes, 'base64url'));
  }) as T;
}
