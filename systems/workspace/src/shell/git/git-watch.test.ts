import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { GitWatch } from './git-watch.ts';

const skip = spawnSync('git', ['--version']).status === 0 ? false : 'git is not here';
const ENV = {
  PATH: '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};

function folderFor(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-git-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function git(folder: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: folder, env: ENV });
  assert.equal(status, 0, String(stderr));
  return String(stdout).trim();
}

function commit(folder: string, message: string, ...more: readonly string[]): string {
  git(folder, 'commit', '-q', '--allow-empty', '-m', message, ...more);
  return git(folder, 'rev-parse', 'HEAD');
}

/** A repository of two commits, packed, and a watch that saw them. */
function watched(t: TestContext, limits = {}) {
  const folder = folderFor(t);
  git(folder, 'init', '-q', '-b', 'main');
  const old = [commit(folder, 'one'), commit(folder, 'two')] as const;
  git(folder, 'gc', '-q');
  const watch = new GitWatch([{ at: folder, name: '' }], Date.now() + 5000, limits);
  t.after(() => watch.close());
  const look = () => watch.look(Date.now() + 5000);
  return { folder, old, watch, look };
}

test('a commit is found by looking, with its tree, author and the ref that moved', {
  skip,
}, (t) => {
  const { folder, old, look } = watched(t);
  assert.deepEqual(look(), []);
  const made = commit(folder, 'three', '--no-verify');
  const [only, ...others] = look();
  assert.deepEqual(others, []);
  assert.equal(only?.repository, '.git');
  assert.deepEqual(only?.refs, [{ ref: 'refs/heads/main', old: old[1], new: made }]);
  const tree = git(folder, 'rev-parse', 'HEAD^{tree}');
  const [found] = only?.commits ?? [];
  const author = 'Ada <ada@example.org>';
  assert.deepEqual(found, {
    ...{ commit: made, tree, parents: [old[1]], ref: 'refs/heads/main', author },
    is_signed: false,
  });
  assert.deepEqual([only?.commits.length, only?.more], [1, 0]);
  assert.deepEqual(look(), []);
});

test('what is amended, thrown away, packed or at no branch is found all the same', {
  skip,
}, (t) => {
  const { folder, look } = watched(t);
  const all = [commit(folder, 'three'), commit(folder, 'four', '--amend')];
  git(folder, 'reset', '-q', '--hard', 'HEAD~1');
  rmSync(join(folder, '.git/logs'), { recursive: true });
  const tree = git(folder, 'write-tree');
  all.push(git(folder, 'commit-tree', '-m', 'nowhere', tree));
  const names = (): string[] => look().flatMap(({ commits }) => commits.map((each) => each.commit));
  assert.deepEqual(names().sort(), [...all].sort());
  const packed = Array.from({ length: 5 }, (_, nth) =>
    commit(folder, `packed ${nth} ${'x'.repeat(999)}`),
  );
  git(folder, 'gc', '-q', '--prune=now');
  assert.deepEqual(names().sort(), packed.sort());
});

test('a branch at an old commit brings none, and its coming and going is told', { skip }, (t) => {
  const { folder, old, look } = watched(t);
  git(folder, 'branch', 'back', 'HEAD~1');
  const [made] = look();
  assert.deepEqual(made?.commits, []);
  assert.deepEqual(made?.refs, [{ ref: 'refs/heads/back', old: '0'.repeat(40), new: old[0] }]);
  git(folder, 'branch', '-q', '-D', 'back');
  assert.deepEqual(look()[0]?.refs, [{ ref: 'refs/heads/back', old: old[0], new: '0'.repeat(40) }]);
});

test('other trees, modules and repositories that are made later are looked at', { skip }, (t) => {
  const { folder, look } = watched(t);
  git(folder, 'worktree', 'add', '-q', '--detach', 'beside');
  const beside = commit(join(folder, 'beside'), 'of another tree');
  const module = join(folder, '.git/modules/m');
  git(folder, 'init', '-q', '--bare', module);
  const inModule = git(module, 'commit-tree', '-m', 'm', git(module, 'mktree'));
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  git(join(folder, 'a/b'), 'init', '-q', '-b', 'main');
  const inner = commit(join(folder, 'a/b'), 'later');
  const seen = look().map(({ repository, commits }) => [
    repository,
    commits.map((one) => one.commit),
  ]);
  assert.deepEqual(Object.fromEntries(seen), {
    '.git': [beside],
    '.git/modules/m': [inModule],
    'a/b/.git': [inner],
  });
});

