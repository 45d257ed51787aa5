import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNoteKey, witnessKeysOf } from '@ioi/crypto';
import { generateHybridKey } from '@ioi/crypto/shell';
import { covers, readWitnesses } from './witness-config.ts';

const pair = witnessKeysOf(generateHybridKey().publicKey, 'w.example/1');
assert.ok(pair.ok);
const keys = [formatNoteKey(pair.value.ed25519), formatNoteKey(pair.value.mlDsa44)];
const good = { name: 'one', url: 'http://127.0.0.1:8470/', key: keys[0] };

test('witnesses are read from node.json, with one key or two', () => {
  const read = readWitnesses([good, { ...good, name: 'two', key: keys, required: true }]);
  assert.ok('targets' in read);
  assert.deepEqual(
    read.targets.map(({ name, url, keys: each, required }) => [name, url, each.length, required]),
    [
      ['one', 'http://127.0.0.1:8470', 1, false],
      ['two', 'http://127.0.0.1:8470', 2, true],
    ],
  );
  assert.deepEqual(readWitnesses(undefined), { targets: [] });
});

test('a witness covers every domain unless some are named', () => {
  const coverOf = (domains?: string[]): boolean[] => {
    const read = readWitnesses([{ ...good, ...(domains === undefined ? {} : { domains }) }]);
    const [target] = 'targets' in read ? read.targets : [];
    assert.ok(target, JSON.stringify(read));
    return ['market.example', 'other'].map((name) => covers(target, `agentgres://domain/${name}`));
  };
  assert.deepEqual(coverOf(), [true, true]);
  assert.deepEqual(coverOf([]), [false, false]);
  assert.deepEqual(coverOf(['market.example']), [true, false]);
  assert.deepEqual(coverOf(['agentgres://domain/market.example']), [true, false]);
});

test('what is wrong with a witness is named by its place', () => {
  const wrong = (value: unknown): string => {
    const read = readWitnesses(value);
    return 'wrong' in read ? read.wrong : 'accepted';
  };
  assert.equal(wrong({}), ' must be a list');
  assert.equal(wrong([null]), '/0 must be an object');
  assert.match(wrong([good, { ...good, name: 'a', extra: 1 }]), /^\/1\/extra is not known/);
  assert.match(wrong([good, good]), /^\/1\/name one is taken/);
  assert.match(wrong([{ ...good, name: 'One' }]), /^\/0\/name/);
  assert.match(wrong([{ ...good, required: 'yes' }]), /^\/0\/required/);
  assert.match(wrong([{ ...good, key: 'no key' }]), /^\/0\/key/);
  for (const domains of ['market.example', ['no domain'], [5, {}]]) {
    assert.match(wrong([{ ...good, domains }]), /^\/0\/domains/, String(domains));
  }
  assert.match(wrong([{ ...good, key: [] }]), /^\/0\/key/);
  for (const url of ['ftp://x/', 'x', 'http://user@x/', 'http://x/?a', 'http://x/#a', 5]) {
    assert.match(wrong([{ ...good, url }]), /^\/0\/url/, String(url));
  }
  const many = Array.from({ length: 9 }, (_, at) => ({ ...good, name: `w${at}` }));
  assert.match(wrong(many), /8 at most/);
});
