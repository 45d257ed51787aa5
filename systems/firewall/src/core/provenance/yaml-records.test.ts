import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { readYamlRecords } from './yaml-records.ts';

/** As another reader has it, every scalar a text. */
function known(text: string): unknown {
  return parse(text, { schema: 'failsafe', logLevel: 'silent' });
}

test('what programs write is read as every reader does', () => {
  for (const text of [
    '- id: 1\n  to:\n  - a@b.example\n  - c@d.example\n  sent: false\n- id: 2\n  to: []',
    'name: x\nshared_with:\n  a@b.example: r\nowner: y',
    "body: 'it''s\n\n  two lines'\nid: '7'",
    'body: "a\\tb \\\n  \\ c \\u00e9"\nid: 7',
    'text: long line that was\n  folded by the writer\nnext: 1',
    '- plain\n- "quoted"',
  ]) {
    const spaced = (value: unknown) => JSON.stringify(value).replace(/(\\n|\s)+/g, ' ');
    assert.equal(spaced(readYamlRecords(text)), spaced(known(text)), text);
  }
});

test('what only people write is read as running text', () => {
  for (const text of [
    'a: *x',
    'a: &x 1',
    'a: !tag 1',
    'a: 1 # comment',
    '? a\n: b',
    '{a: 1}',
    'a: [1, 2]',
    'a: b: c',
    'a: 1\na: 2',
    '- - 1',
    '%YAML 1.2\n---\na: 1',
    'a:\n\n  b: 1',
    "a: 'x' y",
    "a: 'unclosed",
    'a: x\n  b: y',
    'a: 1\n   b: 2\n  c: 3',
    'just words',
    'Dear Ann,\nplease pay: now',
    '\ta: 1',
  ]) {
    const read = readYamlRecords(text);
    assert.ok(typeof read !== 'object' || read === null, `${text} -> ${JSON.stringify(read)}`);
  }
});

test('no text that is written into a field becomes a field', () => {
  const anyRecord = fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), fc.string(), { minKeys: 1 });
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 4 }), (records) => {
      const text = stringify(records, { defaultStringType: 'QUOTE_DOUBLE', lineWidth: 40 });
      const read = readYamlRecords(text);
      if (typeof read !== 'object' || read === null) return;
      const shape = (value: unknown) => (value as object[]).map((each) => Object.keys(each));
      assert.deepEqual(shape(read), shape(records));
    }),
    { numRuns: 500 },
  );
});
