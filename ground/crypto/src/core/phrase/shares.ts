import { assert, encodeHex, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { hmac } from '@noble/hashes/hmac.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import type { ShareCode, ShareError } from '../codes.ts';
import { interpolate, type Point } from './field256.ts';
import { readShare, type Share, shareText } from './share-text.ts';

/** As many as a number of four bits tells apart. */
export const MOST_SHARES = 16;
const SECRET_AT = 255;
const DIGEST_AT = 254;
const DIGEST_SIZE = 4;
const ROUNDS = [0, 1, 2, 3];
const ITERATIONS = 2500;
/** 20,000 iterations: the shares, not these, are what keeps the secret. */
const EXPONENT = 1;

export type Splitting = {
  readonly threshold: number;
  readonly shares: number;
  readonly random: (size: number) => Uint8Array;
};

/** Any `threshold` of these lists of words tell the secret, and fewer nothing (SLIP-0039). */
export function splitSecret(
  secret: Uint8Array,
  { threshold, shares, random }: Splitting,
): readonly string[] {
  assert(threshold >= 1 && threshold <= shares, 'as many are needed as there are, at most');
  assert(shares <= MOST_SHARES, `a set has ${MOST_SHARES} shares at most`);
  assert(threshold > 1 || shares === 1, 'copies of one share are no shares');
  const [high = 0, low = 0] = random(2);
  const about = { set: ((high << 8) | low) & 0x7fff, isExtendable: true, exponent: EXPONENT };
  const sealed = crypt(secret, { ...about, passphrase: '' }, ROUNDS);
  const one = { group: 0, groupThreshold: 1, groups: 1, threshold };
  return sharesOf(sealed, { threshold, shares, random }).map((value, member) =>
    shareText({ ...about, ...one, member, value }),
  );
}

/** What enough shares of one set tell, in any order. Another passphrase, another secret. */
export function joinShares(
  texts: readonly string[],
  passphrase = '',
): Result<Uint8Array, ShareError> {
  const shares: Share[] = [];
  for (const [at, text] of texts.entries()) {
    const share = readShare(text);
    if (!share.ok) return numbered(share.error, at, texts.length);
    shares.push(share.value);
  }
  const [first] = shares;
  if (first === undefined) return refuse('share.too_few', 'there is no share');
  const strange = shares.findIndex((share) => !isOfSet(share, first));
  if (strange > 0) {
    const message = `share ${strange + 1} is of another set than share 1`;
    return refuse('share.other_set', message);
  }
  const groups = Map.groupBy(shares, ({ group }) => group);
  const points: Point[] = [];
  for (const [group, members] of groups) {
    const value = groupValue(members);
    if (!value.ok) return value;
    points.push({ x: group, value: value.value });
  }
  const { groupThreshold } = first;
  if (points.length < groupThreshold) {
    return refuse('share.too_few', `it takes shares of ${groupThreshold} groups`);
  }
  const sealed = secretAt(points.slice(0, groupThreshold), groupThreshold);
  if (!sealed.ok) return sealed;
  return ok(crypt(sealed.value, { ...first, passphrase }, ROUNDS.toReversed()));
}

function isOfSet(one: Share, other: Share): boolean {
  const isOneSecret =
    one.set === other.set &&
    one.isExtendable === other.isExtendable &&
    one.exponent === other.exponent &&
    one.value.length === other.value.length;
  const isOneShape = one.groupThreshold === other.groupThreshold && one.groups === other.groups;
  return isOneSecret && isOneShape;
}

function groupValue(members: readonly Share[]): Result<Uint8Array, ShareError> {
  const threshold = members[0]?.threshold ?? 0;
  if (members.some((share) => share.threshold !== threshold)) {
    return refuse('share.other_set', 'the shares do not agree on how many it takes');
  }
  if (new Set(members.map(({ member }) => member)).size < members.length) {
    return refuse('share.repeated', 'a share is there twice');
  }
  if (members.length < threshold) {
    const message = `it takes ${threshold} shares, and there are ${members.length}`;
    return refuse('share.too_few', message);
  }
  const points = members.map(({ member, value }) => ({ x: member, value }));
  return secretAt(points.slice(0, threshold), threshold);
}

/** Beside the secret stands a digest of it, so that wrong shares are seen. */
function secretAt(points: readonly Point[], threshold: number): Result<Uint8Array, ShareError> {
  const [first] = points;
  assert(first !== undefined, 'there are as many points as it takes');
  if (threshold === 1) return ok(first.value);
  const secret = interpolate(points, SECRET_AT);
  const stated = interpolate(points, DIGEST_AT);
  const digest = digestOf(secret, stated.slice(DIGEST_SIZE));
  if (encodeHex(stated.slice(0, DIGEST_SIZE)) === encodeHex(digest)) return ok(secret);
  return refuse('share.bad_digest', 'the shares fit together and tell nothing: one was forged');
}

function sharesOf(secret: Uint8Array, { threshold, shares, random }: Splitting): Uint8Array[] {
  if (threshold === 1) return [secret];
  const salt = random(secret.length - DIGEST_SIZE);
  const chosen = Array.from({ length: threshold - 2 }, () => random(secret.length));
  const digest = concatBytes(digestOf(secret, salt), salt);
  const points: Point[] = [
    ...chosen.map((value, x) => ({ x, value })),
    { x: DIGEST_AT, value: digest },
    { x: SECRET_AT, value: secret },
  ];
  return Array.from({ length: shares }, (_, x) => chosen[x] ?? interpolate(points, x));
}

function digestOf(secret: Uint8Array, salt: Uint8Array): Uint8Array {
  return hmac(sha256, salt, secret).slice(0, DIGEST_SIZE);
}

type Sealing = Pick<Share, 'set' | 'isExtendable' | 'exponent'> & { readonly passphrase: string };

/** Four rounds of Feistel; the other way round they undo themselves. */
function crypt(
  bytes: Uint8Array,
  { set, isExtendable, exponent, passphrase }: Sealing,
  rounds: readonly number[],
): Uint8Array {
  const half = bytes.length / 2;
  const id = Uint8Array.of(set >> 8, set & 0xff);
  const salt = isExtendable ? new Uint8Array() : concatBytes(encodeUtf8('shamir'), id);
  const password = encodeUtf8(passphrase);
  let [left, right] = [bytes.slice(0, half), bytes.slice(half)];
  for (const round of rounds) {
    const options = { c: ITERATIONS << exponent, dkLen: half };
    const mask = pbkdf2(
      sha256,
      concatBytes(Uint8Array.of(round), password),
      concatBytes(salt, right),
      options,
    );
    [left, right] = [right, left.map((byte, at) => byte ^ (mask[at] ?? 0))];
  }
  return concatBytes(right, left);
}

function numbered(
  { code, message }: ShareError,
  at: number,
  among: number,
): Result<never, ShareError> {
  return refuse(code, among === 1 ? message : `share ${at + 1}: ${message}`);
}

function refuse(code: ShareCode, message: string): Result<never, ShareError> {
  return err({ code, message });
}
