import { equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import fc from 'fast-check';
import { type ListedEntry, type ListingClaim, StateTree, verifyListing } from './index.ts';

const CLASS = 'run';
const entry = (id: number): ListedEntry => ({ id: `${id}`, valueDigest: sha256(`value ${id}`) });

function treeOf(ids: readonly number[], className = CLASS): StateTree {
  const tree = new StateTree();
  tree.apply(ids.map(entry).map((each) => ({ ...each, key: tree.keyOf(className, each.id) })));
  tree.apply([{ key: tree.keyOf('other', '1'), valueDigest: sha256('other') }]);
  return tree;
}

function listing(tree: StateTree, entries: readonly ListedEntry[], prefix?: string): ListingClaim {
  const proof = tree.proveListing(CLASS, prefix);
  return { root: tree.root(), className: CLASS, entries, proof, ...(prefix && { prefix }) };
}

function codeOf(claim: ListingClaim): string {
  const result = verifyListing(claim);
  return result.ok ? 'holds' : result.error.code;
}

function isOnPage(id: string, prefix: string): boolean {
  const bits = [...sha256(id)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.startsWith(prefix);
}

const someIds = fc.uniqueArray(fc.nat(200), { maxLength: 30 });

test('a complete listing holds in any order, and no other listing does', () => {
  fc.assert(
    fc.property(someIds, fc.nat(), fc.nat(300), (ids, pick, other) => {
      const claim = listing(treeOf(ids), ids.map(entry));
      equal(codeOf(claim), 'holds');
      equal(codeOf({ ...claim, entries: [...claim.entries].reverse() }), 'holds');
      if (!ids.includes(other)) {
        equal(verifyListing({ ...claim, entries: [...claim.entries, entry(other)] }).ok, false);
      }
      if (ids.length === 0) return;
      const at = pick % ids.length;
      const without = claim.entries.filter((_, index) => index !== at);
      equal(verifyListing({ ...claim, entries: without }).ok, false);
      const lie = { ...entry(ids[at] as number), valueDigest: sha256('lie') };
      equal(verifyListing({ ...claim, entries: [...without, lie] }).ok, false);
      const twice = [...claim.entries, claim.entries[at] as ListedEntry];
      equal(codeOf({ ...claim, entries: twice }), 'merkle.bad_listing');
      equal(verifyListing({ ...claim, entries: [] }).ok, false);
      equal(verifyListing({ ...claim, className: 'other' }).ok, false);
    }),
    { numRuns: 200 },
  );
});

test('a class that is absent lists nothing', () => {
  const empty = listing(treeOf([]), []);
  equal(codeOf(empty), 'holds');
  equal(codeOf({ ...empty, entries: [entry(1)] }), 'merkle.bad_proof_length');
  const full = treeOf([1, 2, 3]);
  const claim = { ...empty, root: full.root() };
  equal(codeOf(claim), 'merkle.root_mismatch');
  equal(
    codeOf({ ...claim, proof: { classPath: full.proveListing(CLASS).classPath } }),
    'merkle.root_mismatch',
  );
});

test('the pages of a class are complete, each on its own', () => {
  fc.assert(
    fc.property(someIds, fc.integer({ min: 1, max: 9 }), fc.nat(), (ids, bits, seed) => {
      const tree = treeOf(ids);
      const prefix = (seed % 2 ** bits).toString(2).padStart(bits, '0');
      const on = ids.map(entry).filter(({ id }) => isOnPage(id, prefix));
      const off = ids.map(entry).filter(({ id }) => !isOnPage(id, prefix));
      const claim = listing(tree, on, prefix);
      equal(codeOf(claim), 'holds');
      const [stray] = off;
      if (stray) {
        const code = codeOf({ ...claim, entries: [...on, stray] });
        ok(
          code === 'merkle.bad_listing' ||
            code === 'merkle.bad_neighbour' ||
            code === 'merkle.bad_proof_length',
          code,
        );
      }
      if (on.length > 0) {
        equal(verifyListing({ ...claim, entries: on.slice(1) }).ok, false);
        equal(codeOf({ ...claim, entries: [...on, ...on] }) === 'holds', false);
      }
    }),
    { numRuns: 500 },
  );
});

test('the proof of one page shows no other', () => {
  const ids = Array.from({ length: 40 }, (_, at) => at);
  const tree = treeOf(ids);
  const page = (prefix: string): ListedEntry[] =>
    ids.map(entry).filter(({ id }) => isOnPage(id, prefix));
  const prefixes = ['', '0', '1', '00', '01', '10', '11', '000', '010', '011'];
  for (const shown of prefixes) {
    const claim = listing(tree, page(shown), shown);
    equal(codeOf(claim), 'holds');
    for (const prefix of prefixes.filter((each) => each !== shown)) {
      equal(verifyListing({ ...claim, prefix }).ok, false, `${shown} as ${prefix}`);
      for (const entries of [page(prefix), []]) {
        const holds = verifyListing({ ...claim, prefix, entries }).ok;
        equal(holds, false, `${shown} as ${prefix} of ${entries.length}`);
      }
    }
  }
  const claim = listing(tree, page('01'), '01');
  equal(codeOf({ ...claim, prefix: '0 1' }), 'merkle.bad_listing');
  equal(codeOf({ ...claim, prefix: '0'.repeat(257) }), 'merkle.bad_listing');
  throws(() => tree.proveListing(CLASS, '012'), AssertionFault);
});

test('hashes of another length are refused', () => {
  const claim = listing(treeOf([1, 2]), [entry(1), { id: '2', valueDigest: new Uint8Array(31) }]);
  equal(codeOf(claim), 'merkle.bad_hash_length');
});
