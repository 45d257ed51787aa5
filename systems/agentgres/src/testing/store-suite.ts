import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HeadText } from '@ioi/law';
import { leafHash } from '@ioi/merkle';
import type { Append, Attestor, LogStore } from '../core/index.ts';
import { openLog } from '../shell/open-log.ts';

/** How an implementation is opened for the suite; `reopen` must see what was on disk. */
export type StoreFixture = {
  /** A store with nothing in it. */
  open(): Promise<LogStore>;
  /** The same store once more, after the one given was closed, or beside it. */
  reopen(store: LogStore, beside?: boolean): Promise<LogStore>;
};

type Fixture = () => StoreFixture;

const leaf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const rows = (count: number, from = 0): Append['entries'] =>
  Array.from({ length: count }, (_, index) => {
    const text = `{"n":${from + index}}`;
    return { text, nodes: Uint8Array.from([...leafHash(text), ...leaf(200)]) };
  });
const key = { headClass: 'c', id: 'one' };
const head = (value: string | undefined, seq = 0): HeadText => ({ ...key, value, seq });
const nothing = { changes: [], references: [] };

/** What every LogStore must do; whoever implements the port runs this (design section 4). */
export function storeSuite(name: string, fixture: Fixture): void {
  describe(name, () => {
    entriesSuite(fixture);
    writersSuite(fixture);
    overtakenSuite(fixture);
    takenBackSuite(fixture);
    headsSuite(fixture);
  });
}

async function claimed({ open }: StoreFixture): Promise<LogStore> {
  const store = await open();
  await store.claim();
  return store;
}

function entriesSuite(fixture: Fixture): void {
  test('an append is there after reopening, in order', async () => {
    const made = fixture();
    let store = await claimed(made);
    await store.append({ firstSeq: 0n, entries: rows(3), payloads: { d: 'payload' } });
    await store.append({ firstSeq: 3n, entries: rows(2, 3), payloads: {} });
    store = await made.reopen(store);
    assert.equal(await store.size(), 5n);
    const texts = (await store.entries(1n, 4n)).map((entry) => entry.text);
    assert.deepEqual(texts, ['{"n":1}', '{"n":2}', '{"n":3}']);
    const leaves = await store.leaves(4n, 5n);
    assert.deepEqual(
      leaves.map((each) => [...each]),
      [[...leafHash('{"n":4}')]],
    );
    const [kept] = await store.nodes([2]);
    assert.deepEqual([kept?.length, kept?.[0], kept?.[63]], [64, leafHash('{"n":2}')[0], 200]);
    await assert.rejects(async () => store.nodes([9]), { code: 'log.damaged' });
    assert.equal(await store.payload('d'), 'payload');
    assert.equal(await store.payload('absent'), undefined);
    await store.close();
  });

  test('what stands beside entries stays until it is settled', async () => {
    const made = fixture();
    let store = await claimed(made);
    const one = { digest: 'one', about: 'NUL \0 and €', bytes: leaf(3) };
    const two = { digest: 'two', about: '', bytes: new Uint8Array() };
    await store.append({ firstSeq: 0n, entries: rows(2), payloads: {}, beside: [one] });
    await store.append({ firstSeq: 2n, entries: rows(1, 2), payloads: {}, beside: [two] });
    const read = async () =>
      (await store.beside()).map((each) => ({ ...each, bytes: [...each.bytes] }));
    const [first, second] = [one, two].map((each) => ({ ...each, bytes: [...each.bytes] }));
    store = await made.reopen(store);
    assert.deepEqual(await read(), [first, second]);
    await store.claim();
    await store.append({ firstSeq: 3n, entries: rows(1, 3), payloads: {}, settledBelow: 2n });
    assert.deepEqual(await read(), [second]);
    await store.close();
  });

  test('an append is all or nothing', async () => {
    const store = await claimed(fixture());
    await store.append({ firstSeq: 0n, entries: rows(2), payloads: {} });
    const torn = [...rows(1, 2), { text: 'x', nodes: { not: 'bytes' } as unknown as Uint8Array }];
    await assert.rejects(async () => store.append({ firstSeq: 2n, entries: torn, payloads: {} }));
    assert.equal(await store.size(), 2n);
    await store.close();
  });

  test('entries are found by reference', async () => {
    const store = await claimed(fixture());
    await store.append({ firstSeq: 0n, entries: rows(3), payloads: {} });
    const references = [
      { reference: 'sha256:abc', seq: 0 },
      { reference: 'sha256:abd', seq: 2 },
    ];
    const watermark = { size: 3, peaks: [leaf(1), leaf(2)] };
    await store.applySealed({ changes: [], watermark, references });
    assert.deepEqual(await store.seqsOf('sha256:ab', 9), [2n, 0n]);
    assert.deepEqual(await store.seqsOf('sha256:abc', 9), [0n]);
    assert.deepEqual(await store.seqsOf('sha256:ab', 1), [2n]);
    const known = await store.known(['sha256:abd', 'sha256:ab', 'nothing']);
    assert.deepEqual([...known], ['sha256:abd']);
    await store.close();
  });
}

