import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@ioi/basis';
import { eachGram, GRAMS, narrowed, placesIn, postingsOf, SEGMENT_ENTRIES } from './postings.ts';

function gramsOf(text: string): number[] {
  const grams: number[] = [];
  eachGram(text, (gram) => grams.push(gram));
  return grams;
}

test('letters of a word are those of every line that has it, and of no two lines together', () => {
  const line = gramsOf('/ws/Notes 1.txt\nfs::write\n\u{1f600}é');
  for (const word of ['Notes', '/ws', '1.txt', 'fs::write', '\u{1f600}é']) {
    for (const gram of gramsOf(word)) assert.ok(line.includes(gram), word);
  }
  assert.deepEqual(gramsOf('ab\nab'), []);
  assert.deepEqual(gramsOf('abc\nabc'), [...gramsOf('abc'), ...gramsOf('abc')]);
  assert.deepEqual(gramsOf('ab'), []);
  assert.notDeepEqual(gramsOf('abc'), gramsOf('cba'));
  assert.ok(line.every((gram) => gram >= 0 && gram < GRAMS));
});

test('places are read as they were packed, few and many, and are narrowed by both', () => {
  const random = seededRandom(3);
  for (const most of [0, 1, 255, 256, 257, SEGMENT_ENTRIES]) {
    const all = Array.from({ length: SEGMENT_ENTRIES }, (_, place) => place);
    const chosen = new Set(all.toSorted(() => random.below(3) - 1).slice(0, most));
    const texts = new Map(all.map((place) => [place, chosen.has(place) ? 'abc abcabc' : 'xyz']));
    const [gram = 0] = gramsOf('abc');
    const posting = postingsOf(texts).get(gram) ?? new Uint8Array();
    const places = all.filter((place) => chosen.has(place));
    assert.deepEqual(placesIn(posting), places);
    assert.ok(posting.length <= SEGMENT_ENTRIES / 8);
    const even = all.filter((place) => place % 2 === 0);
    assert.deepEqual(
      narrowed(even, posting),
      places.filter((place) => place % 2 === 0),
    );
  }
});

test('grams come in order, so that they are written one behind the other', () => {
  const grams = [...postingsOf(new Map([[0, 'the quick brown fox']])).keys()];
  assert.deepEqual(
    grams,
    grams.toSorted((one, other) => one - other),
  );
});
