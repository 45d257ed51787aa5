import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { vaultOf } from '../core/index.ts';
import { ContentKit } from '../testing/content-kit.ts';
import { NodeKit } from '../testing/node-kit.ts';

const PARAMS = { text: 'card 4111 1111 1111 1111' };
const SALT = 'ab'.repeat(16);

const kits: { remove(): void }[] = [];
after(() => {
  for (const kit of kits) kit.remove();
});

function vault() {
  const vaulted = vaultOf({ params: PARAMS, payloads: [] }, SALT);
  assert.ok(vaulted.ok);
  return vaulted.value;
}

/** A node that keeps what was inspected, and something that was not. */
async function keeping() {
  const node = await ContentKit.start();
  kits.push(node);
  const { digest, text } = vault();
  const plain = node.writing('plain');
  const call = { ...plain.call, vault: digest };
  await node.contents.put(call, { ...plain.payloads, [digest]: text }, [digest]);
  node.store.write();
  return { node, digest, text, plain: plain.digest };
}

test('what was inspected opens with the guardian’s half of its key, not without', async () => {
  const { node, digest, text, plain } = await keeping();
  node.reopen();
  const { contents, store } = node;
  assert.throws(() => store.text(digest), { code: 'artifact.corrupt' });
  assert.deepEqual([contents.salted(digest), contents.text(digest)], [undefined, undefined]);
  assert.deepEqual(await contents.vaultParams(digest), PARAMS);
  const pieces = await contents.pieces(digest);
  assert.equal(Buffer.concat([...(pieces ?? [])]).toString(), text);
  assert.equal(contents.text(plain), 'plain');
  for (const secret of [SALT, PARAMS.text]) assert.ok(!node.everything().includes(secret));
});

test('under another guardian, or forgotten, it is not there', async () => {
  const { node, digest } = await keeping();
  const other = node.contentsUnder(async () => randomBytes(32));
  assert.equal(await other.vaultParams(digest), undefined);
  assert.deepEqual(node.logged, ['what was inspected does not open']);
  node.store.destroy([digest]);
  assert.equal(await node.contents.vaultParams(digest), undefined);
  assert.equal(await node.contents.pieces(digest), undefined);
});

test('a guardian gives the same half after restart and handover, another does not', async () => {
  const kit = new NodeKit();
  const stranger = new NodeKit();
  kits.push(kit, stranger);
  const [one, two] = [digestBytes('one'), digestBytes('two')];
  const first = await kit.guardian();
  const key = await first.all.commitmentKey(one);
  assert.equal(key.length, 32);
  assert.notDeepEqual(key, await first.all.commitmentKey(two));
  await kit.appoint(first);
  kit.closeGuardian();
  const again = await kit.guardian();
  assert.deepEqual(key, await again.all.commitmentKey(one));
  kit.closeGuardian();
  const other = await stranger.guardian();
  assert.notDeepEqual(key, await other.all.commitmentKey(one));
  stranger.closeGuardian();
});