function writersSuite(fixture: Fixture): void {
  test('a log has one writer, and an append its one place', async () => {
    const made = fixture();
    const first = await claimed(made);
    await first.append({ firstSeq: 0n, entries: rows(2), payloads: {} });
    for (const firstSeq of [1n, 3n]) {
      const misplaced = async () => first.append({ firstSeq, entries: rows(1, 9), payloads: {} });
      await assert.rejects(misplaced, { code: 'log.fenced' });
    }
    const second = await made.reopen(first, true);
    await second.claim();
    const late = async () => first.append({ firstSeq: 2n, entries: rows(1, 2), payloads: {} });
    await assert.rejects(late, { code: 'log.fenced' });
    await second.append({ firstSeq: 2n, entries: rows(1, 2), payloads: {} });
    assert.equal(await second.size(), 3n);
    await first.close();
    await second.close();
  });
}

function overtakenSuite(fixture: Fixture): void {
  test('heads have one writer, whatever one before it still sends', async () => {
    const made = fixture();
    const first = await claimed(made);
    const second = await made.reopen(first, true);
    await second.claim();
    const watermark = { size: 1, peaks: [leaf(7)] };
    await second.applySealed({ ...nothing, changes: [head('1', 0)], watermark });
    const late = { ...nothing, changes: [head('2', 0)], watermark: { size: 0, peaks: [] } };
    await assert.rejects(async () => first.resetHeads(), { code: 'log.fenced' });
    const applyTwice = async () => {
      // A store may tell of a fault in heads only when the next are written.
      await first.applySealed(late);
      await first.applySealed(late);
    };
    await assert.rejects(applyTwice, { code: 'log.fenced' });
    assert.deepEqual(await second.headsAt([key]), [head('1', 0)]);
    assert.equal((await second.watermark()).size, 1);
    await first.close();
    await second.close();
  });

  test('who is overtaken while opening is told so, whatever it has read by then', async () => {
    const made = fixture();
    const first = await made.open();
    let second: LogStore | undefined;
    const attestor = {
      open: async () => {
        second = await made.reopen(first, true);
        await second.claim();
        const watermark = { size: 1, peaks: [leaf(7)] };
        await second.applySealed({ ...nothing, watermark });
        // Heads may follow what was sealed: they have when their watermark can be read.
        await second.watermark();
        return undefined;
      },
    } as unknown as Attestor;
    await assert.rejects(openLog(first, attestor, new Map()), { code: 'log.fenced' });
    await first.close();
    await second?.close();
  });
}

