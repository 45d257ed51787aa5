import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { ed25519_FROST } from '@noble/curves/ed25519.js';
import {
  aggregateShares,
  type GroupKey,
  keepGroup,
  newNonces,
  type Signing,
  signShare,
} from './frost.ts';
import { foundingRound1, foundingRound2, foundingRound3 } from './frost-founding.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const asText = (text: string): string => Buffer.from(text, 'hex').toString('base64url');

/** RFC 9591, appendix E.1: FROST(Ed25519, SHA-512), members 1 and 3 of 3. */
const RFC = {
  secret: '7b1c33d3f5291d85de664833beb1ad469f7fb6025a0ec78b3a790c6e13a98304',
  publicKey: '15d21ccd7ee42959562fc8aa63224c8851fb3ec85a3faf66040d380fb9738673',
  coefficient: '178199860edd8c62f5212ee91eff1295d0d670ab4ed4506866bae57e7030b204',
  message: '74657374',
  signature:
    '36282629c383bb820a88b71cae937d41f2f2adfcc3d02e55507e2fb9e2dd3cbe' +
    'bd9d2b0844e49ae0f3fa935161e1419aab7b47d21a37ebeae1f17d4987b3160b',
  signers: [
    {
      member: 1,
      share: '929dcc590407aae7d388761cddb0c0db6f5627aea8e217f4a033f2ec83d93509',
      hiding: '812d6104142944d5a55924de6d49940956206909f2acaeedecda2b726e630407',
      binding: 'b1110165fc2334149750b28dd813a39244f315cff14d4e89e6142f262ed83301',
      hidingCommitment: 'b5aa8ab305882a6fc69cbee9327e5a45e54c08af61ae77cb8207be3d2ce13de3',
      bindingCommitment: '67e98ab55aa310c3120418e5050c9cf76cf387cb20ac9e4b6fdb6f82a469f932',
      signatureShare: '001719ab5a53ee1a12095cd088fd149702c0720ce5fd2f29dbecf24b7281b603',
    },
    {
      member: 3,
      share: 'd3cb090a075eb154e82fdb4b3cb507f110040905468bb9c46da8bdea643a9a02',
      hiding: 'c256de65476204095ebdc01bd11dc10e57b36bc96284595b8215222374f99c0e',
      binding: '243d71944d929063bc51205714ae3c2218bd3451d0214dfb5aeec2a90c35180d',
      hidingCommitment: 'cfbdb165bd8aad6eb79deb8d287bcc0ab6658ae57fdcc98ed12c0669e90aec91',
      bindingCommitment: '7487bc41a6e712eea2f2af24681b58b1cf1da278ea11fe4e8b78398965f13552',
      signatureShare: 'bd86125de990acc5e1f13781d8e32c03a9bbd4c53539bbc106058bfd14326007',
    },
  ],
} as const;

function isEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({
    key: Buffer.from(publicKey),
    format: 'raw-public',
    asymmetricKeyType: 'ed25519',
  });
  return verify(null, message, key, signature);
}

test('the vectors of RFC 9591 come out, and plain Ed25519 takes the signature', () => {
  const coefficients = [RFC.secret, RFC.coefficient].map((each) => {
    return BigInt(`0x${Buffer.from(each, 'hex').reverse().toString('hex')}`);
  });
  const { Fn } = ed25519_FROST.utils;
  const made = ed25519_FROST.utils.generateSecretPolynomial(
    { min: 2, max: 3 },
    hex(RFC.secret),
    coefficients.slice(1),
  );
  const points = made.commitment;
  assert.equal(Buffer.from(points[0] ?? '').toString('hex'), RFC.publicKey);
  const scalarOf = (member: number): bigint =>
    Fn.add(coefficients[0] ?? 0n, Fn.mul(coefficients[1] ?? 0n, BigInt(member)));
  const group = keepGroup({
    signers: { min: 2, max: 3 },
    commitments: points,
    verifyingShares: verifyingShares(scalarOf),
  });
  const commitments = RFC.signers.map(({ member, hidingCommitment, bindingCommitment }) => ({
    member,
    hiding: asText(hidingCommitment),
    binding: asText(bindingCommitment),
  }));
  const message = hex(RFC.message);
  const shares = new Map<number, string>();
  for (const { member, share, hiding, binding, signatureShare } of RFC.signers) {
    const nonces = { hiding: asText(hiding), binding: asText(binding) };
    const own = { member, signing_share: asText(share) };
    const given = signShare(own, nonces, { group, commitments, message });
    assert.equal(Buffer.from(given, 'base64url').toString('hex'), signatureShare);
    shares.set(member, given);
  }
  const ended = aggregateShares({ group, commitments, message }, shares);
  assert.ok('signature' in ended);
  assert.equal(Buffer.from(ended.signature).toString('hex'), RFC.signature);
  assert.ok(isEd25519(hex(RFC.publicKey), message, ended.signature));
});

function verifyingShares(scalarOf: (member: number) => bigint): Record<string, Uint8Array> {
  const shares = [1, 2, 3].map((member) => {
    const secret = ed25519_FROST.utils.Fn.toBytes(scalarOf(member));
    const point = ed25519_FROST.utils.generateSecretPolynomial({ min: 2, max: 2 }, secret);
    return [ed25519_FROST.Identifier.fromNumber(member), point.commitment[0]];
  });
  return Object.fromEntries(shares) as Record<string, Uint8Array>;
}

test('a group is founded without a dealer, and any two of three sign for it', () => {
  const { groups, shares } = founded();
  assert.deepEqual(groups[1], groups[0]);
  assert.deepEqual(groups[2], groups[0]);
  const [group] = groups;
  assert.ok(group);
  const publicKey = new Uint8Array(Buffer.from(group.commitments[0] ?? '', 'base64url'));
  const message = hex('616263');
  for (const signers of [
    [0, 1],
    [2, 0],
    [1, 2],
  ]) {
    const taken = signers.map((place) => ({ share: shares[place]!, ...newNonces(shares[place]!) }));
    const commitments = taken.map(({ commitment }) => commitment);
    const signing: Signing = { group, message, commitments };
    const given = new Map(
      taken.map(({ share, nonces }) => [share.member, signShare(share, nonces, signing)]),
    );
    const ended = aggregateShares(signing, given);
    assert.ok('signature' in ended && isEd25519(publicKey, message, ended.signature));
    const [[member = 0, other = ''] = []] = [...given].toReversed();
    const wrong = new Map([...given, [signing.commitments[0]!.member, other]]);
    assert.notEqual(signing.commitments[0]!.member, member);
    assert.deepEqual(aggregateShares(signing, wrong), { wrong: signing.commitments[0]!.member });
    const broken = new Map([...given, [member, 'AAAA']]);
    assert.deepEqual(aggregateShares(signing, broken), { wrong: member });
  }
});

function founded(): { groups: GroupKey[]; shares: ReturnType<typeof foundingRound3>['share'][] } {
  const numbers = [1, 2, 3];
  const first = numbers.map((member) => foundingRound1(member, { threshold: 2, members: 3 }));
  const others = (member: number) =>
    new Map(numbers.filter((each) => each !== member).map((each) => [each, first[each - 1]!.told]));
  const second = numbers.map((each) => foundingRound2(first[each - 1]!.secret, others(each)));
  const third = numbers.map((member) => {
    const from = [...others(member)].map(([each, told]) => {
      return [each, { told, given: second[each - 1]!.given.get(member)! }] as const;
    });
    return foundingRound3(member, second[member - 1]!.secret, new Map(from));
  });
  return { groups: third.map(({ group }) => group), shares: third.map(({ share }) => share) };
}
