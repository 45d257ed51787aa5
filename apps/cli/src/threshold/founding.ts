import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import type { Digest } from '@ioi/canon';
import { type HybridPublicKey, openAead, sealAead, type ThresholdPublicKey } from '@ioi/crypto';
import {
  foundingRound1,
  foundingRound2,
  foundingRound3,
  type GroupKey,
  type HybridKey,
  type OwnShare,
} from '@ioi/crypto/shell';
import {
  type ByMember,
  bodiesOf,
  bytesOf,
  contribute,
  hashOf,
  memberOf,
  wrongMember,
} from './contribution.ts';
import type { ShareStore } from './share-store.ts';

type Joined = { readonly told: string; readonly box: string };
type Given = { readonly joined_hash: Digest; readonly boxes: Readonly<Record<string, string>> };
type Confirmed = { readonly group: GroupKey };

/** Goes round among the members until each has joined, given and confirmed. */
export type GroupFile = {
  readonly format: 'ioi-threshold-group/1';
  readonly threshold: number;
  readonly salt: string;
  readonly members: readonly HybridPublicKey[];
  readonly joined: ByMember<Joined>;
  readonly given: ByMember<Given>;
  readonly confirmed: ByMember<Confirmed>;
};

/** What a member has of a group in the end. */
export type Membership = { readonly group: GroupKey; readonly share: OwnShare };

type Founding = Joined & { readonly secret: string; readonly boxKey: string };

const NONCE_BYTES = 24;

export function newGroup(threshold: number, members: readonly HybridPublicKey[]): GroupFile {
  const salt = randomBytes(16).toString('hex');
  const nothing = { joined: {}, given: {}, confirmed: {} };
  return { format: 'ioi-threshold-group/1', threshold, salt, members, ...nothing };
}

export function groupIdOf({ threshold, salt, members }: GroupFile): Digest {
  return hashOf({ threshold, salt, members });
}

/** The key that verifies, once every member confirmed one and the same; else undefined. */
export function groupKeyOf(file: GroupFile): ThresholdPublicKey | undefined {
  const { members, threshold } = file;
  const about = { id: groupIdOf(file), step: 'confirm' } as const;
  const confirmed = [...bodiesOf(file.confirmed, about, members).values()];
  if (confirmed.length < members.length) return undefined;
  if (new Set(confirmed.map(hashOf)).size > 1) throw wrongMember('?', 'groups differ');
  return publicKeyOf(confirmed[0]?.group, { threshold, members });
}

export function publicKeyOf(
  group: GroupKey | undefined,
  { threshold, members }: Pick<GroupFile, 'threshold' | 'members'>,
): ThresholdPublicKey {
  const point = Buffer.from(group?.commitments[0] ?? '', 'base64url');
  return {
    algorithm: 'threshold-ed25519-ml-dsa-44',
    threshold,
    ed25519: point.toString('base64'),
    ml_dsa_44: members.map((each) => each.ml_dsa_44),
  };
}

export function membershipName(id: Digest): string {
  return `share ${id}`;
}

/** The next thing this member can add, and what it was; the same file where it has to wait. */
export function foundOn(file: GroupFile, key: HybridKey, store: ShareStore): [GroupFile, string] {
  const member = memberOf(key, file.members);
  const own = String(member);
  const acting = { file, id: groupIdOf(file), member, key, store };
  const all = file.members.length;
  if (file.joined[own] === undefined) {
    return [{ ...file, joined: { ...file.joined, [own]: join(acting) } }, 'joined'];
  }
  if (Object.keys(file.joined).length < all) return [file, 'waits until all have joined'];
  if (file.given[own] === undefined) {
    return [{ ...file, given: { ...file.given, [own]: give(acting) } }, 'gave the others theirs'];
  }
  if (Object.keys(file.given).length < all) return [file, 'waits until all have given'];
  if (file.confirmed[own] !== undefined) return [file, 'has nothing more to do'];
  return [{ ...file, confirmed: { ...file.confirmed, [own]: confirm(acting) } }, 'confirmed'];
}

type Acting = {
  readonly file: GroupFile;
  readonly id: Digest;
  readonly member: number;
  readonly key: HybridKey;
  readonly store: ShareStore;
};

const foundingName = (id: Digest): string => `founding ${id}`;

