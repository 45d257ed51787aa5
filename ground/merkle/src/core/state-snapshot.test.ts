import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '@ioi/canon';
import fc from 'fast-check';
import { stateKey } from './state-key.ts';
import { type StateChange, StateTree } from './state-tree.ts';

const changes = fc.array(
  fc.record({
    key: fc
      .tuple(fc.constantFrom('run', 'grant', 'policy'), fc.nat(30))
      .map(([name, id]) => stateKey(name, `${id}`)),
    valueDigest: fc.option(
      fc.nat(5).map((seed) => sha256(`value ${seed}`)),
      { nil: undefined },
    ),
  }),
  { maxLength: 60 },
);

function treeOf(list: readonly StateChange[]): StateTree {
  const tree = new StateTree();
  tree.apply(list);
  return tree;
}

function restored(bytes: Uint8Array): StateTree {
  const tree = StateTree.restore(bytes);
  ok(tree.ok, tree.ok ? '' : tree.error.message);
  return tree.value;
}

const SAMPLE = treeOf(
  Array.from({ length: 9 }, (_, at) => ({
    key: stateKey(at < 7 ? 'run' : `only ${at}`, `${at}`),
    valueDigest: sha256(`${at}`),
  })),
).serialise();

/** A snapshot of nodes like `. L3 / I4 .`, each with two references, and a digest that is right. */
function snapshotOf(shape: string): Uint8Array {
  const nodes = shape.split(' / ').map((node) => node.split(' ').map(referenceIn));
  const body = new Uint8Array(20 + 72 * nodes.length);
  body.set(SAMPLE.subarray(0, 16), 0);
  const view = new DataView(body.buffer);
  [nodes.length, ...nodes.flat()].forEach((word, at) => {
    view.setUint32(16 + 4 * at, word, true);
  });
  return withDigest(body);
}

/** Nothing, a leaf (`L3`) or an inner node (`I3`). */
function referenceIn(text: string): number {
  return text === '.' ? 0 : 2 * Number(text.slice(1)) + (text.startsWith('L') ? 1 : 0);
}

/** A class whose tree is a chain of inner nodes, each beside nothing, down to two leaves. */
function chainOf(length: number): string {
  const links = Array.from({ length: length - 1 }, (_, at) => `I${at + 3} . / `).join('');
  return `. L1 / . I2 / ${links}L${length + 2} L${length + 3} / . . / . .`;
}

/** The snapshot with bytes changed and its digest made right again. */
function forged(change: (body: Uint8Array) => Uint8Array | undefined): Uint8Array {
  const body = SAMPLE.slice(0, -32);
  return withDigest(change(body) ?? body);
}

function withDigest(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(body.length + 32);
  bytes.set(body, 0);
  bytes.set(sha256(sha256(body)), body.length);
  return bytes;
}

test('a stored tree is the same tree, and goes on the same', () => {
  fc.assert(
    fc.property(changes, changes, (before, after) => {
      const tree = treeOf(before);
      const again = restored(tree.serialise());
      deepEqual(again.root(), tree.root());
      for (const { key } of [...before, ...after]) deepEqual(again.prove(key), tree.prove(key));
      tree.apply(after);
      again.apply(after);
      deepEqual(again.root(), tree.root());
    }),
  );
});

test('what is stored depends on the contents, and holds nothing that was freed', () => {
  fc.assert(
    fc.property(changes, changes, (kept, dropped) => {
      const tree = treeOf(kept);
      const undo = tree.apply(dropped);
      tree.apply(undo);
      deepEqual(tree.serialise(), treeOf(kept).serialise());
    }),
  );
});

test('any changed byte of a stored tree is noticed', () => {
  for (let at = 0; at < SAMPLE.length; at += 1) {
    const changed = SAMPLE.slice();
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    const result = StateTree.restore(changed);
    equal(result.ok ? 'restored' : result.error.code, 'merkle.damaged', `byte ${at}`);
  }
  for (const bytes of [SAMPLE.slice(1), SAMPLE.slice(0, -1), new Uint8Array(), new Uint8Array(200)])
    equal(StateTree.restore(bytes).ok, false);
});

test('references that make no tree of trees are refused, whatever the digest says', () => {
  const view = new DataView(SAMPLE.buffer);
  const slots = view.getUint32(16, true);
  let refused = 0;
  for (let at = 0; at < 2 * slots; at += 1) {
    for (const reference of [0, 1, 2, 3, 2 * at, 2 * slots, 0xffff_ffff]) {
      if (view.getUint32(20 + 4 * at, true) === reference) continue;
      const bytes = forged((body) => {
        new DataView(body.buffer).setUint32(20 + 4 * at, reference, true);
        return undefined;
      });
      const result = StateTree.restore(bytes);
      equal(result.ok ? 'restored' : result.error.code, 'merkle.damaged', `${at} ${reference}`);
      refused += 1;
    }
  }
  ok(refused > 100);
});

test('shapes that no tree of trees has are refused', () => {
  const codeOf = (shape: string): string => {
    const result = StateTree.restore(snapshotOf(shape));
    return result.ok ? 'restored' : result.error.message;
  };
  for (const shape of ['. .', '. L1 / . L2 / . .', chainOf(3), chainOf(256)]) {
    equal(codeOf(shape), 'restored', shape);
  }
  match(codeOf(chainOf(257)), /too deep/);
  const cannot = /children that it cannot have/;
  match(codeOf('L1 . / . L2 / . .'), cannot, 'beside the root');
  match(codeOf('. L1 / . .'), cannot, 'an empty class');
  match(codeOf('. L1 / L2 L3 / . . / . .'), cannot, 'a class of two trees');
  match(codeOf('. L1 / . I2 / . L3 / . .'), cannot, 'a lone leaf');
  match(codeOf('. L1 / . I2 / . .'), cannot, 'an inner node above nothing');
  match(codeOf('. L1 / . L2 / . L3 / . .'), cannot, 'below an object');
  match(codeOf('. . / I1 I1'), /nothing leads to node 1/);
  match(codeOf('. L1 / . L2'), /leads elsewhere/, 'past the end');
  match(codeOf('. L1 / . I1'), /leads elsewhere/, 'back to itself');
});

test('a snapshot without nodes, or with more than it says, is refused', () => {
  const withSlots = (slots: number): Uint8Array =>
    forged((body) => {
      new DataView(body.buffer).setUint32(16, slots, true);
      return undefined;
    });
  for (const slots of [0, 1, 5, 0xffff_ffff]) equal(StateTree.restore(withSlots(slots)).ok, false);
  const longer = forged((body) => {
    const bytes = new Uint8Array(body.length + 72);
    bytes.set(body, 0);
    return bytes;
  });
  equal(StateTree.restore(longer).ok, false);
  equal(restored(forged(() => undefined)).root().length, 32);
});

test('noise is no snapshot, and a snapshot full of noise crashes nothing', () => {
  const noise = fc.uint8Array({ minLength: 0, maxLength: 400 });
  fc.assert(
    fc.property(noise, fc.nat(), (bytes, at) => {
      equal(StateTree.restore(bytes).ok, false);
      const from = 20 + (at % (SAMPLE.length - 52));
      const result = StateTree.restore(
        forged((body) => {
          body.set(bytes.subarray(0, body.length - from), from);
          return undefined;
        }),
      );
      if (result.ok) result.value.prove(stateKey('run', '1'));
    }),
  );
});
