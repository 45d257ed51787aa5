import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogStore } from '../core/index.ts';

/** How an implementation is opened for the suite; `reopen` must see what was on disk. */
export type StoreFixture = { open(): LogStore; reopen(store: LogStore): LogStore };

const leaf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({
    text: `{"n":${from + index}}`,
    leaf: leaf(from + index),
  }));
const key = { headClass: 'c', id: 'one' };

/** What every LogStore must do; whoever implements the port runs this (design section 4). */
export function storeSuite(fixture: () => StoreFixture): void {
  entriesSuite(fixture);
  headsSuite(fixture);
}

function entriesSuite(fixture: () => StoreFixture): void {
  test('an append is there after reopening, in order', () => {
    const { open, reopen } = fixture();
    let store = open();
    store.append({ firstSeq: 0n, entries: rows(3), payloads: { d: 'payload' } });
    store.append({ firstSeq: 3n, entries: rows(2, 3), payloads: {} });
    store = reopen(store);
    assert.equal(store.size(), 5n);
    const texts = store.entries(1n, 4n).map((entry) => entry.text);
    assert.deepEqual(texts, ['{"n":1}', '{"n":2}', '{"n":3}']);
    assert.deepEqual(
      store.leaves(4n, 5n).map((each) => each[0]),
      [4],
    );
    assert.equal(store.payload('d'), 'payload');
    assert.equal(store.payload('absent'), undefined);
    store.close();
  });

  test('an append is all or nothing', () => {
    const store = fixture().open();
    store.append({ firstSeq: 0n, entries: rows(2), payloads: {} });
    const torn = [...rows(1, 2), { text: 'x', leaf: 'no bytes' as unknown as Uint8Array }];
    assert.throws(() => store.append({ firstSeq: 2n, entries: torn, payloads: {} }));
    assert.throws(() => store.append({ firstSeq: 1n, entries: rows(1, 9), payloads: {} }));
    assert.equal(store.size(), 2n);
    store.close();
  });

  test('entries are found by reference', () => {
    const store = fixture().open();
    store.append({ firstSeq: 0n, entries: rows(3), payloads: {} });
    const references = [
      { reference: 'sha256:abc', seq: '0' },
      { reference: 'sha256:abd', seq: '2' },
    ];
    store.applySealed({
      changes: [],
      watermark: { size: 3, peaks: [leaf(1), leaf(2)] },
      references,
    });
    assert.deepEqual(store.seqsOf('sha256:ab', 9), [2n, 0n]);
    assert.deepEqual(store.seqsOf('sha256:abc', 9), [0n]);
    assert.deepEqual(store.seqsOf('sha256:ab', 1), [2n]);
    store.close();
  });
}

function headsSuite(fixture: () => StoreFixture): void {
  test('heads follow the watermark and can be folded again', () => {
    const { open, reopen } = fixture();
    let store = open();
    const watermark = { size: 1, peaks: [leaf(7)] };
    store.applySealed({ changes: [{ key, value: { a: 1 } }], watermark, references: [] });
    store = reopen(store);
    assert.deepEqual(store.get(key), { a: 1 });
    assert.equal(store.watermark().size, 1);
    assert.deepEqual(
      store.watermark().peaks.map((peak) => [...peak]),
      [[...leaf(7)]],
    );
    assert.deepEqual([...store.heads()], [{ key, value: { a: 1 } }]);
    store.applySealed({ changes: [{ key, value: undefined }], watermark, references: [] });
    assert.equal(store.get(key), undefined);
    store.applySealed({ changes: [{ key, value: 2 }], watermark, references: [] });
    store.resetHeads();
    assert.deepEqual([store.get(key), store.watermark().size], [undefined, 0]);
    store.close();
  });

  test('hostile keys and texts come back as they went in', () => {
    const store = fixture().open();
    const text = JSON.stringify({ s: "'; DROP TABLE entries; -- \u0000 \u202e 😀" });
    store.append({
      firstSeq: 0n,
      entries: [{ text, leaf: leaf(0) }],
      payloads: { "k'": text },
    });
    const odd = { headClass: "c'", id: '%_\u0000' };
    const watermark = { size: 1, peaks: [leaf(0)] };
    const references = [{ reference: "x' OR '1'='1", seq: '0' }];
    store.applySealed({ changes: [{ key: odd, value: text }], watermark, references });
    assert.equal(store.entries(0n, 1n)[0]?.text, text);
    assert.equal(store.get(odd), text);
    assert.deepEqual(store.seqsOf("x' OR '1'='1", 5), [0n]);
    store.close();
  });
}
