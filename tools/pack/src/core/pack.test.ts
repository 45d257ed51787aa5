import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildProject, parseCode } from '@ioi/tidy/shell';
import { stripTypes, writeLib } from '../shell/write-lib.ts';
import { SMALL_HOUSE } from '../testing/small-house.ts';
import { temporaryFolder, writeTexts } from '../testing/temporary.ts';
import { pack } from './pack.ts';

function packed(changes: Readonly<Record<string, string>> = {}) {
  const texts = new Map(Object.entries({ ...SMALL_HOUSE, ...changes }));
  return pack(buildProject(texts), { strip: stripTypes, parse: parseCode });
}

function problemsWith(main: string): readonly string[] {
  return packed({ 'apps/cli/src/main.ts': main }).problems;
}

test('holds what an entry reaches, and no test, type-only or browser module', () => {
  const { modules, assets, problems } = packed();
  assert.deepEqual(problems, []);
  assert.deepEqual([...modules.keys()].sort(), [
    'apps/cli/src/late.js',
    'apps/cli/src/main.js',
    'ground/basis/src/core/index.js',
    'ground/basis/src/node.js',
    'hosts/daemon/src/main.js',
    'hosts/daemon/src/shell/index.js',
  ]);
  assert.deepEqual(assets, ['hosts/daemon/assets/page.html']);
});

test('types become blanks, so every line and column stays where it was', () => {
  const { modules } = packed();
  const source = SMALL_HOUSE['ground/basis/src/node.ts'] as string;
  assert.equal(modules.get('ground/basis/src/node.js')?.length, source.length);
});

test('what is started is the command and what a URL names', () => {
  assert.deepEqual(packed().entries, ['apps/cli/src/main.js', 'hosts/daemon/src/main.js']);
});

test('the packed command does what the checkout does', async (context) => {
  const root = temporaryFolder(context);
  writeTexts(root, SMALL_HOUSE);
  mkdirSync(join(root, 'node_modules/@ioi'), { recursive: true });
  for (const [name, folder] of [
    ['basis', 'ground/basis'],
    ['daemon', 'hosts/daemon'],
  ]) {
    symlinkSync(join(root, folder as string), join(root, 'node_modules/@ioi', name as string));
  }
  const run = (path: string): string => {
    return execFileSync(process.execPath, [join(root, path)], { encoding: 'utf8' });
  };
  const expected = run('apps/cli/src/main.ts');
  assert.match(expected, /^node 3 <p>page<\/p> @ioi\/hypervisor late\n/);
  assert.match(expected, /daemon node/);
  assert.deepEqual((await writeLib(root, join(root, 'lib'))).problems, []);
  assert.equal(run('lib/apps/cli/src/main.js'), expected);
  assert.equal(
    readFileSync(join(root, 'lib/hosts/daemon/assets/page.html'), 'utf8'),
    '<p>page</p>',
  );
});

test('a specifier that leads nowhere is a problem, with its place and reason', () => {
  assert.deepEqual(problemsWith("\nimport 'left-pad';"), [
    'apps/cli/src/main.ts:2 left-pad is not a dependency of the root package.json',
  ]);
  assert.deepEqual(problemsWith("import { a } from './gone.ts';"), [
    'apps/cli/src/main.ts:1 ./gone.ts does not exist',
  ]);
  assert.deepEqual(problemsWith("import { a } from '@ioi/basis/shell';"), [
    'apps/cli/src/main.ts:1 @ioi/basis/shell is not named in ground/basis/package.json',
  ]);
  assert.deepEqual(problemsWith("import { a } from '#platform';"), [
    'apps/cli/src/main.ts:1 #platform is not named in apps/cli/package.json',
  ]);
  assert.deepEqual(problemsWith("import { a } from '../../../tools/pack/a.ts';"), [
    'apps/cli/src/main.ts:1 ../../../tools/pack/a.ts does not ship',
  ]);
});

test('a module of ours that is imported for what it does is a problem', () => {
  const [problem = '', ...more] = problemsWith("import '@ioi/basis';");
  assert.deepEqual(more, []);
  assert.match(problem, /^apps\/cli\/src\/main\.ts:1 imports a module for what it does/);
  assert.deepEqual(problemsWith("import { assert } from '@ioi/basis'; assert(true, '');"), []);
});

test('what serves tests does not ship, even when it is imported', () => {
  assert.deepEqual(problemsWith("import { a } from '@ioi/basis/testing';"), [
    'apps/cli/src/main.ts:1 @ioi/basis/testing is a test or serves tests, which do not ship',
  ]);
});

test('a computed import and a module named as text are problems, not surprises at run time', () => {
  assert.deepEqual(problemsWith('const name = `./late.ts`;\nawait import(name);'), [
    'apps/cli/src/main.ts:2 an import is computed: it cannot be packed',
    "apps/cli/src/main.ts:1 ./late.ts names a module as text; use new URL('…', import.meta.url)",
  ]);
  assert.deepEqual(problemsWith("const host = 'hosts/daemon/src/main.ts';"), [
    'apps/cli/src/main.ts:1 hosts/daemon/src/main.ts names a module as text; ' +
      "use new URL('…', import.meta.url)",
  ]);
  assert.deepEqual(problemsWith("import.meta.resolve('@ioi/basis');"), [
    'apps/cli/src/main.ts:1 @ioi/basis has no place of its own; ' +
      "use new URL('…', import.meta.url)",
  ]);
  assert.deepEqual(problemsWith('console.log(import.meta.dirname);'), [
    'apps/cli/src/main.ts:1 asks for its own place, which is not kept; ' +
      "use new URL('…', import.meta.url)",
  ]);
  assert.deepEqual(problemsWith("const pattern = '.ts';\nconst other = 'made-up.ts';"), []);
});

test('dependencies of the root and of Node stay as they are', () => {
  const main = "import 'yaml/parse';\nimport fs from 'node:fs';\nconst text = './late.tsx';";
  const { modules, problems } = packed({ 'apps/cli/src/main.ts': main });
  assert.deepEqual(problems, []);
  assert.equal(modules.get('apps/cli/src/main.js'), main);
});

test('with a problem nothing is written, and an older lib is gone', async (context) => {
  const root = temporaryFolder(context);
  writeTexts(root, { ...SMALL_HOUSE, 'lib/old.js': '', 'apps/cli/src/main.ts': "import 'no';" });
  assert.equal((await writeLib(root, join(root, 'lib'))).problems.length, 1);
  assert.equal(existsSync(join(root, 'lib')), false);
});
