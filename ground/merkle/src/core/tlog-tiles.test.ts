import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFault, encodeUtf8 } from '@ioi/basis';
import fc from 'fast-check';
import {
  consistencyProof,
  decodeEntryBundle,
  encodeEntryBundle,
  Frontier,
  hashTile,
  inclusionProof,
  leafHash,
  nodesFromTiles,
  parseTilePath,
  type Tile,
  tilePath,
  tilesFor,
  verifyInclusion,
} from './index.ts';

const SIZE = 2 ** 16 + 700;
const leaves = Array.from({ length: SIZE }, (_, at) => leafHash(encodeUtf8(`entry ${at}`)));
const { frontier, nodes } = Frontier.empty.extend(leaves);
const stored = new Map(nodes.map(({ level, index, hash }) => [`${level}/${index}`, hash]));
const nodeAt = (level: number, index: number): Uint8Array =>
  stored.get(`${level}/${index}`) as Uint8Array;

test('a tile has the path that C2SP gives it', () => {
  equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), 'tile/0/x001/x234/067');
  equal(tilePath({ level: 12, index: 0, width: 8 }), 'tile/12/000.p/8');
  equal(tilePath({ level: 'entries', index: 1000, width: 1 }), 'tile/entries/x001/000.p/1');
  throws(() => tilePath({ level: 64, index: 0, width: 256 }), AssertionFault);
  throws(() => tilePath({ level: 0, index: 0, width: 0 }), AssertionFault);
});

test('a path is read back, and no other spelling of it is', () => {
  const tile: fc.Arbitrary<Tile> = fc.record({
    level: fc.oneof(fc.constant('entries' as const), fc.nat(63)),
    index: fc.oneof(fc.nat(3000), fc.maxSafeNat()),
    width: fc.integer({ min: 1, max: 256 }),
  });
  fc.assert(
    fc.property(tile, (one) =>
      deepEqual(parseTilePath(tilePath(one)), { ok: true, value: { ...one } }),
    ),
  );
  const hostile = [
    ...['', 'tile', 'tile/0', 'tile/0/', 'tile/0/00', 'tile/0/0000', 'tile/00/000', 'tile/64/000'],
    ...['tile/0/x000/001', 'tile/0/001/002', 'tile/0/x001', 'tile/0/x001/', 'tile/0/000.p/0'],
    ...['tile/0/000.p/256', 'tile/0/000.p/01', 'tile/0/000.p/', 'tile/-1/000', '/tile/0/000'],
    ...['tile/entries/000/', 'tile/Entries/000', 'tile/0/000.p/9\n', 'tile/0/x1/000', 'tile/0/0é0'],
    `tile/0/${'x999/'.repeat(6)}999`,
  ];
  for (const path of hostile) {
    const parsed = parseTilePath(path);
    equal(parsed.ok ? 'accepted' : parsed.error.code, 'merkle.bad_encoding', path);
  }
});

test('a log of 70,000 has the tiles of the specification', () => {
  const tiles = tilesFor(0, 70_000);
  const at = (level: number): Tile[] => tiles.filter((tile) => tile.level === level);
  equal(at(0).length, 274);
  deepEqual(at(0).at(-1), { level: 0, index: 273, width: 112 });
  deepEqual(at(1), [
    { level: 1, index: 0, width: 256 },
    { level: 1, index: 1, width: 17 },
  ]);
  deepEqual(at(2), [{ level: 2, index: 0, width: 1 }]);
  deepEqual(tilesFor(0, 256), [
    { level: 0, index: 0, width: 256 },
    { level: 1, index: 0, width: 1 },
  ]);
  deepEqual(tilesFor(255, 255), []);
  deepEqual(tilesFor(256, 257), [{ level: 0, index: 1, width: 1 }]);
  deepEqual(tilesFor(0, 0), []);
});

test('a log that writes its new tiles as it grows can be proved from them alone', () => {
  const sizes = fc.uniqueArray(fc.integer({ min: 1, max: SIZE }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (unsorted, a, b) => {
      const written = new Map<string, Uint8Array>();
      let before = 0;
      for (const size of unsorted.sort((one, other) => one - other)) {
        for (const tile of tilesFor(before, size)) {
          written.set(tilePath(tile), hashTile(tile, nodeAt));
        }
        before = size;
        const read: string[] = [];
        const fromTiles = nodesFromTiles((tile) => {
          read.push(tilePath(tile));
          return written.get(tilePath(tile)) as Uint8Array;
        }, size);
        const [index, old] = [a % size, (b % size) + 1];
        deepEqual(inclusionProof(fromTiles, index, size), inclusionProof(nodeAt, index, size));
        deepEqual(consistencyProof(fromTiles, old, size), consistencyProof(nodeAt, old, size));
        ok(read.length <= 10, `${read.length} tiles read`);
      }
    }),
    { numRuns: 12 },
  );
});

test('a proof from wrong, short or long tiles does not hold, and throws nothing', () => {
  const index = 65_600;
  const tiles = [new Uint8Array(), new Uint8Array(31), new Uint8Array(9000).fill(7)];
  for (const tile of tiles) {
    const proof = inclusionProof(
      nodesFromTiles(() => tile, SIZE),
      index,
      SIZE,
    );
    const claim = { leafHash: leaves[index] as Uint8Array, index, size: SIZE, proof };
    equal(verifyInclusion({ ...claim, root: frontier.root() }).ok, false);
  }
});

test('a bundle gives back its entries, and only whole', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 });
  fc.assert(
    fc.property(entries, fc.nat(), (list, cut) => {
      const bundle = encodeEntryBundle(list);
      ok(bundle.ok);
      deepEqual(decodeEntryBundle(bundle.value, list.length), { ok: true, value: list });
      const shorter = bundle.value.slice(0, cut % bundle.value.length);
      equal(decodeEntryBundle(shorter, list.length).ok, false);
      equal(decodeEntryBundle(new Uint8Array([...bundle.value, 0]), list.length).ok, false);
      equal(decodeEntryBundle(bundle.value, list.length + 1).ok, false);
      equal(decodeEntryBundle(bundle.value, list.length - 1).ok, false);
    }),
  );
  const large = new Uint8Array(65_535).fill(1);
  const bundle = encodeEntryBundle([large]);
  ok(bundle.ok);
  deepEqual(decodeEntryBundle(bundle.value, 1), { ok: true, value: [large] });
  equal(encodeEntryBundle([new Uint8Array(65_536)]).ok, false);
  equal(encodeEntryBundle([]).ok, false);
  equal(encodeEntryBundle(new Array(257).fill(large)).ok, false);
  equal(decodeEntryBundle(new Uint8Array(), 0).ok, false);
});
