import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NodeWithAgent } from '../testing/node-with-agent.ts';
import { TestMembers } from '../testing/test-members.ts';
import { newSigning, type SigningFile } from '../threshold/signing.ts';

const given = new NodeWithAgent();
const { node } = given;
const withPassphrase = ['--passphrase-file', node.passphraseFile, '--json'];
const place = (name: string): string => join(node.folder, name);
mkdirSync(place('members'));
const members = new TestMembers(place('members'));
const board = members.group();
writeFileSync(place('board.json'), JSON.stringify(board));

async function good(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await node.ioi(...args);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function waiting(content: string): Promise<string> {
  const path = join(node.workspace, 'notes.txt');
  given.agent.call('write_file', { path, content }).catch(() => {});
  return (await node.waiting()).request_hash;
}

function readSigning(name: string): SigningFile {
  return JSON.parse(readFileSync(place(name), 'utf8')) as SigningFile;
}

/** Two of three, twice round. */
function signed(file: SigningFile, order = [1, 3, 1, 3]): SigningFile {
  return order.reduce((now, member) => members.sign(now, member)[0], file);
}

async function begun(id: string, name: string): Promise<SigningFile> {
  await good('approve', id, '--group', place('board.json'), '--out', place(name), '--json');
  return readSigning(name);
}

test('a group that a setting wants approves together', async () => {
  await good('wallet', 'level', 'add-group', 'board', place('board.json'), ...withPassphrase);
  await good(
    'approver',
    'rules',
    '--group',
    'low=board',
    '--group',
    'high=board',
    ...withPassphrase,
  );
  const told = await node.ioi('approver', 'list');
  assert.match(told.stdout, /high risk takes 1, the group board among them/);
  const id = await waiting('by a group\n');
  const file = await begun(id, 'a.signing');
  writeFileSync(place('a.signing'), JSON.stringify(signed(file)));
  await good(
    'wallet',
    'threshold',
    'finish',
    place('a.signing'),
    '--out',
    place('a.json'),
    '--json',
  );
  const approved = await good('approve', id, '--signed', place('a.json'), '--json');
  assert.equal(approved['approved'], true);
  const shown = await node.ioi('show', id, '--json');
  assert.match(shown.stdout, /"method":"group"/);
  const again = await node.ioi('approve', id, '--signed', place('a.json'), '--json');
  assert.notEqual(again.code, 0);
});

test('the owner alone does not make up for a group, and both sign the same token', async () => {
  const id = await waiting('by both\n');
  const half = await good('approve', id, ...withPassphrase);
  assert.ok(half['standing']);
  const file = signed(await begun(id, 'b.signing'));
  const { document, signature } = file;
  const approved = await node.guardian.approveSigned(document, signature);
  assert.ok(!('standing' in approved));
  const exported = place('group.ioi-export');
  assert.equal((await node.ioi('export', '--out', exported)).code, 0);
  const verified = await node.ioi('verify', exported);
  assert.equal(verified.code, 0, verified.stderr);
});

test('members sign no approval without the request that it names', async () => {
  const id = await waiting('shown\n');
  const file = await begun(id, 'c.signing');
  const { request } = file.attached as { readonly request: { readonly params: object } };
  const other = { request: { ...request, params: { ...request.params, content: 'else' } } };
  const { attached: _, ...bare } = file;
  for (const hidden of [{ ...file, attached: other }, bare]) {
    assert.throws(() => members.sign(hidden, 1), /request in the file is not the one/);
  }
  const wrong = newSigning(board, { domain: 'SIG_DOMAIN_MANIFEST', document: file.document });
  assert.ok(wrong);
  const elsewhere = signed(wrong).signature;
  const { guardian } = node;
  await assert.rejects(guardian.approveSigned(file.document, elsewhere), /does not hold/);
  const whole = signed(file);
  const { signature } = whole;
  assert.ok(signature);
  const [first] = signature.ml_dsa_44;
  const attempts: [object, unknown, RegExp][] = [
    [{ ...file.document, nonce: '1' }, signature, /does not hold/],
    [{ ...file.document, expires: '99999999999999' }, signature, /was changed/],
    [{ ...file.document, max_usages: '9' }, signature, /was changed/],
    [{ ...file.document, method: 'passphrase' }, signature, /was changed/],
    [file.document, { ...signature, ml_dsa_44: [first, first] }, /does not hold/],
    [file.document, { ...signature, ml_dsa_44: [first] }, /no approval/],
    [{}, signature, /no approval/],
  ];
  for (const [document, own, why] of attempts) {
    await assert.rejects(guardian.approveSigned(document, own), why, JSON.stringify(document));
  }
  const bad = await node.ioi('approver', 'rules', '--group', 'board', ...withPassphrase);
  assert.match(bad.stderr, /low=NAME or high=NAME/);
  const taken = await node.ioi('wallet', 'level', 'remove', 'board', ...withPassphrase);
  assert.equal(taken.code, 0, taken.stderr);
  await assert.rejects(guardian.approveSigned(file.document, signature), /no such factor/);
});
