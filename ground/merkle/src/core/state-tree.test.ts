import { deepEqual, equal, notDeepEqual, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import fc from 'fast-check';
import { STATE_CLASS, STATE_LEAF, stateLeafHash, stateNodeHash } from './hashing.ts';
import { type ReferenceEntry, referenceStateRoot } from './reference.ts';
import { stateKey } from './state-key.ts';
import { type StateChange, StateTree } from './state-tree.ts';
import { verifyStateProof } from './state-verify.ts';
import type { StateProof } from './tree-path.ts';

// Keys of few distinct leading bits, so that trees are deep and neighbours near.
const crowdedKey = fc
  .tuple(fc.nat(3), fc.array(fc.constantFrom(0, 1, 128, 255), { minLength: 2, maxLength: 2 }))
  .map(([group, bytes]) => {
    const key = new Uint8Array(64).fill(group === 3 ? 255 : 0);
    key[0] = group === 1 ? 128 : (key[0] ?? 0);
    key[31] = group === 2 ? 1 : (key[31] ?? 0);
    key[32] = bytes[0] ?? 0;
    key[63] = bytes[1] ?? 0;
    return key;
  });
const namedKey = fc
  .tuple(fc.constantFrom('run', 'grant', 'policy'), fc.nat(12))
  .map(([name, id]) => stateKey(name, `${id}`));
const valueDigest = fc.option(
  fc.nat(5).map((seed) => sha256(`value ${seed}`)),
  { nil: undefined },
);
const change: fc.Arbitrary<StateChange> = fc.record({
  key: fc.oneof(crowdedKey, namedKey),
  valueDigest,
});
const changes = fc.array(change, { maxLength: 40 });

function contentsAfter(list: readonly StateChange[]): ReferenceEntry[] {
  const contents = new Map<string, ReferenceEntry>();
  for (const { key, valueDigest: digest } of list) {
    contents.delete(key.join());
    if (digest !== undefined) contents.set(key.join(), { key, valueDigest: digest });
  }
  return [...contents.values()];
}

function treeOf(list: readonly StateChange[]): StateTree {
  const tree = new StateTree();
  tree.apply(list);
  return tree;
}

function entries(className: string, count: number): StateChange[] {
  return Array.from({ length: count }, (_, at) => ({
    key: stateKey(className, `${at}`),
    valueDigest: sha256(`value ${at}`),
  }));
}

test('the root depends on the contents, never on how they came about', () => {
  fc.assert(
    fc.property(changes, fc.array(fc.nat(39)), (list, cuts) => {
      const tree = new StateTree();
      const starts = [0, ...cuts.sort((a, b) => a - b)];
      starts.forEach((from, at) => {
        tree.apply(list.slice(from, starts[at + 1]));
      });
      deepEqual(tree.root(), referenceStateRoot(contentsAfter(list)));
    }),
    { numRuns: 500 },
  );
});

test('what a commit changed is undone to the very root there was', () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 6 }), fc.array(fc.boolean()), (commits, keeps) => {
      const tree = new StateTree();
      const kept: StateChange[] = [];
      commits.forEach((commit, at) => {
        const before = tree.root();
        const undo = tree.apply(commit);
        if (keeps[at]) {
          kept.push(...commit);
        } else {
          tree.apply(undo);
          deepEqual(tree.root(), before);
        }
        deepEqual(tree.root(), referenceStateRoot(contentsAfter(kept)));
      });
    }),
    { numRuns: 200 },
  );
});

test('every key is proved to have its value or none', () => {
  fc.assert(
    fc.property(changes, fc.oneof(crowdedKey, namedKey), (list, probe) => {
      const tree = treeOf(list);
      const root = tree.root();
      const contents = contentsAfter(list);
      const keys = [probe, ...contents.map((entry) => entry.key)];
      for (const key of keys) {
        const found = contents.find((entry) => entry.key.join() === key.join());
        const proof = tree.prove(key);
        const valueDigest = found?.valueDigest;
        deepEqual(verifyStateProof({ root, key, valueDigest, proof }), {
          ok: true,
          value: undefined,
        });
        const lie = valueDigest === undefined ? sha256('lie') : undefined;
        equal(verifyStateProof({ root, key, valueDigest: lie, proof }).ok, false);
        equal(verifyStateProof({ root, key, valueDigest: sha256('lie'), proof }).ok, false);
      }
    }),
    { numRuns: 300 },
  );
});

test('no proof shows both that a key has a value and that it has none', () => {
  fc.assert(
    fc.property(changes, fc.oneof(crowdedKey, namedKey), (list, other) => {
      const tree = treeOf(list);
      const root = tree.root();
      const stolen = tree.prove(other);
      for (const { key, valueDigest } of contentsAfter(list)) {
        if (key.join() === other.join()) continue;
        equal(verifyStateProof({ root, key, valueDigest: undefined, proof: stolen }).ok, false);
        const honest = tree.prove(key);
        const mixed: StateProof[] = [
          { classPath: honest.classPath },
          { classPath: honest.classPath, idPath: { siblings: [] } },
          { classPath: stolen.classPath, ...(honest.idPath && { idPath: honest.idPath }) },
          { classPath: honest.classPath, ...(stolen.idPath && { idPath: stolen.idPath }) },
        ];
        for (const proof of mixed) {
          equal(verifyStateProof({ root, key, valueDigest: undefined, proof }).ok, false);
        }
        ok(verifyStateProof({ root, key, valueDigest, proof: honest }).ok);
      }
    }),
    { numRuns: 200 },
  );
});

