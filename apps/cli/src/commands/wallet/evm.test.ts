import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestNode } from '../../testing/test-node.ts';

const node = new TestNode();
const withPassphrase = ['--passphrase-file', node.passphraseFile];
const phrase = join(node.folder, 'phrase');

before(async () => {
  assert.equal((await node.init('--keep-phrase', '--phrase-out', phrase)).code, 0);
  const up = await node.ioi('up', '--detach');
  assert.equal(up.code, 0, up.stderr);
});

after(() => node.close());

async function derive(...more: readonly string[]) {
  const given = ['coins', '--server', 'chain', ...more, ...withPassphrase];
  const ran = await node.ioi('--json', 'wallet', 'evm', 'derive', ...given);
  return { exit: ran.code, ...JSON.parse(ran.stdout || (ran.stderr.split('\n')[0] ?? '')) };
}

test('an account of the phrase becomes a key of the vault, kept here or typed', async () => {
  const { evm_address } = JSON.parse((await node.ioi('wallet', 'id', '--json')).stdout);
  const own = await derive();
  assert.deepEqual([own.address, own.path], [evm_address, "m/44'/60'/0'/0/0"]);
  const second = await derive('--index', '1', '--chain', '10');
  assert.equal(second.bound_to.origin, 'evm:10');
  assert.notEqual(second.address, own.address);
  assert.equal((await node.ioi('wallet', 'phrase', 'forget')).code, 0);
  assert.match(JSON.stringify(await derive()), /"phrase\.not_kept"/);
  const again = await derive('--phrase-file', phrase, '--index', '1');
  assert.equal(again.address, second.address);
  const listed = (await node.ioi('wallet', 'secret', 'list')).stdout;
  assert.match(listed, /coins +evm_key +3 +chain +evm:1/);
  const words = readFileSync(phrase, 'utf8').split(' ').slice(0, 4).join(' ');
  assert.doesNotMatch(JSON.stringify([own, second, again]), new RegExp(words));
});
