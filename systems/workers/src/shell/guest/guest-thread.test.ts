import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const IMPORT = /^(?:import|export) (?!type\b)[^;]*?from '([^']+)';/gm;

/** Packages that a file loads when it is loaded, by way of whatever files. */
function loadedBy(file: URL, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file.href)) return new Set();
  seen.add(file.href);
  const found = [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, name = '']) => name);
  const own = found.filter((name) => !name.startsWith('.') && !name.startsWith('node:'));
  const beside = found.filter((name) => name.startsWith('.'));
  return new Set([...own, ...beside.flatMap((name) => [...loadedBy(new URL(name, file), seen)])]);
}

test('the thread of a guest loads what its kind of guest needs', () => {
  const of = (name: string) => [...loadedBy(new URL(name, import.meta.url))].sort();
  assert.deepEqual(of('./guest-thread.ts'), []);
  const light = ['@ioi/basis', '@ioi/canon', '@ioi/law/redact'];
  assert.deepEqual(of('./guest.ts'), light);
  assert.deepEqual(of('./guest-engine.ts'), []);
  // Only one that is a module itself pays for more.
  assert.ok(of('./wasm-guest.ts').includes('@ioi/law'));
});