test('a changed proof does not hold', () => {
  const tree = treeOf([...entries('run', 50), ...entries('grant', 1)]);
  const root = tree.root();
  const key = stateKey('run', '7');
  const valueDigest = sha256('value 7');
  const proof = tree.prove(key);
  const siblings = proof.idPath?.siblings ?? [];
  ok(siblings.length > 3);
  const codeOf = (idPath: StateProof['idPath']): string => {
    const changed = { classPath: proof.classPath, ...(idPath && { idPath }) };
    const result = verifyStateProof({ root, key, valueDigest, proof: changed });
    return result.ok ? 'holds' : result.error.code;
  };
  equal(codeOf({ siblings }), 'holds');
  equal(codeOf({ siblings: siblings.slice(1) }), 'merkle.root_mismatch');
  equal(codeOf({ siblings: [...siblings, new Uint8Array(32)] }), 'merkle.root_mismatch');
  equal(codeOf({ siblings: siblings.map((hash) => hash.slice(1)) }), 'merkle.bad_hash_length');
  equal(codeOf({ siblings: new Array(257).fill(siblings[0]) }), 'merkle.bad_proof_length');
  equal(
    codeOf({ siblings, neighbour: { key: sha256('k'), value: valueDigest } }),
    'merkle.bad_neighbour',
  );
  equal(codeOf(undefined), 'merkle.bad_proof_length');
});

test('a neighbour that stands elsewhere shows nothing', () => {
  const tree = treeOf(entries('run', 1));
  const root = tree.root();
  const absent = stateKey('run', 'absent');
  const proof = tree.prove(absent);
  ok(proof.idPath?.neighbour);
  ok(verifyStateProof({ root, key: absent, valueDigest: undefined, proof }).ok);
  const present = stateKey('run', '0');
  const claimed = verifyStateProof({ root, key: present, valueDigest: undefined, proof });
  equal(claimed.ok ? '' : claimed.error.code, 'merkle.bad_neighbour');
});

test('a leaf that a forged tree has in the wrong place shows nothing', () => {
  const [left, right] = [stateKey('run', 'a'), stateKey('run', 'b')].map((key) =>
    key.slice(32),
  ) as [Uint8Array, Uint8Array];
  left[0] = 0;
  right[0] = 255;
  const value = sha256('value');
  const misplaced = stateLeafHash(STATE_LEAF, right, value);
  const sibling = stateLeafHash(STATE_LEAF, left, value);
  const classHash = sha256('run');
  const root = stateLeafHash(STATE_CLASS, classHash, stateNodeHash(misplaced, sibling));
  const idPath = { siblings: [sibling], neighbour: { key: right, value } };
  const key = new Uint8Array([...classHash, ...left]);
  const proof = { classPath: { siblings: [] }, idPath };
  const claimed = verifyStateProof({ root, key, valueDigest: undefined, proof });
  equal(claimed.ok ? '' : claimed.error.code, 'merkle.bad_neighbour');
});

test('leaves, classes and inner nodes are hashed as decision 0003 says', () => {
  const value = sha256('value');
  const hashOf = (...parts: (number | Uint8Array)[]): Uint8Array =>
    sha256(new Uint8Array(parts.flatMap((part) => (typeof part === 'number' ? part : [...part]))));
  const object = (id: string): Uint8Array => hashOf(2, sha256(id), value);
  const one = treeOf([{ key: stateKey('run', '1'), valueDigest: value }]);
  deepEqual(one.root(), hashOf(4, sha256('run'), object('1')));
  const isLeft = (id: string): boolean => (sha256(id)[0] ?? 0) < 128;
  const ids = ['0', '1', '2', '3', '4', '5', '6', '7'];
  const [left = '', right = ''] = [ids.find(isLeft), ids.find((id) => !isLeft(id))];
  const two = treeOf([left, right].map((id) => ({ key: stateKey('run', id), valueDigest: value })));
  deepEqual(two.root(), hashOf(4, sha256('run'), hashOf(object(left), object(right))));
});

test('an empty tree has the empty root and proves every absence', () => {
  const tree = new StateTree();
  deepEqual(tree.root(), new Uint8Array(32));
  const key = stateKey('run', '1');
  const proof = tree.prove(key);
  ok(verifyStateProof({ root: tree.root(), key, valueDigest: undefined, proof }).ok);
  tree.apply([{ key, valueDigest: undefined }]);
  deepEqual(tree.root(), new Uint8Array(32));
  tree.apply([{ key, valueDigest: sha256('value') }]);
  notDeepEqual(tree.root(), new Uint8Array(32));
  tree.apply([{ key, valueDigest: undefined }]);
  deepEqual(tree.root(), new Uint8Array(32));
});

test('class and id are kept apart in a key', () => {
  notDeepEqual(stateKey('ab', 'c'), stateKey('a', 'bc'));
  deepEqual(stateKey('run', '1').slice(0, 32), stateKey('run', '2').slice(0, 32));
  deepEqual(stateKey('run', '1').slice(32), stateKey('grant', '1').slice(32));
  const tree = new StateTree();
  for (const _ of ['first', 'again']) deepEqual(tree.keyOf('run', '1'), stateKey('run', '1'));
});

test('a key or digest of another length is a bug', () => {
  const tree = new StateTree();
  const [good] = entries('run', 1) as [StateChange];
  throws(() => tree.apply([good, { ...good, key: new Uint8Array(32) }]), AssertionFault);
  throws(() => tree.apply([good, { ...good, valueDigest: new Uint8Array(31) }]), AssertionFault);
  deepEqual(tree.root(), new Uint8Array(32), 'nothing of a refused batch is applied');
});
