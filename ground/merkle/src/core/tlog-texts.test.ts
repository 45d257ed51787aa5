import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { ok as accept, encodeBase64, encodeUtf8, err } from '@ioi/basis';
import fc from 'fast-check';
import {
  Accumulator,
  formatAddCheckpoint,
  formatTlogProof,
  formatWitnessedSize,
  leafHash,
  parseAddCheckpoint,
  parseTlogProof,
  parseWitnessedSize,
  type TlogProof,
  verifyTlogProof,
} from './index.ts';

const hash = (seed: number): Uint8Array => new Uint8Array(32).fill(seed);
const LINE = '\u2014 example.com/log AAAAAAE=\n';
const CHECKPOINT = `example.com/log\n9\n${encodeBase64(hash(1))}\n\n${LINE}`;
const hashes = fc.array(fc.nat(255).map(hash), { maxLength: 63 });

test('a tlog-proof is written as C2SP has it, and read back', () => {
  const proof = { extra: encodeUtf8('ab'), index: 73894, path: [hash(2), hash(3)] };
  const text = formatTlogProof({ ...proof, checkpoint: CHECKPOINT });
  equal(
    text,
    `c2sp.org/tlog-proof@v1\nextra YWI=\nindex 73894\n${encodeBase64(hash(2))}\n` +
      `${encodeBase64(hash(3))}\n\n${CHECKPOINT}`,
  );
  const extra = fc.option(fc.uint8Array({ minLength: 1, maxLength: 40 }), { nil: undefined });
  fc.assert(
    fc.property(extra, fc.maxSafeNat(), hashes, (some, index, path) => {
      const one: TlogProof = { ...(some && { extra: some }), index, path, checkpoint: CHECKPOINT };
      deepEqual(parseTlogProof(formatTlogProof(one)), { ok: true, value: one });
    }),
  );
});

test('a tlog-proof of another spelling is refused', () => {
  const text = formatTlogProof({ index: 7, path: [hash(2)], checkpoint: CHECKPOINT });
  ok(parseTlogProof(text).ok);
  const line = encodeBase64(hash(2));
  const hostile = [
    '',
    text.replace('@v1', '@v2'),
    text.replace('index 7', 'index 07'),
    text.replace('index 7', 'index -7'),
    text.replace('index 7', 'index  7'),
    text.replace('index 7', 'index 9007199254740992'),
    text.replace('index 7\n', ''),
    text.replace('index 7', 'extra \nindex 7'),
    text.replace('index 7', 'extra YWI\nindex 7'),
    text.replace('index 7', 'extra YWI=\nextra YWI=\nindex 7'),
    text.replace('index 7', 'index 7\nextra YWI='),
    text.replace(line, line.slice(0, -1)),
    text.replace(line, encodeBase64(new Uint8Array(31))),
    text.replace(line, `${line} `),
    text.replace('\n', '\r\n'),
    text.slice(0, text.indexOf('\n\n') + 1),
    text.replace(line, Array.from({ length: 64 }, () => line).join('\n')),
  ];
  for (const each of hostile) {
    const parsed = parseTlogProof(each);
    equal(parsed.ok ? 'accepted' : parsed.error.code, 'merkle.bad_encoding', each.slice(0, 60));
  }
});

test('a tlog-proof holds for its leaf under a checkpoint that its reader accepts', () => {
  const log = new Accumulator();
  const leaves = ['a', 'b', 'c', 'd', 'e'].map((entry) => leafHash(encodeUtf8(entry)));
  for (const leaf of leaves) log.append(leaf);
  const head = { size: log.size, root: log.root() };
  const proof: TlogProof = { index: 2, path: log.prove(2), checkpoint: CHECKPOINT };
  const open = (checkpoint: string) =>
    checkpoint === CHECKPOINT ? accept(head) : err({ code: 'not this one', message: '' });
  const codeOf = (one: TlogProof, leaf: number): string => {
    const verified = verifyTlogProof(one, leaves[leaf] as Uint8Array, open);
    return verified.ok ? `size ${verified.value.size}` : verified.error.code;
  };
  equal(codeOf(proof, 2), 'size 5');
  equal(codeOf(proof, 3), 'merkle.root_mismatch');
  equal(codeOf({ ...proof, index: 5 }, 2), 'merkle.bad_index');
  equal(codeOf({ ...proof, checkpoint: 'other' }, 2), 'not this one');
});

test('a request to a witness is written as C2SP has it, and read back', () => {
  const request = { oldSize: 20852014, proof: [hash(4)], checkpoint: CHECKPOINT };
  const body = formatAddCheckpoint(request);
  equal(body, `old 20852014\n${encodeBase64(hash(4))}\n\n${CHECKPOINT}`);
  fc.assert(
    fc.property(fc.maxSafeNat(), hashes, (oldSize, proof) => {
      const one = { oldSize, proof, checkpoint: CHECKPOINT };
      deepEqual(parseAddCheckpoint(formatAddCheckpoint(one)), { ok: true, value: one });
    }),
  );
  const line = encodeBase64(hash(4));
  const hostile = [
    '',
    'old 1\n',
    body.replace('old ', 'new '),
    body.replace('old ', 'old  '),
    body.replace('20852014', '020852014'),
    body.replace('20852014', ''),
    body.replace(line, `${line}=`),
    body.replace(line, line.slice(4)),
    body.replace(line, Array.from({ length: 64 }, () => line).join('\n')),
  ];
  for (const each of hostile) {
    const parsed = parseAddCheckpoint(each);
    equal(parsed.ok ? 'accepted' : parsed.error.code, 'merkle.bad_encoding', each.slice(0, 40));
  }
});

test('a witness names the size it knows in one spelling', () => {
  equal(formatWitnessedSize(20852014), '20852014\n');
  deepEqual(parseWitnessedSize('20852014\n'), { ok: true, value: 20852014 });
  for (const body of ['', '1', '01\n', '1\n\n', ' 1\n', '-1\n', '1e3\n', '9007199254740992\n']) {
    equal(parseWitnessedSize(body).ok, false, body);
  }
});

test('no text throws', () => {
  const part = fc.constantFrom(
    ...['c2sp.org/tlog-proof@v1', 'index ', 'old ', 'extra ', '7', '\n', '\n\n', 'AAAA', '\ud800'],
    encodeBase64(hash(9)),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 9 }), (parts) => {
      const text = parts.join('');
      const proof = parseTlogProof(text);
      if (proof.ok) equal(formatTlogProof(proof.value), text);
      const request = parseAddCheckpoint(text);
      if (request.ok) equal(formatAddCheckpoint(request.value), text);
    }),
    { numRuns: 3000 },
  );
});
