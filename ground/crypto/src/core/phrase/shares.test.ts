import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodeHex, seededRandom } from '@ioi/basis';
import fc from 'fast-check';
import { joinShares, splitSecret } from './index.ts';
import { shareWords } from './share-words.ts';

type Vector = { readonly about: string; readonly shares: string[]; readonly secret: string };

const url = new URL('../../testing/share-vectors.json', import.meta.url);
const { slip39 } = JSON.parse(readFileSync(url, 'utf8')) as { slip39: Vector[] };

const random = (seed: number) => {
  const { bytes } = seededRandom(seed);
  return bytes;
};
const codeOf = (shares: readonly string[]): string => {
  const joined = joinShares(shares);
  return joined.ok ? 'joined' : joined.error.code;
};

test('every vector of SLIP-0039 holds, and what is no share or set is refused', () => {
  assert.equal(slip39.length, 45);
  for (const { about, shares, secret } of slip39) {
    const joined = joinShares(shares, 'TREZOR');
    assert.equal(joined.ok ? encodeHex(joined.value) : '', secret, about);
  }
});

test('any as many shares as it takes tell the secret, in any order, and one fewer none', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), fc.integer(), (threshold, seed) => {
      const source = seededRandom(seed);
      const secret = source.bytes(32);
      const shares = threshold === 1 ? 1 : threshold + source.below(17 - threshold);
      const texts = splitSecret(secret, { threshold, shares, random: source.bytes });
      assert.equal(texts.length, shares);
      for (const text of texts) assert.equal(text.split(' ').length, 33);
      const chosen = texts.toSorted(() => source.below(3) - 1).slice(0, threshold);
      assert.deepEqual(joinShares(chosen), { ok: true, value: secret });
      assert.equal(codeOf(chosen.slice(1)), 'share.too_few');
    }),
    { numRuns: 12, seed: 39 },
  );
  for (const [threshold, shares] of [
    [0, 1],
    [1, 2],
    [3, 2],
    [2, 17],
  ] as const) {
    assert.throws(() => splitSecret(new Uint8Array(32), { threshold, shares, random: random(1) }));
  }
});

test('a share that is mistyped, strange or repeated is refused, and none of its words told', () => {
  const two = { threshold: 2, shares: 3 };
  const [first = '', second = ''] = splitSecret(random(1)(32), { ...two, random: random(2) });
  const [strange = ''] = splitSecret(random(1)(32), { ...two, random: random(3) });
  assert.equal(codeOf([first, `  ${second.toUpperCase().replaceAll(' ', ' \n')} `]), 'joined');
  assert.equal(codeOf([]), 'share.too_few');
  assert.equal(codeOf([first, first]), 'share.repeated');
  assert.equal(codeOf([first, strange]), 'share.other_set');
  const words = second.split(' ');
  for (const [at, word] of words.entries()) {
    const other = shareWords.find((each) => each !== word && !words.includes(each)) ?? '';
    assert.equal(codeOf([first, words.with(at, other).join(' ')]), 'share.bad_checksum');
  }
  const refusal = (text: string) => {
    const joined = joinShares([first, text]);
    assert.ok(!joined.ok);
    return `${joined.error.code}: ${joined.error.message}`;
  };
  assert.match(
    refusal(words.with(6, 'notaword').join(' ')),
    /^share\.unknown_word: share 2: word 7 /,
  );
  assert.match(refusal(words.slice(20).join(' ')), /^share\.wrong_length: share 2: /);
  assert.doesNotMatch(refusal(words.with(6, 'notaword').join(' ')), /notaword/);
});
