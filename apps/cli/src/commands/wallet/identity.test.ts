import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { entropyOf, phraseOf } from '@ioi/crypto/phrase';
import type { DidDocument } from '@ioi/protocol';
import { didOf } from '@ioi/protocol';
import { newFolder, removeFolder, runIoi } from '../../testing/run-ioi.ts';
import { TestNode } from '../../testing/test-node.ts';

const nodes: TestNode[] = [];
after(async () => {
  for (const node of nodes) await node.close();
});

function fresh(): TestNode {
  const node = new TestNode();
  nodes.push(node);
  return node;
}

const PHRASE = phraseOf(new Uint8Array(32).fill(5));

/** Every byte of every file below a folder, as text. */
function textsBelow(folder: string): string {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

test('a new phrase goes to a private file, to nothing else, and is the owner’s', async () => {
  const node = fresh();
  const out = join(node.folder, 'phrase');
  const made = await node.init('--phrase-out', out);
  assert.equal(made.code, 0, made.stderr);
  assert.equal(statSync(out).mode & 0o777, 0o600);
  const phrase = readFileSync(out, 'utf8').trim();
  assert.ok(entropyOf(phrase).ok);
  const said = `${made.stdout}${made.stderr}${textsBelow(node.home.folder)}`;
  assert.ok(!said.includes(phrase) && !said.includes(phrase.split(' ').slice(0, 3).join(' ')));
  assert.ok(!existsSync(join(node.home.guardian, 'phrase.key')));
  const id = JSON.parse((await node.ioi('wallet', 'id', '--json')).stdout);
  assert.equal(id.did, didOf(id.owner_key));
  assert.equal((id.document as DidDocument).id, id.did);
  assert.match(id.evm_address, /^0x[0-9A-Fa-f]{40}$/);
  assert.deepEqual(
    id.tiers.map(({ tier }: { tier: string }) => tier),
    ['master', 'manager', 'worker'],
  );
  const checked = await node.ioi('wallet', 'phrase', 'check', '--phrase-file', out);
  assert.equal(checked.code, 0, checked.stderr);
  assert.match(checked.stdout, new RegExp(`this node's owner, ${id.did}`));
  const shown = await node.ioi('wallet', 'phrase', 'show', '--phrase-out', `${out}2`);
  assert.equal(shown.code, 2, 'without a passphrase and a terminal');
  const file = ['--passphrase-file', node.passphraseFile, '--phrase-out', `${out}2`];
  assert.match((await node.ioi('wallet', 'phrase', 'show', ...file)).stderr, /is not kept here/);
});

test('where nobody can be told, the phrase is kept, sealed, until it is forgotten', async () => {
  const node = fresh();
  const made = await node.init('--json');
  assert.equal(JSON.parse(made.stdout).phrase_kept, true);
  const out = join(node.folder, 'phrase');
  const show = ['wallet', 'phrase', 'show', '--passphrase-file'];
  const nowhere = await node.ioi(...show, node.passphraseFile);
  assert.equal(nowhere.code, 2, 'a pipe is told no phrase');
  const wrong = join(node.folder, 'wrong');
  writeFileSync(wrong, 'not the passphrase\n');
  const refused = await node.ioi(...show, wrong, '--phrase-out', out);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /wrong passphrase/);
  assert.ok(!existsSync(out));
  assert.equal((await node.ioi(...show, node.passphraseFile, '--phrase-out', out)).code, 0);
  const phrase = readFileSync(out, 'utf8').trim();
  assert.ok(!textsBelow(node.home.folder).includes(phrase));
  assert.equal((await node.ioi('wallet', 'phrase', 'forget')).code, 0);
  const gone = await node.ioi(...show, node.passphraseFile, '--phrase-out', `${out}2`);
  assert.match(gone.stderr, /is not kept here/);
  assert.equal((await node.ioi('wallet', 'phrase', 'check', '--phrase-file', out)).code, 0);
});

test('the same phrase makes the same owner of another node', async () => {
  const folder = newFolder();
  after(() => removeFolder(folder));
  const passphrase = join(folder, 'passphrase');
  writeFileSync(passphrase, 'correct horse battery\n');
  const dids: string[] = [];
  for (const name of ['one', 'two']) {
    const made = await runIoi(
      ['init', '--phrase-file', '-', '--passphrase-file', passphrase, '--json'],
      { env: { IOI_HOME: join(folder, name) }, input: `${PHRASE.toUpperCase()}\n` },
    );
    assert.equal(made.code, 0, made.stderr);
    assert.equal(JSON.parse(made.stdout).phrase_kept, false);
    dids.push(JSON.parse(made.stdout).did);
  }
  assert.equal(dids[0], dids[1]);
});

