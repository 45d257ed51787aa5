import { canonicalBytes, type Digest, digestOf } from '@ioi/canon';
import { type HybridPublicKey, type HybridSignature, keyId, verifierRegistry } from '@ioi/crypto';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { CommandFault, usageFault } from '../shell/fault.ts';

/** What a member adds to a file that goes round, signed with its own key. */
export type Contribution<T> = { readonly body: T; readonly signature: HybridSignature };

/** By number of the member, from 1. */
export type ByMember<T> = Readonly<Record<string, Contribution<T>>>;

export type About = {
  /** Of the founding or the signing that it belongs to. */
  readonly id: Digest;
  readonly step: 'join' | 'give' | 'confirm' | 'commit' | 'share';
  readonly member: number;
};

export function contribute<T extends object>(
  about: About,
  body: T,
  key: HybridKey,
): Contribution<T> {
  return { body, signature: signHybrid(key, 'SIG_DOMAIN_MANIFEST', bytesOf({ ...about, body })) };
}

/** The bodies of one step, each held against the key of its member. */
export function bodiesOf<T extends object>(
  given: ByMember<T>,
  { id, step }: Pick<About, 'id' | 'step'>,
  members: readonly HybridPublicKey[],
): ReadonlyMap<number, T> {
  const registry = verifierRegistry();
  const bodies = Object.entries(given).map(([name, { body, signature }]) => {
    const member = Number(name);
    if (String(member) !== name) throw wrongMember(name, 'this is no number of a member');
    const key = members[member - 1];
    const message = bytesOf({ id, step, member, body });
    const held = key && registry.verify(key, 'SIG_DOMAIN_MANIFEST', message, signature);
    if (!held?.ok) throw wrongMember(name, `what it added (${step}) is not signed by its key`);
    return [member, body] as const;
  });
  return new Map(bodies);
}

export function memberOf(key: HybridKey, members: readonly HybridPublicKey[]): number {
  const place = members.findIndex((each) => keyId(each) === key.keyId);
  if (place >= 0) return place + 1;
  throw usageFault('this key is of no member of the group');
}

export function wrongMember(member: number | string, message: string): CommandFault {
  return new CommandFault({
    exit: 'authority',
    code: 'threshold.wrong_member',
    message: `member ${member}: ${message}`,
    next: 'start again without it',
  });
}

export function hashOf(value: unknown): Digest {
  const digest = digestOf(value);
  if (!digest.ok) throw usageFault(`it has no canonical form: ${digest.error.message}`);
  return digest.value;
}

export function bytesOf(value: unknown): Uint8Array {
  const bytes = canonicalBytes(value);
  if (!bytes.ok) throw usageFault(`it has no canonical form: ${bytes.error.message}`);
  return bytes.value;
}
