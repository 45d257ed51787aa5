import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeMux, encodeFrame, encodeMux, FrameReader, type MuxMessage } from './index.ts';

test('frames survive any chunking', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 12 }),
      (bodies, cuts) => {
        const stream = Buffer.concat(bodies.map(encodeFrame));
        const reader = new FrameReader();
        const seen: Buffer[] = [];
        let offset = 0;
        for (let turn = 0; offset < stream.length; turn++) {
          const size = cuts[turn % cuts.length] ?? 1;
          const pushed = reader.push(stream.subarray(offset, offset + size));
          assert.ok(pushed.ok);
          seen.push(...pushed.value.map((body) => Buffer.from(body)));
          offset += size;
        }
        assert.deepEqual(
          seen,
          bodies.map((body) => Buffer.from(body)),
        );
      },
    ),
  );
});

test('a frame over the limit is refused before its body is held', () => {
  const reader = new FrameReader(10);
  const pushed = reader.push(encodeFrame(new Uint8Array(11)).subarray(0, 4));
  assert.ok(!pushed.ok);
  assert.equal(pushed.error.code, 'frame.too_large');
});

test('a large frame in small chunks is joined once', () => {
  const reader = new FrameReader();
  const frame = encodeFrame(new Uint8Array(4_000_000).fill(7));
  const bodies: Uint8Array[] = [];
  for (let offset = 0; offset < frame.length; offset += 4096) {
    const pushed = reader.push(frame.subarray(offset, offset + 4096));
    assert.ok(pushed.ok);
    bodies.push(...pushed.value);
  }
  assert.equal(bodies.length, 1);
  assert.equal(bodies[0]?.length, 4_000_000);
});

test('mux messages round trip and malformed ones are refused', () => {
  const messages: MuxMessage[] = [
    { kind: 'open', channel: 0 },
    { kind: 'data', channel: 0xffff_ffff, bytes: new Uint8Array([1, 2, 3]) },
    { kind: 'end', channel: 7 },
  ];
  for (const message of messages) {
    const decoded = decodeMux(encodeMux(message));
    assert.ok(decoded.ok);
    assert.deepEqual({ ...decoded.value }, message);
  }
  for (const body of [[], [0], [9, 0, 0, 0, 0], [1, 0, 0, 0]]) {
    assert.equal(decodeMux(new Uint8Array(body)).ok, false);
  }
});