test('a phrase that is wrong, of another owner or open to others is refused by name', async () => {
  const node = fresh();
  assert.equal((await node.init()).code, 0);
  const check = async (text: string, mode = 0o600) => {
    const path = join(node.folder, 'words');
    writeFileSync(path, text);
    chmodSync(path, mode);
    return node.ioi('wallet', 'phrase', 'check', '--json', '--phrase-file', path);
  };
  const other = await check(PHRASE);
  assert.equal(other.code, 12);
  assert.equal(JSON.parse(other.stdout).is_owner, false);
  const codeOf = (ran: { stderr: string }) => JSON.parse(ran.stderr).error.code;
  assert.equal(codeOf(await check('zoo zoo')), 'phrase.wrong_length');
  const words = PHRASE.split(' ');
  assert.equal(codeOf(await check(words.with(3, 'ioi').join(' '))), 'phrase.unknown_word');
  const swapped = words.with(0, words[1] ?? '').with(1, words[0] ?? '');
  assert.match(codeOf(await check(swapped.join(' '))), /^phrase\.bad_checksum$/);
  assert.match((await check(PHRASE, 0o644)).stderr, /others can read/);
});

test('two of three shares are the phrase, one is not, and none is written over', async () => {
  const node = fresh();
  const phrase = join(node.folder, 'phrase');
  assert.equal((await node.init('--phrase-out', phrase)).code, 0);
  const out = join(node.folder, 'shares');
  const split = (...more: readonly string[]) =>
    node.ioi('wallet', 'phrase', 'split', '--phrase-file', phrase, ...more);
  assert.match((await split()).stderr, /--shares-out/, 'a pipe is told no share');
  const odd = await split('--threshold', '4', '--shares-out', out);
  assert.match(odd.stderr, /not 4 of 3/);
  const made = await split('--shares-out', out, '--json');
  assert.equal(made.code, 0, made.stderr);
  const { files } = JSON.parse(made.stdout) as { files: string[] };
  assert.equal(files.length, 3);
  assert.deepEqual(
    files.map((file) => statSync(file).mode & 0o777),
    [0o600, 0o600, 0o600],
  );
  assert.match((await split('--shares-out', out)).stderr, /share-1 is there already/);
  const shared = join(node.folder, 'shared');
  mkdirSync(shared);
  chmodSync(shared, 0o755);
  symlinkSync(join(node.folder, 'nowhere', 'at-all'), join(shared, 'share-2'));
  assert.match((await split('--shares-out', shared)).stderr, /share-2 was not written/);
  assert.deepEqual(readdirSync(shared), ['share-2'], 'half a set is taken back');
  assert.equal(statSync(shared).mode & 0o777, 0o755, 'a folder that was there is left as it was');
  const [first = '', , third = ''] = files;
  const check = (...shares: readonly string[]) => {
    const given = shares.flatMap((share) => ['--share-file', share]);
    return node.ioi('wallet', 'phrase', 'check', '--json', ...given);
  };
  const both = await check(third, first);
  assert.equal(JSON.parse(both.stdout).is_owner, true, both.stderr);
  const codeOf = (ran: { stderr: string }) => JSON.parse(ran.stderr).error.code;
  assert.equal(codeOf(await check(first)), 'share.too_few');
  assert.equal(codeOf(await check(first, phrase)), 'share.unknown_word');
  const alone = await node.ioi('wallet', 'phrase', 'check', '--json', '--phrase-file', first);
  assert.equal(codeOf(alone), 'share.too_few', 'a share in place of the phrase');
});

test('an identity that was changed is not believed', async () => {
  const node = fresh();
  assert.equal((await node.init()).code, 0);
  const path = join(node.home.guardian, 'identity.json');
  const identity = JSON.parse(readFileSync(path, 'utf8'));
  const other = fresh();
  assert.equal((await other.init()).code, 0);
  const theirs = JSON.parse(readFileSync(join(other.home.guardian, 'identity.json'), 'utf8'));
  writeFileSync(path, JSON.stringify({ ...identity, agreement_key: theirs.agreement_key }));
  const changed = await node.ioi('wallet', 'id', '--json');
  assert.equal(JSON.parse(changed.stderr).error.code, 'identity.not_signed');
  writeFileSync(path, JSON.stringify({ ...identity, did: theirs.did }));
  const named = await node.ioi('wallet', 'id', '--json');
  assert.equal(JSON.parse(named.stderr).error.code, 'identity.other_key');
});