test('nothing that a repository names is started or followed', { skip }, (t) => {
  const { folder, look } = watched(t);
  const outside = folderFor(t);
  git(outside, 'init', '-q', '-b', 'main');
  const secret = commit(outside, 'outside');
  const started = join(folder, 'started');
  const evil = `touch ${started}`;
  for (const [name, value] of [
    ['core.fsmonitor', evil],
    ['core.sshCommand', evil],
    ['filter.x.clean', evil],
    ['diff.external', evil],
    ['core.hooksPath', folder],
    ['include.path', join(outside, '.git/config')],
  ] as const) {
    git(folder, 'config', name, value);
  }
  mkdirSync(join(folder, '.git/objects/info'), { recursive: true });
  writeFileSync(join(folder, '.git/objects/info/alternates'), `${outside}/.git/objects\n`);
  writeFileSync(join(folder, '.git/refs/heads/lent'), `${secret}\n`);
  symlinkSync(join(outside, '.git/refs/heads/main'), join(folder, '.git/refs/heads/link'));
  symlinkSync(join(outside, '.git'), join(folder, 'linked'));
  mkdirSync(join(folder, 'pointing'));
  writeFileSync(join(folder, 'pointing/.git'), `gitdir: ${outside}/.git\n`);
  spawnSync('mkfifo', [join(folder, '.git/refs/heads/pipe')]);
  const looks = look();
  assert.deepEqual(
    looks.map(({ repository, refs, commits }) => [repository, refs.map(({ ref }) => ref), commits]),
    [['.git', ['refs/heads/lent'], []]],
  );
  assert.ok(!existsSync(started));
});

test('an object that is not what its name says is none, and is counted', { skip }, (t) => {
  const { folder, look } = watched(t);
  const name = 'ab'.repeat(20);
  const at = join(folder, '.git/objects/ab');
  mkdirSync(at);
  writeFileSync(join(at, name.slice(2)), deflateSync(Buffer.from(`commit 3\0abc`)));
  const bomb = deflateSync(Buffer.concat([Buffer.from('commit 99999999\0'), Buffer.alloc(9e6)]));
  writeFileSync(join(at, 'cd'.repeat(19)), bomb);
  writeFileSync(join(at, 'ef'.repeat(19)), 'no stream at all');
  writeFileSync(join(folder, '.git/refs/heads/bad'), name);
  const [only] = look();
  assert.deepEqual(only?.commits, []);
  assert.equal(only?.more, 2);
});

test('names of refs that are no text, or speak to terminals, are told as they are', {
  skip,
}, (t) => {
  const { folder, old, look } = watched(t);
  const refs = join(folder, '.git/refs/heads');
  writeFileSync(join(refs, '\u202egpj.exe\u001b[2J'), old[0]);
  writeFileSync(Buffer.concat([Buffer.from(`${refs}/`), Buffer.from([0xff, 0xfe])]), old[0]);
  const named = look().flatMap(({ refs: moved }) => moved.map(({ ref }) => ref));
  assert.deepEqual(named.sort(), ['refs/heads/\\xff\\xfe', 'refs/heads/\u202egpj.exe\u001b[2J']);
});

test('of very many commits so many are told as one run may tell, and the rest counted', {
  skip,
}, (t) => {
  const { folder, look, watch } = watched(t, { told: 40 });
  const stream = Array.from({ length: 1500 }, (_, nth) =>
    [
      'commit refs/heads/many',
      `mark :${nth + 1}`,
      `committer Ada <ada@example.org> ${1_700_000_000 + nth} +0000`,
      'data 1',
      'x',
      '',
    ].join('\n'),
  ).join('\n');
  const ran = spawnSync('git', ['fast-import', '--quiet'], {
    cwd: folder,
    env: ENV,
    input: stream,
  });
  assert.equal(ran.status, 0, String(ran.stderr));
  const [only] = look();
  assert.deepEqual([only?.commits.length, only?.refs.length], [40, 0]);
  assert.equal(only?.more, 1461);
  assert.deepEqual([look(), watch.isCut], [[], false]);
});

test('where there is no time it says that something was not looked at', { skip }, (t) => {
  const { folder, watch } = watched(t);
  commit(folder, 'three');
  assert.deepEqual(watch.look(0), []);
  assert.ok(watch.isCut);
  assert.equal(watch.look(Date.now() + 5000)[0]?.commits.length, 1);
  renameSync(join(folder, '.git'), join(folder, 'moved'));
  assert.ok(watch.look(Date.now() + 5000).some(({ repository }) => repository === 'moved'));
});

/** A pack and its index of one object of this name, a delta of the one of the same name. */
function cyclic(folder: string, name: string, nth: number): void {
  const fanout = Buffer.alloc(1024);
  for (let at = Number.parseInt(name.slice(0, 2), 16); at < 256; at += 1)
    fanout.writeUInt32BE(1, at * 4);
  const index = [Buffer.from('ff744f6300000002', 'hex'), fanout, Buffer.from(name, 'hex')];
  const behind = Buffer.from(`00000000${'0000000c'}${'00'.repeat(40)}`, 'hex');
  const entry = [Buffer.from([0x73]), Buffer.from(name, 'hex'), deflateSync(Buffer.from('abc'))];
  const at = join(folder, `.git/objects/pack/pack-${nth}`);
  writeFileSync(`${at}.idx`, Buffer.concat([...index, behind]));
  writeFileSync(`${at}.pack`, Buffer.concat([Buffer.alloc(12), ...entry]));
}

