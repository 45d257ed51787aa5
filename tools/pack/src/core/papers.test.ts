import assert from 'node:assert/strict';
import { test } from 'node:test';
import { billText, noticesText, type Part } from './papers.ts';

const parts: readonly Part[] = [
  {
    name: '@a/b',
    version: '1.0.0',
    license: 'MIT',
    integrity: `sha512-${Buffer.from([1, 255]).toString('base64')}`,
    texts: [{ file: 'LICENSE', text: 'Do as you like.\n' }],
  },
  { name: 'c', version: '2.0.0', license: '(MIT OR Apache-2.0)', texts: [] },
];

test('a bill of materials names each part once, with its digest and licence', () => {
  const bill = JSON.parse(billText({ name: '@ioi/hypervisor', version: '0.1.0' }, parts));
  assert.deepEqual([bill.bomFormat, bill.specVersion], ['CycloneDX', '1.5']);
  const [first, second] = bill.components;
  assert.equal(first.purl, 'pkg:npm/%40a/b@1.0.0');
  assert.deepEqual(first.hashes, [{ alg: 'SHA-512', content: '01ff' }]);
  assert.deepEqual(first.licenses, [{ license: { id: 'MIT' } }]);
  assert.deepEqual(second.licenses, [{ expression: '(MIT OR Apache-2.0)' }]);
  assert.deepEqual(bill.dependencies[0].dependsOn, [first['bom-ref'], second['bom-ref']]);
});

test('licences are those in the packages, and where there is none that is said', () => {
  const text = noticesText(parts);
  assert.match(text, /@a\/b 1\.0\.0\nMIT\n=+\n\n--- LICENSE\n\nDo as you like\.\n/);
  assert.match(
    text,
    /c 2\.0\.0\n\(MIT OR Apache-2\.0\)\n=+\n\n\(The package carries no licence file/,
  );
});
