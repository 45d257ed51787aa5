import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unifiedDiff } from './unified-diff.ts';

test('a diff shows what changed with three lines around it', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\nh\n';
  assert.deepEqual(unifiedDiff(before, before.replace('e', 'E')), [
    '@@ -2,7 +2,7 @@',
    ...[' b', ' c', ' d', '-e', '+E', ' f', ' g', ' h'],
  ]);
});

test('a last line without an end is told from one with it', () => {
  const said = ['@@ -1,1 +1,1 @@', '-a', '+a', '\\ No newline at end of file'];
  assert.deepEqual(unifiedDiff('a\n', 'a'), said);
  assert.deepEqual(unifiedDiff('', 'x\n'), ['@@ -0,0 +1,1 @@', '+x']);
  assert.deepEqual(unifiedDiff('x\n', ''), ['@@ -1,1 +0,0 @@', '-x']);
});

const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 }).map((lines) => {
  return lines.map((line) => `${line}\n`).join('');
});

/** What `patch` would make of it. */
function patched(before: string, diff: readonly string[]): string {
  const old = before.split(/(?<=\n)/);
  const made: string[] = [];
  let at = 0;
  for (const line of diff) {
    const start = line.match(/^@@ -(\d+),(\d+)/);
    if (start === null) {
      if (line.startsWith('+')) made.push(`${line.slice(1)}\n`);
      else assert.equal(old[at], `${line.slice(1)}\n`);
      if (line.startsWith(' ')) made.push(old[at] as string);
      if (!line.startsWith('+')) at += 1;
    } else {
      const first = Number(start[1]) - (start[2] === '0' ? 0 : 1);
      made.push(...old.slice(at, first));
      at = first;
    }
  }
  return [...made, ...old.slice(at)].join('');
}

test('a diff makes one text of the other', () => {
  const property = fc.property(text, text, (before, after) => {
    assert.equal(patched(before, unifiedDiff(before, after)), after);
  });
  fc.assert(property, { numRuns: 1000 });
});

test('texts that have nothing in common are one replaced by the other', () => {
  const many = (name: string): string => `${Array.from({ length: 900 }, () => name).join('\n')}\n`;
  const lines = unifiedDiff(many('a'), many('b'));
  assert.equal(lines.length, 1801);
});