function takenBackSuite(fixture: Fixture): void {
  test('whoever takes a log back knows of the operations that were written meanwhile', async () => {
    const made = fixture();
    const first = await claimed(made);
    const ids = ['op_1', 'op_2', 'op_3'];
    const sealed = (reference: string, size: number) => {
      return { ...nothing, watermark: { size, peaks: [] }, references: [{ reference, seq: 0 }] };
    };
    await first.applySealed(sealed('op_1', 0));
    assert.deepEqual([...(await first.known(ids))], ['op_1']);
    const second = await made.reopen(first, true);
    await second.claim();
    await second.applySealed(sealed('op_2', 0));
    await second.watermark();
    await first.claim();
    assert.deepEqual([...(await first.known(ids))].sort(), ['op_1', 'op_2']);
    await first.resetHeads();
    assert.deepEqual([...(await first.known(ids))], []);
    await first.close();
    await second.close();
  });
}

function headsSuite(fixture: Fixture): void {
  test('heads follow the watermark and can be folded again', async () => {
    const made = fixture();
    let store = await claimed(made);
    const watermark = { size: 1, peaks: [leaf(7)] };
    await store.applySealed({ ...nothing, changes: [head('{"a":1}', 5)], watermark });
    await store.saveSnapshot({ size: 1, bytes: leaf(9) });
    store = await made.reopen(store);
    await store.claim();
    assert.deepEqual(await store.headsAt([key, { ...key, id: 'no' }]), [head('{"a":1}', 5)]);
    const held = await store.watermark();
    assert.deepEqual([held.size, held.peaks.map((peak) => [...peak])], [1, [[...leaf(7)]]]);
    const snapshot = await store.snapshot();
    assert.deepEqual([snapshot?.size, [...(snapshot?.bytes ?? [])]], [1, [...leaf(9)]]);
    await store.applySealed({ ...nothing, changes: [head(undefined, 6)], watermark });
    assert.deepEqual(await store.headsAt([key]), []);
    await store.applySealed({ ...nothing, changes: [head('2', 7)], watermark });
    await store.resetHeads();
    assert.deepEqual(await store.headsAt([key]), []);
    assert.equal((await store.watermark()).size, 0);
    assert.equal(await store.snapshot(), undefined);
    await store.close();
  });

  test('heads are listed page by page, each once', async () => {
    const store = await claimed(fixture());
    const ids = ['a', 'b', 'ä', '%', '_', '\u{1f600}'];
    const changes = ['x', 'y'].flatMap((headClass) =>
      ids.map((id) => ({ headClass, id, value: '1', seq: 0 })),
    );
    await store.applySealed({ changes, references: [], watermark: { size: 0, peaks: [] } });
    const seen: string[] = [];
    let page = await store.headsAfter(undefined, 5);
    while (page.length > 0) {
      seen.push(...page.map(({ headClass, id }) => headClass + id));
      page = await store.headsAfter(page.at(-1), 5);
    }
    assert.deepEqual(seen.sort(), changes.map(({ headClass, id }) => headClass + id).sort());
    await store.close();
  });

  test('hostile keys and texts come back as they went in', async () => {
    const store = await claimed(fixture());
    const text = JSON.stringify({ s: "'; DROP TABLE entries; -- \u0000 \u202e 😀 \\u0000" });
    const payloads = { "k'": text };
    await store.append({ firstSeq: 0n, entries: [{ text, nodes: leafHash(text) }], payloads });
    const odd = { headClass: "c'", id: "%_' OR 1=1 --", value: text, seq: 0 };
    const watermark = { size: 1, peaks: [leaf(0)] };
    const references = [{ reference: "x' OR '1'='1", seq: 0 }];
    await store.applySealed({ changes: [odd], watermark, references });
    assert.equal((await store.entries(0n, 1n))[0]?.text, text);
    assert.deepEqual(await store.headsAt([odd]), [odd]);
    assert.deepEqual(await store.seqsOf("x' OR '1'='1", 5), [0n]);
    await store.close();
  });
}