/** Kept before it is told: after a crash the same is told again. */
function join({ file, id, member, key, store }: Acting) {
  const founding = store.transaction((): Founding => {
    const known = store.get<Founding>(foundingName(id));
    if (known !== undefined) return known;
    const { threshold, members } = file;
    const first = foundingRound1(member, { threshold, members: members.length });
    const pair = generateKeyPairSync('x25519');
    const box = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
    const boxKey = pair.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url');
    const made = { ...first, box, boxKey };
    store.put(foundingName(id), made);
    return made;
  });
  const { told, box } = founding;
  return contribute({ id, step: 'join', member }, { told, box }, key);
}

function give({ file, id, member, key, store }: Acting) {
  const founding = foundingIn(store, id);
  const joined = bodiesOf(file.joined, { id, step: 'join' }, file.members);
  const others = new Map([...joined].filter(([each]) => each !== member));
  const told = new Map([...others].map(([each, body]) => [each, body.told]));
  const { given, secret } = held(() => foundingRound2(founding.secret, told));
  store.put(foundingName(id), { ...founding, secret });
  const boxes = [...given].map(([to, text]) => {
    const about = { id, from: member, to };
    return [to, sealed(text, sharedKey(founding.boxKey, others.get(to)?.box ?? '', about))];
  });
  const body = {
    joined_hash: hashOf(Object.fromEntries(joined)),
    boxes: Object.fromEntries(boxes),
  };
  return contribute({ id, step: 'give', member }, body, key);
}

function confirm({ file, id, member, key, store }: Acting) {
  const known = store.get<Membership>(membershipName(id));
  const { group } = known ?? finished({ file, id, member, key, store });
  return contribute({ id, step: 'confirm', member }, { group }, key);
}

/** The share is on disk, and what it was made of gone, before the group is confirmed. */
function finished({ file, id, member, store }: Acting): Membership {
  const founding = foundingIn(store, id);
  const joined = bodiesOf(file.joined, { id, step: 'join' }, file.members);
  const given = bodiesOf(file.given, { id, step: 'give' }, file.members);
  const joinedHash = hashOf(Object.fromEntries(joined));
  const parts = [...given].flatMap(([from, { joined_hash: theirs, boxes }]) => {
    if (theirs !== joinedHash) throw wrongMember(from, 'it was told something else');
    if (from === member) return [];
    const { told = '', box = '' } = joined.get(from) ?? {};
    const shared = sharedKey(founding.boxKey, box, { id, from, to: member });
    const text = opened(boxes[String(member)] ?? '', shared);
    if (text === undefined) throw wrongMember(from, 'what it gave does not open');
    return [[from, { told, given: text }] as const];
  });
  const made = held(() => foundingRound3(member, founding.secret, new Map(parts)));
  store.transaction(() => {
    store.put(membershipName(id), made);
    store.remove(foundingName(id));
  });
  return made;
}

function foundingIn(store: ShareStore, id: Digest): Founding {
  const founding = store.get<Founding>(foundingName(id));
  if (founding !== undefined) return founding;
  throw wrongMember('you', 'what you kept of this founding is not beside your key any more');
}

/** The library throws at whatever does not hold. */
function held<T>(work: () => T): T {
  try {
    return work();
  } catch (fault) {
    throw wrongMember('?', `the founding does not hold: ${(fault as Error).message}`);
  }
}

type Passing = { readonly id: Digest; readonly from: number; readonly to: number };

function sharedKey(own: string, theirs: string, about: Passing): Buffer {
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
  const secret = held(() =>
    diffieHellman({
      privateKey: createPrivateKey({ key: bytes(own), format: 'der', type: 'pkcs8' }),
      publicKey: createPublicKey({ key: bytes(theirs), format: 'der', type: 'spki' }),
    }),
  );
  return Buffer.from(
    hkdfSync('sha256', secret, '', bytesOf({ use: 'ioi founding', ...about }), 32),
  );
}

function sealed(text: string, key: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES);
  const box = sealAead({ key, nonce, associatedData: new Uint8Array() }, Buffer.from(text));
  return Buffer.concat([nonce, box]).toString('base64url');
}

function opened(box: string, key: Uint8Array): string | undefined {
  const bytes = Buffer.from(box, 'base64url');
  if (bytes.length <= NONCE_BYTES) return undefined;
  const [nonce, rest] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES)];
  const text = openAead({ key, nonce, associatedData: new Uint8Array() }, rest);
  return text && Buffer.from(text).toString('utf8');
}
