import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import * as fc from 'fast-check';
import { BodySpool, type SpoolLimits } from './body-spool.ts';
import { type Body, type Held, MOST_READ_BYTES, readBody } from './read-body.ts';

const MIB = 1024 * 1024;

function spoolIn(t: TestContext, limits?: SpoolLimits, free?: () => number) {
  const folder = mkdtempSync(join(tmpdir(), 'spool-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = join(folder, 'bodies');
  return { spool: new BodySpool(at, limits, free), files: () => readdirSync(at), at };
}

function coming(chunks: Iterable<Uint8Array>, headers: Record<string, string> = {}) {
  async function* all() {
    yield* chunks;
  }
  return Object.assign(all(), { headers });
}

function* pieces(count: number, size = MIB): Generator<Uint8Array, void> {
  for (let at = 0; at < count; at += 1) yield Buffer.alloc(size, at);
}

const held = (): Held => ({ bytes: 0 });

test('a body that is too long for memory stands on disk, and is what came', async (t) => {
  const { spool, files, at } = spoolIn(t);
  const inMemory = held();
  const read = await readBody(coming(pieces(20)), inMemory, spool);
  assert.ok(read.ok && read.value.large !== undefined && read.value.body === undefined);
  const whole = Buffer.concat([...pieces(20)]);
  const { digest, bytes } = read.value.large;
  assert.deepEqual([digest, bytes], [digestBytes(whole), 20 * MIB]);
  assert.deepEqual(inMemory, { bytes: 0 });
  assert.ok(Buffer.concat([...(spool.pieces(digest) ?? [])]).equals(whole));
  const [file = ''] = files();
  assert.ok(!readFileSync(join(at, file)).includes(Buffer.alloc(64, 3)), 'no byte of it in clear');
  // One more needs it, and it is there until nobody does.
  assert.ok(spool.hold(digest));
  spool.release(digest);
  assert.equal(files().length, 1);
  spool.release(digest);
  assert.deepEqual(files(), []);
  assert.equal(spool.pieces(digest), undefined);
  assert.equal(spool.hold(digest), false);
});

test('a body that memory may hold touches no disk', async (t) => {
  const { spool, files } = spoolIn(t);
  const inMemory = held();
  const read = await readBody(coming(pieces(8)), inMemory, spool);
  assert.ok(read.ok && read.value.body?.length === MOST_READ_BYTES);
  assert.equal(inMemory.bytes, MOST_READ_BYTES);
  assert.deepEqual(files(), []);
});

test('the same body twice is held once, and until both are done', async (t) => {
  const { spool, files } = spoolIn(t);
  const [one, two] = [await spool.take(coming(pieces(3))), await spool.take(coming(pieces(3)))];
  assert.ok(one.ok && two.ok && one.value.digest === two.value.digest);
  assert.equal(files().length, 1);
  spool.release(one.value.digest);
  assert.equal(files().length, 1);
  spool.release(one.value.digest);
  assert.deepEqual(files(), []);
});

test('an endless body is refused by name, and leaves nothing', async (t) => {
  const limits = { body: 10 * MIB, all: 16 * MIB };
  const { spool, files } = spoolIn(t, limits);
  let isOver = false;
  function* endless() {
    try {
      for (;;) yield Buffer.alloc(MIB, 1);
    } finally {
      isOver = true;
    }
  }
  const read = await readBody(coming(endless()), held(), spool);
  assert.ok(!read.ok && read.error.code === 'web.body_too_large', JSON.stringify(read));
  assert.ok(isOver, 'nobody reads on');
  const announced = { 'content-length': String(11 * MIB) };
  const refused = await readBody(coming(endless(), announced), held(), spool);
  assert.ok(!refused.ok && refused.error.code === 'web.body_too_large');
  assert.deepEqual(files(), []);
  // What all of them take up is bounded too, and given back.
  const first = await spool.take(coming(pieces(9)));
  const second = await spool.take(coming(pieces(8)));
  assert.ok(first.ok && !second.ok && second.error.code === 'web.bodies_full');
  spool.release(first.value.digest);
  assert.ok((await spool.take(coming(pieces(9)))).ok);
});

test('a body that breaks off leaves nothing on disk and in memory', async (t) => {
  const { spool, files } = spoolIn(t);
  function* broken() {
    yield* pieces(12);
    throw new Error('aborted');
  }
  const inMemory = held();
  await assert.rejects(readBody(coming(broken()), inMemory, spool), /aborted/);
  assert.deepEqual([files(), inMemory], [[], { bytes: 0 }]);
});

test('what a crash left is removed with the next start', (t) => {
  const { at } = spoolIn(t);
  writeFileSync(join(at, 'left'), 'x');
  new BodySpool(at);
  assert.deepEqual(readdirSync(at), []);
});

test('however a body is cut into pieces, it is read as the same', async (t) => {
  const { spool } = spoolIn(t, { body: 12 * MIB, all: 64 * MIB });
  const cuts = fc.array(fc.integer({ min: 0, max: 3 * MIB }), { minLength: 1, maxLength: 8 });
  const announces = fc.boolean();
  await fc.assert(
    fc.asyncProperty(cuts, announces, async (sizes, isAnnounced) => {
      const chunks = sizes.map((size, at) => Buffer.alloc(size, at + 1));
      const whole = Buffer.concat(chunks);
      const headers = isAnnounced ? { 'content-length': String(whole.length) } : {};
      const inMemory = held();
      const read = await readBody(coming(chunks, headers), inMemory, spool);
      const size = whole.length;
      if (size > 12 * MIB) return assert.equal(read.ok, false);
      assert.ok(read.ok);
      const { body, large }: Body = read.value;
      assert.equal(large !== undefined, size > MOST_READ_BYTES);
      assert.equal(inMemory.bytes, body?.length ?? 0);
      const digest = large?.digest ?? digestBytes(body ?? new Uint8Array());
      assert.equal(digest, digestBytes(whole));
      if (large !== undefined) spool.release(large.digest);
    }),
    { numRuns: 40 },
  );
});

test('bodies do not fill the disk that the node needs', async (t) => {
  const given: number[] = [];
  const free = (): number => 300 * MIB - Math.max(0, (given.length - 1) * 10 * MIB);
  const { spool, files } = spoolIn(t, undefined, free);
  function* counted(): Generator<Uint8Array, void> {
    for (const each of pieces(100)) {
      given.push(each.length);
      yield each;
    }
  }
  const taken = await spool.take(coming(counted()));
  assert.equal(!taken.ok && taken.error.code, 'web.bodies_full');
  assert.deepEqual([given.length, files()], [6, []]);
});
