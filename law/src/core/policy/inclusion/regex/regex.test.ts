import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@ioi/basis';
import { compilePattern } from '../../pattern.ts';
import { parsePattern } from './parse.ts';
import { advance, type Before, compileExpression, kindOf, type Places } from './program.ts';

const PIECES = [
  ...['a', 'b', 'K', 's', 'é', '.', '^', '$', '\\b', '\\B', '\\A', '\\z', '[ab]', '[^a]'],
  ...['[a-c\\d]', '[\\w-]', '\\d', '\\W', '\\s', '(a|b)', '(?:ab)', '(?i)', '(?i:k)', '(?s).'],
  ...['(?m)^', '(?m)$', '(?P<n>a)', 'a*', 'b+', 'a?', 'a{2}', 'a{1,2}', '(ab){2,}', 'a*?', '|'],
  ...['\\x61', '\\x{62}', '\\Qa.b\\E', '\\.', '[]a]', '[^]a]', 'x{,2}', '(?-i)', '(|a)', '[a-]'],
  ...['[[:alpha:]]', '\\pL', '(', ')'],
];
const CHARACTERS = [...'abcKksS\n _1.é-xſ'];

function matches(pattern: string, text: string): boolean | undefined {
  const expression = parsePattern(pattern);
  if (expression === undefined) return undefined;
  const program = compileExpression(expression);
  let before: Before = 'start';
  let places: Places = [];
  for (const character of text) {
    places = advance(program, places, before, character);
    before = kindOf(character);
  }
  return advance(program, places, before, undefined) === undefined;
}

test('what can be compared matches the texts that the evaluator matches', () => {
  const random = seededRandom('patterns');
  const some = (list: readonly string[], most: number): string =>
    Array.from({ length: random.below(most) }, () => list[random.below(list.length)]).join('');
  let compared = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const pattern = some(PIECES, 7).normalize('NFC');
    const real = compilePattern(pattern);
    if (typeof real === 'string') continue;
    const text = some(CHARACTERS, 6).normalize('NFC');
    const found = matches(pattern, text);
    if (found === undefined) continue;
    compared += 1;
    assert.equal(found, real(text), JSON.stringify({ pattern, text }));
  }
  assert.ok(compared > 10_000, String(compared));
});

test('what cannot be compared is said to be so', () => {
  for (const pattern of ['\\pL', '[[:alpha:]]', '(?i)é', '\\C', '(?U)a*', '(a{900}){900}']) {
    assert.equal(parsePattern(pattern), undefined, pattern);
  }
});
