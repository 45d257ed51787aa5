import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StateTree } from '@ioi/merkle';
import type { HeadChange, HeadKey } from '@ioi/protocol';
import * as fc from 'fast-check';
import { declaredView, emptyView, HeadMap, HeadOverlay, headName } from './heads.ts';
import { applyToTree, rootDigest } from './state.ts';

const key = (id: string, headClass = 'action'): HeadKey => ({ headClass, id });
const change = (id: string, value: unknown): HeadChange => ({ key: key(id), value });

test('an overlay shows its changes and leaves what is below alone', () => {
  const below = new HeadMap();
  below.apply([change('a', { n: 1 }), change('b', { n: 2 })]);
  const overlay = new HeadOverlay(below);
  overlay.apply([change('a', { n: 3 }), change('b', undefined)]);
  assert.deepEqual(overlay.get(key('a')), { n: 3 });
  assert.equal(overlay.get(key('b')), undefined);
  assert.deepEqual(below.get(key('a')), { n: 1 });
  assert.deepEqual(below.get(key('b')), { n: 2 });
});

test('overlays stack: a batch over a prepared batch over the store', () => {
  const first = new HeadOverlay(emptyView);
  first.apply([change('a', 1), change('b', 1)]);
  const second = new HeadOverlay(first);
  second.apply([change('a', 2)]);
  assert.deepEqual([second.get(key('a')), second.get(key('b'))], [2, 1]);
  assert.deepEqual(second.changes(), [change('a', 2)]);
});

test('an overlay gives the last change of every key once', () => {
  const overlay = new HeadOverlay(emptyView);
  overlay.apply([change('a', 1), change('b', 1)]);
  overlay.apply([change('a', undefined), change('b', 2)]);
  assert.deepEqual(overlay.changes(), [change('a', undefined), change('b', 2)]);
});

test('every layering of the same changes tells the same times', () => {
  const steps = fc.array(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      headClass: fc.constantFrom('action', 'open'),
      present: fc.boolean(),
      cut: fc.boolean(),
    }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const [flat, base] = [new HeadMap(), new HeadMap()];
      let top = new HeadOverlay(base);
      all.forEach(({ id, headClass, present, cut }, at) => {
        const value = present ? at : undefined;
        const one = [{ key: key(id, headClass), value, seq: BigInt(at) }];
        flat.apply(one);
        top.apply(one);
        if (!cut) return;
        const next = new HeadOverlay(top);
        base.apply(top.changes());
        next.rebase(base);
        top = next;
      });
      for (const headClass of ['action', 'open', 'token']) {
        for (const id of ['a', 'b', 'c', undefined]) {
          assert.equal(top.changedAt(headClass, id), flat.changedAt(headClass, id));
        }
      }
    }),
  );
});

test('a read that was not declared is a bug, not an answer', () => {
  const view = declaredView(emptyView, [key('a')]);
  assert.equal(view.get(key('a')), undefined);
  assert.throws(() => view.get(key('b')), /undeclared read of action\/b/);
  assert.throws(() => view.get(key('a', 'token')), /undeclared read of token\/a/);
});

test('no two keys of different classes share a name', () => {
  const names = fc.record({ headClass: fc.stringMatching(/^[a-z]{1,8}$/), id: fc.string() });
  const sameKey = (a: HeadKey, b: HeadKey) => a.headClass === b.headClass && a.id === b.id;
  fc.assert(
    fc.property(names, names, (a, b) => {
      assert.equal(headName(a) === headName(b), sameKey(a, b));
    }),
  );
});

test('the state root follows from the heads, not from how they came to be', () => {
  const steps = fc.array(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      headClass: fc.constantFrom('action', 'open'),
      value: fc.option(fc.nat(3), { nil: undefined }),
    }),
  );
  fc.assert(
    fc.property(steps, (list) => {
      const heads = new HeadMap();
      const tree = new StateTree();
      for (const { id, headClass, value } of list) {
        const one = [{ key: key(id, headClass), value }];
        heads.apply(one);
        applyToTree(tree, one);
      }
      const fresh = new StateTree();
      for (const headClass of ['open', 'action']) applyToTree(fresh, heads.list(headClass));
      assert.equal(rootDigest(tree), rootDigest(fresh));
    }),
  );
});