test('packs that send a reader from one to the other end, and it is said', { skip }, (t) => {
  const { folder, watch, look } = watched(t);
  for (let nth = 0; nth < 3; nth += 1) cyclic(folder, 'ab'.repeat(20), nth);
  writeFileSync(join(folder, '.git/refs/heads/x'), 'ab'.repeat(20));
  assert.deepEqual(look()[0]?.commits, []);
  assert.ok(watch.isCut);
});

test('what is put in the place of an object before it is made hides none', { skip }, (t) => {
  const { folder, watch, look } = watched(t);
  const copy = join(folderFor(t), 'copy');
  cpSync(folder, copy, { recursive: true });
  const made = git(copy, 'commit-tree', '-m', 'later', git(copy, 'write-tree'));
  const object = join('.git/objects', made.slice(0, 2), made.slice(2));
  mkdirSync(join(folder, object, '..'), { recursive: true });
  writeFileSync(join(folder, object), deflateSync(Buffer.from('blob 1\0x')));
  assert.deepEqual(look(), []);
  cpSync(join(copy, object), join(folder, object));
  assert.deepEqual(look(), []);
  const names = watch.look(Date.now() + 5000, true).flatMap(({ commits }) => commits);
  assert.deepEqual(
    names.map(({ commit }) => commit),
    [made],
  );
});

test('a folder that looks like a repository hides none in it', { skip }, (t) => {
  const { folder, look, watch } = watched(t);
  writeFileSync(join(folder, 'HEAD'), '');
  mkdirSync(join(folder, 'objects/deep'), { recursive: true });
  const made = commit(folder, 'three');
  git(join(folder, 'objects/deep'), 'init', '-q', '-b', 'main');
  const inner = commit(join(folder, 'objects/deep'), 'inner');
  const found = look().flatMap(({ commits }) => commits.map((each) => each.commit));
  assert.deepEqual([found.sort(), watch.isCut], [[made, inner].sort(), false]);
  mkdirSync(join(folder, 'objects/ab/deep'), { recursive: true });
  look();
  assert.ok(watch.isCut);
});

test('names of another length in a ref change nothing of what packs say', { skip }, (t) => {
  const { folder, look } = watched(t);
  const made = commit(folder, 'three');
  git(folder, 'gc', '-q', '--prune=now');
  rmSync(join(folder, '.git/packed-refs'));
  writeFileSync(join(folder, '.git/refs/aaa'), 'ab'.repeat(32));
  writeFileSync(join(folder, '.git/refs/heads/main'), made);
  assert.deepEqual(
    look().flatMap(({ commits }) => commits.map((each) => each.commit)),
    [made],
  );
});

test('what a packed tag is of is found behind it', { skip }, (t) => {
  const { folder, look, old } = watched(t);
  const made = commit(folder, 'three');
  git(folder, 'tag', '-a', '-m', 'v', 'v1');
  git(folder, 'reset', '-q', '--hard', old[1]);
  rmSync(join(folder, '.git/logs'), { recursive: true });
  git(folder, 'gc', '-q', '--prune=now');
  assert.deepEqual(
    look().flatMap(({ commits }) => commits.map((each) => each.commit)),
    [made],
  );
});

test('names, packs and folders beyond what is looked at are said', { skip }, (t) => {
  const fill: readonly ((git: string) => void)[] = [
    (at) => {
      for (let nth = 0; nth < 9; nth += 1) writeFileSync(join(at, `refs/heads/${nth}`), 'x');
    },
    (at) => {
      for (let nth = 0; nth < 99; nth += 1) writeFileSync(join(at, `objects/pack/${nth}`), 'x');
    },
    (at) => writeFileSync(join(at, 'packed-refs'), `${'0'.repeat(40)} refs/x\n`.repeat(200)),
    (at) => {
      mkdirSync(join(at, 'objects/ab'));
      for (let nth = 0; nth < 9; nth += 1)
        writeFileSync(join(at, `objects/ab/${'c'.repeat(37)}${nth}`), '');
    },
  ];
  for (const [nth, each] of fill.entries()) {
    const { folder, watch, look } = watched(t, {
      names: 8,
      packs: 4,
      allNames: nth === 2 ? 90 : 999,
    });
    assert.ok(!watch.isCut, String(nth));
    each(join(folder, '.git'));
    look();
    assert.ok(watch.isCut, String(nth));
  }
});

test('what is closed to this account is said not to be looked at', { skip }, (t) => {
  const { folder, watch, look } = watched(t);
  chmodSync(folder, 0o755);
  const objects = join(folder, '.git/objects');
  chmodSync(objects, 0);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    look();
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(objects, 0o755);
  }
  assert.ok(watch.isCut);
});

test('what the first look did not come to is not told of as new', { skip }, (t) => {
  const folder = folderFor(t);
  git(folder, 'init', '-q', '-b', 'main');
  commit(folder, 'one');
  const watch = new GitWatch([{ at: folder, name: '' }], 0);
  t.after(() => watch.close());
  assert.deepEqual(watch.look(Date.now() + 5000), []);
  const made = commit(folder, 'two');
  const told = watch.look(Date.now() + 5000).flatMap(({ commits }) => commits);
  assert.deepEqual([told.map(({ commit: name }) => name), watch.isCut], [[made], true]);
});
