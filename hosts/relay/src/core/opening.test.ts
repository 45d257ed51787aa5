import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrame } from '@ioi/frames';
import { relayFrame } from '@ioi/law';
import fc from 'fast-check';
import { helloFor } from '../testing/client-hello.ts';
import { openingOf } from './index.ts';

const NAME = 'laptop.relay.example.org';
const HEAD = 5;

/** The same message in records of so many bytes each. */
function inRecords(hello: Buffer, size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = HEAD; at < hello.length; at += size) {
    const piece = hello.subarray(at, at + size);
    pieces.push(Buffer.from([0x16, 3, 1, piece.length >> 8, piece.length & 255]), piece);
  }
  return Buffer.concat(pieces);
}

test('an approver is known by the name it asks for, wherever its hello is cut', async () => {
  const hello = await helloFor(NAME);
  for (const bytes of [hello, inRecords(hello, 100), inRecords(hello, 4)]) {
    assert.deepEqual(openingOf(bytes), { kind: 'approver', name: NAME });
    for (let end = 0; end < bytes.length; end += 1) {
      assert.equal(openingOf(bytes.subarray(0, end)).kind, 'more', `${end} of ${bytes.length}`);
    }
  }
  assert.equal(openingOf(await helloFor()).kind, 'wrong');
  assert.equal(openingOf(await helloFor('localhost')).kind, 'wrong');
  const upper = await helloFor(NAME.toUpperCase());
  assert.deepEqual(openingOf(upper), { kind: 'approver', name: NAME });
});

/** Counts what is copied or cut out of it. */
class Counted extends Uint8Array {
  static cuts = 0;

  override subarray(from?: number, to?: number): Uint8Array<ArrayBuffer> {
    Counted.cuts += 1;
    return new Uint8Array(this).subarray(from, to);
  }
}

test('a hello in crumbs is counted through and no more, while it is not whole', async () => {
  const crumbs = inRecords(await helloFor(NAME), 4).subarray(0, -1);
  assert.equal(openingOf(new Counted(crumbs)).kind, 'more');
  assert.ok(Counted.cuts <= 2, `${Counted.cuts}`);
});

test('a node is known by its first frame, and what comes after it is kept', () => {
  const frame = encodeFrame(relayFrame({ kind: 'ping' }));
  const bytes = Buffer.concat([frame, Buffer.from('rest')]);
  const opening = openingOf(bytes);
  assert.ok(opening.kind === 'node' && opening.says.kind === 'ping');
  assert.equal(Buffer.from(opening.rest).toString(), 'rest');
  for (let end = 0; end < frame.length; end += 1) {
    assert.equal(openingOf(bytes.subarray(0, end)).kind, 'more');
  }
});

test('whatever comes first is somebody, nobody, or needs more, but never without end', async () => {
  const hello = await helloFor(NAME);
  for (const bytes of [
    'GET / HTTP/1.1\r\n',
    '\0\0\0\0',
    '\0\0\x20\x01',
    '\x16\x02',
    '\0\0\0\x02{}',
  ]) {
    assert.equal(openingOf(Buffer.from(bytes, 'latin1')).kind, 'wrong', JSON.stringify(bytes));
  }
  const flips = fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(flips, fc.uint8Array({ maxLength: 100 }), (changes, more) => {
      const bytes = Buffer.concat([hello, more]);
      for (const [at, value] of changes) bytes[at] = value;
      const { kind } = openingOf(bytes);
      assert.ok(['approver', 'node', 'wrong', 'more'].includes(kind));
      // A stranger who says nothing that means anything is held to no more than this.
      const padded = Buffer.concat([bytes, Buffer.alloc(40_000)]);
      assert.notEqual(openingOf(padded).kind, 'more');
    }),
    { numRuns: 500 },
  );
});
