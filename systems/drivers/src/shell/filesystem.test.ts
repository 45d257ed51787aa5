import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import fc from 'fast-check';
import { contractOf, requestFor } from '../testing/actions.ts';
import { gatherFacts, hasUnicodeTwins, observe, resolvePaths } from './filesystem.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-files-')));
after(() => rmSync(root, { recursive: true }));
const at = (...parts: string[]): string => join(root, ...parts);

mkdirSync(at('dir'));
mkdirSync(at('elsewhere'));
writeFileSync(at('dir', 'file.txt'), 'text');
writeFileSync(at('elsewhere', 'cafe\u0301'), 'decomposed');
writeFileSync(at('elsewhere', '\u212a'), 'kelvin');
symlinkSync(at('elsewhere'), at('dir', 'link'));
symlinkSync('/no/such/place', at('dir', 'dangling'));
symlinkSync(at('dir', 'loop'), at('dir', 'loop'));

async function resolved(raw: string, base = root): Promise<string | undefined> {
  const outcome = await resolvePaths(base, [raw]);
  assert.ok(outcome.ok, outcome.ok ? '' : outcome.error.message);
  return outcome.value.get(raw);
}

async function refusal(raw: string, base = root): Promise<string> {
  const outcome = await resolvePaths(base, [raw]);
  return outcome.ok ? `accepted as ${outcome.value.get(raw)}` : outcome.error.code;
}

test('paths are read against the root, folded, and follow links', async () => {
  const cases = [
    ['dir/file.txt', at('dir/file.txt')],
    ['./dir//file.txt/', at('dir/file.txt')],
    ['dir/../dir/./file.txt', at('dir/file.txt')],
    ['', root],
    ['../../../../../../etc', '/etc'],
    ['/etc/./../etc', '/etc'],
    ['dir/link/new.txt', at('elsewhere/new.txt')],
    [at('dir/link/deep/new.txt'), at('elsewhere/deep/new.txt')],
    ['~/notes', at('~/notes')],
    ['C:\\Windows', at('C:\\Windows')],
    ['with\nnewline', at('with\nnewline')],
  ];
  for (const [raw = '', path] of cases) assert.equal(await resolved(raw), path, raw);
  assert.equal(await resolved('x', at('dir/link')), at('elsewhere/x'));
});

test('bytes of a name are kept, not normalised', async () => {
  assert.equal(await resolved('elsewhere/cafe\u0301'), at('elsewhere/cafe\u0301'));
  assert.equal(await resolved('dir/\u00e9'), at('dir/\u00e9'));
  assert.equal(await resolved('dir/e\u0301'), at('dir/e\u0301'));
});

test('a name that another reader could take for an existing one is refused', async () => {
  assert.equal(await refusal('elsewhere/caf\u00e9'), 'path.ambiguous_unicode');
  assert.equal(await refusal('dir/link/caf\u00e9/below'), 'path.ambiguous_unicode');
  assert.equal(await refusal('elsewhere/K'), 'path.ambiguous_unicode');
});

test('names without Unicode twins are the ASCII ones but for three characters', () => {
  for (let code = 0x80; code <= 0x10ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const composed = String.fromCodePoint(code).normalize('NFC');
    if (/^[\0-\x7f]+$/.test(composed)) assert.ok(hasUnicodeTwins(composed), composed);
  }
  assert.ok(!hasUnicodeTwins('plain-name_0.txt'));
});

test('paths that mean nothing certain are refused by name', async () => {
  const cases = [
    ['a\0b', 'path.invalid'],
    ['\ud800', 'path.invalid'],
    ['dir/dangling', 'path.dangling_link'],
    ['dir/dangling/below', 'path.dangling_link'],
    ['dir/loop', 'path.unresolvable'],
    ['dir/file.txt/below', 'path.unresolvable'],
    ['x'.repeat(300), 'path.unresolvable'],
    ['x/'.repeat(3000), 'path.too_long'],
  ];
  for (const [raw = '', code] of cases) assert.equal(await refusal(raw), code, raw.slice(0, 40));
  assert.equal(await refusal('a', 'relative/root'), 'path.invalid');
  const many = await resolvePaths(root, Array.from({ length: 1025 }, String));
  assert.equal(!many.ok && many.error.code, 'path.too_many');
});

test('a folder on disk whose name is not UTF-8 is refused', async () => {
  execFileSync('sh', [
    '-c',
    'mkdir "$1/bad"; ln -s "$1/$(printf "\\377")" "$1/bad/link"; mkdir "$1/$(printf "\\377")"',
    'sh',
    root,
  ]);
  assert.equal(await refusal('bad/link'), 'path.not_utf8');
});

test('what is resolved resolves to itself, and no text makes it throw', async () => {
  const part = fc.constantFrom(
    'dir',
    'link',
    '..',
    '.',
    '',
    'new',
    'file.txt',
    'é',
    '~',
    '*',
    '\\',
  );
  const raw = fc.oneof(
    fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/')),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(raw, async (text) => {
      const outcome = await resolvePaths(root, [text]);
      if (!outcome.ok) return;
      const path = outcome.value.get(text) ?? '';
      assert.ok(path.startsWith('/') && !path.split('/').includes('..'));
      assert.equal(await resolved(path), path);
    }),
    { numRuns: 400 },
  );
});

test('facts say whether the target of a write is there', async () => {
  const contract = contractOf('write_file');
  const facts = async (path: string) => {
    const request = requestFor(contract, { path, content: '' });
    const outcome = await gatherFacts({ root, contract, request });
    return outcome.ok ? outcome.value : outcome.error.code;
  };
  assert.deepEqual(await facts(at('dir/file.txt')), { target_exists: true, workspace_root: root });
  assert.deepEqual(await facts(at('dir/new')), { target_exists: false, workspace_root: root });
  assert.deepEqual(await facts(at('dir')), { target_exists: true, workspace_root: root });
  assert.equal(await facts(at('dir/link/x')), 'path.moved');
  assert.equal(await facts('dir/file.txt'), 'path.moved');
});

test('the target of a move is its destination', async () => {
  const contract = contractOf('move_file');
  const params = { source: at('dir/file.txt'), destination: at('dir/new') };
  const outcome = await gatherFacts({ root, contract, request: requestFor(contract, params) });
  assert.deepEqual(outcome, { ok: true, value: { target_exists: false, workspace_root: root } });
});

test('a look at a path tells files, folders and nothing apart, and waits for no pipe', async () => {
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', at('pipe')]);
  writeFileSync(at('large'), '');
  truncateSync(at('large'), 65 * 1024 * 1024);
  const see = async (path: string) => (await observe({ target: at(path) })).target;
  const digest = digestBytes('text');
  assert.deepEqual(await see('dir/file.txt'), { kind: 'file', bytes: 4, digest });
  assert.deepEqual(await see('dir'), { kind: 'directory' });
  assert.deepEqual(await see('pipe'), { kind: 'other' });
  assert.deepEqual(await see('dir/link'), { kind: 'other' });
  assert.deepEqual(await see('a/b/c'), { kind: 'absent', ancestor: root });
  assert.deepEqual(await see('large'), { kind: 'file', bytes: 65 * 1024 * 1024 });
  const beyond = await see('dir/file.txt/below');
  assert.deepEqual(beyond, { kind: 'unobservable', reason: 'ENOTDIR' });
  assert.deepEqual(await observe({}), {});
});
