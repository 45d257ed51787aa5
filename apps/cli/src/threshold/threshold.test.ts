import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { verifierRegistry } from '@ioi/crypto';
import { newFolder, removeFolder } from '../testing/run-ioi.ts';
import { TestMembers } from '../testing/test-members.ts';
import { bytesOf, hashOf } from './contribution.ts';
import { type GroupFile, groupIdOf, groupKeyOf, membershipName, newGroup } from './founding.ts';
import { newSigning, type SigningFile } from './signing.ts';

const folder = newFolder();
const members = new TestMembers(folder);
const DOCUMENT = { pay: '1', to: 'somebody' };
let group: GroupFile;

before(() => {
  group = members.group();
});

after(() => removeFolder(folder));

function begun(): SigningFile {
  const file = newSigning(group, { domain: 'SIG_DOMAIN_MANIFEST', document: DOCUMENT });
  assert.ok(file);
  return file;
}

/** Each signs once more, in this order. */
function round(file: SigningFile, ...order: number[]): SigningFile {
  return order.reduce((now, member) => members.sign(now, member)[0], file);
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (fault) {
    return (fault as { about?: { code?: string } }).about?.code ?? String(fault);
  }
  return 'ok';
}

test('any two of three sign, and every verifier takes it; one alone does not', () => {
  const key = groupKeyOf(group);
  assert.ok(key);
  const registry = verifierRegistry();
  for (const [one = 1, other = 2] of [
    [1, 2],
    [3, 1],
    [2, 3],
  ]) {
    const file = round(begun(), one, other, one, other);
    const { signature } = file;
    assert.ok(signature);
    const holds = (given: object): boolean =>
      registry.verify(key, 'SIG_DOMAIN_MANIFEST', bytesOf(DOCUMENT), { ...signature, ...given }).ok;
    assert.ok(holds({}));
    const [first, second] = signature.ml_dsa_44;
    assert.ok(!holds({ ml_dsa_44: [first] }), 'the post-quantum half of one member alone');
    assert.ok(!holds({ ml_dsa_44: [first, first] }), 'one member twice');
    assert.ok(!holds({ ml_dsa_44: [second, first] }), 'out of order');
    assert.ok(!holds({ ml_dsa_44: [first, { ...second, member: 5 }] }), 'of nobody');
    assert.ok(!holds({ ed25519: Buffer.alloc(64).toString('base64') }), 'no group');
    assert.ok(!registry.verify(key, 'SIG_DOMAIN_POLICY', bytesOf(DOCUMENT), signature).ok);
  }
  assert.equal(round(begun(), 1, 1).signature, undefined);
});

test('a share is given once, over one transcript, and told again for that alone', () => {
  const both = round(begun(), 1, 2);
  const told = round(both, 1);
  const again = round(both, 1);
  assert.deepEqual(again.shares['1']?.body, told.shares['1']?.body);
  // The other member commits anew, as one would who wants the share of the first.
  const fresh = round({ ...both, commitments: { '1': both.commitments['1']! } }, 3);
  assert.equal(
    codeOf(() => round(fresh, 1)),
    'threshold.nonce_used',
  );
  const forgotten = { ...both, commitments: {} };
  assert.equal(
    codeOf(() => round(forgotten, 1)),
    'threshold.nonce_used',
  );
});

test('what a crash leaves undone is done again as it was', () => {
  const file = begun();
  const committed = round(file, 1);
  assert.deepEqual(round(file, 1).commitments['1']?.body, committed.commitments['1']?.body);
  let founding = newGroup(2, group.members);
  const [joined] = members.found(founding, 1);
  assert.deepEqual(members.found(founding, 1)[0].joined['1']?.body, joined.joined['1']?.body);
  for (const member of [1, 2, 3]) [founding] = members.found(founding, member);
  for (const member of [1, 2, 3]) [founding] = members.found(founding, member);
  const [confirmed] = members.found(founding, 1);
  const [again] = members.found(founding, 1);
  assert.deepEqual(again.confirmed['1']?.body, confirmed.confirmed['1']?.body);
});

test('a file that was tampered with on its way is refused, and names whose part is wrong', () => {
  const both = round(begun(), 1, 2);
  const [one, two] = [both.commitments['1']!, both.commitments['2']!];
  const swapped = { ...both, commitments: { '1': one, '2': { ...two, body: one.body } } };
  assert.equal(
    codeOf(() => round(swapped, 1)),
    'threshold.wrong_member',
  );
  const other = { ...both, document: { pay: '1000', to: 'a thief' } };
  assert.equal(
    codeOf(() => round(other, 1)),
    'threshold.wrong_member',
  );
  const shared = round(both, 1);
  const wrong = { ...shared.shares['1']!, body: { ...shared.shares['1']!.body, share: 'AAAA' } };
  assert.equal(
    codeOf(() => round({ ...shared, shares: { '1': wrong } }, 2)),
    'threshold.wrong_member',
  );
  const stranger = new TestMembers(folder, 1);
  assert.equal(
    codeOf(() => stranger.sign(both, 1)),
    'usage.invalid',
  );
});

test('one member under two names is one member', () => {
  const committed = round(begun(), 1);
  const [own] = Object.values(committed.commitments);
  assert.ok(own);
  const twice = { ...committed, commitments: { '1': own, '01': own } };
  assert.equal(
    codeOf(() => round(twice, 1)),
    'threshold.wrong_member',
  );
});

test('rules that are shown beside a signing are those it names', () => {
  const rules = { rules: 'of the organisation' };
  const signing = (shown: object): SigningFile => {
    const document = { policy_hash: hashOf(rules) };
    const about = { domain: 'SIG_DOMAIN_POLICY', document, attached: { rules: shown } } as const;
    const file = newSigning(group, about);
    assert.ok(file);
    return file;
  };
  assert.ok(round(signing(rules), 1, 2, 1, 2).signature);
  const other = signing({ rules: 'that nobody minds' });
  assert.equal(
    codeOf(() => round(other, 1)),
    'usage.invalid',
  );
});

test('a member that tells others different things founds no group', () => {
  let file = newGroup(2, group.members);
  for (const member of [1, 2, 3]) [file] = members.found(file, member);
  const another = newGroup(2, group.members);
  assert.notEqual(groupIdOf(another), groupIdOf(file));
  const [foreign] = members.found(another, 2);
  const moved = { ...file, joined: { ...file.joined, '2': foreign.joined['2']! } };
  assert.equal(
    codeOf(() => members.found(moved, 1)),
    'threshold.wrong_member',
  );
  for (const member of [1, 2, 3]) [file] = members.found(file, member);
  const boxes = { ...file.given['2']!.body.boxes, '1': 'AAAA' };
  const given = { ...file.given['2']!, body: { ...file.given['2']!.body, boxes } };
  assert.equal(
    codeOf(() => members.found({ ...file, given: { ...file.given, '2': given } }, 1)),
    'threshold.wrong_member',
  );
});

test('what a member keeps is sealed, for its account alone', () => {
  const path = join(folder, 'member-1.threshold');
  assert.equal(statSync(path).mode & 0o077, 0);
  const store = members.store(1);
  const kept = store.get<{ share: { signing_share: string } }>(membershipName(groupIdOf(group)));
  store.close();
  assert.ok(kept);
  const bytes = readFileSync(path, 'latin1');
  assert.ok(!bytes.includes(kept.share.signing_share));
});
