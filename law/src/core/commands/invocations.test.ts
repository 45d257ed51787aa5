import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invocationsOfScript } from './invocations.ts';
import { namedPaths } from './named-paths.ts';
import {
  catches,
  comparable,
  isCommandPattern,
  patternHolds,
  printCommandPattern,
  readCommandPattern,
  vouches,
} from './patterns.ts';

function told(text: string): readonly string[] {
  const { started, isUnderstood } = invocationsOfScript(text);
  const lines = started.map((words) => words.map((word) => word ?? '?').join(' '));
  return isUnderstood ? lines : [...lines, '?!'];
}

/** A text, and what it starts. */
const STARTS: readonly (readonly [string, ...string[]])[] = [
  ['timeout -k 5 10 nice -n 3 git status', 'git status'],
  ['env -i CI=1 git status', 'git status'],
  ['env PATH=/x git status', 'git status', '?!'],
  ['env -S "git status"', 'env -S git status', '?!'],
  ['command git status', 'git status'],
  ['command -v git', 'command -v git'],
  ['exec -a x rm y', 'rm y'],
  ['builtin cd x', 'cd x'],
  ['busybox rm x', 'rm x'],
  ['sudo -u root rm x', 'sudo -u root rm x', 'rm x'],
  ['sudo --strange rm x', 'sudo --strange rm x', '?!'],
  ["bash -lc 'git status; ls'", 'git status', 'ls'],
  ['bash -c "$x"', 'bash -c ?', '?!'],
  ['bash x.sh', 'bash x.sh'],
  ['bash -o pipefail -c ls', 'ls'],
  ['bash -oc pipefail ls', 'pipefail', '?!'],
  ["bash -c - 'rm x'", '-', '?!'],
  ["bash +x -c 'rm x'", 'bash +x -c rm x', '?!'],
  ['sh -', 'sh -', '?!'],
  ['bash /dev/stdin', 'bash /dev/stdin', '?!'],
  ['npm -s exec rm', 'npm -s exec rm', '?!'],
  ['npm -s run build', 'npm -s run build'],
  ['npm $x rm', 'npm ? rm', '?!'],
  ['command time -o a ls', 'time -o a ls', '?!'],
  ['less +!rm x', 'less +!rm x', '?!'],
  ['read x', 'read x'],
  ['read PATH', 'read PATH', '?!'],
  ["unset 'a[x]'", 'unset a[x]', '?!'],
  ["let 'a[x]'", 'let a[x]', '?!'],
  ['declare -n x=PATH', 'declare -n x=PATH', '?!'],
  ['/lib64/ld-linux.so rm', '/lib64/ld-linux.so rm', '?!'],
  ['curl x | sh', 'curl x', 'sh', '?!'],
  ['bash -c "bash -c \'rm x\'"', 'rm x'],
  ['eval rm "x y"', 'rm x y'],
  ['eval "$x"', '?!'],
  ["eval $'ls'", 'ls', '?!'],
  ["echo $'ls'", 'echo ls'],
  ['go test -exec x', 'go test -exec x', '?!'],
  ["trap 'rm x' EXIT", 'trap rm x EXIT', 'rm x'],
  ['xargs -n 1 rm -f', 'xargs -n 1 rm -f', 'rm -f ?'],
  ['xargs', 'xargs', 'echo ?'],
  ["find . -exec rm {} ';' -exec ls +", 'find . -exec rm {} ; -exec ls +', 'rm ?', 'ls'],
  ['find . -delete', 'find . -delete', 'rm ?'],
  ['fd -x rm', 'fd -x rm', 'rm'],
  ['ssh host rm x', 'ssh host rm x', 'rm x'],
  ['ssh -o ProxyCommand=x host', 'ssh -o ProxyCommand=x host', '?!'],
  ['watch "rm x"', 'rm x'],
  ['npx -y tsc x', 'npx -y tsc x', 'tsc x'],
  ['docker run --rm -v a:b image rm x', 'docker run --rm -v a:b image rm x', 'rm x'],
  ['python3 -c x', 'python3 -c x', '?!'],
  ['python3 x.py -c', 'python3 x.py -c', '?!'],
  ['python3 x.py -b', 'python3 x.py -b'],
  ['python3 -W ignore -c y', 'python3 -W ignore -c y', '?!'],
  ['python3 -m timeit x', 'python3 -m timeit x', '?!'],
  ['python3 /dev/stdin', 'python3 /dev/stdin', '?!'],
  ['deno eval x', 'deno eval x', '?!'],
  ['bun exec x', 'bun exec x', '?!'],
  ['python -m pytest', 'python -m pytest'],
  ['python3 --version', 'python3 --version'],
  ['node', 'node', '?!'],
  ['node -r ./x y.js', 'node -r ./x y.js', '?!'],
  ['perl -ne x y', 'perl -ne x y', '?!'],
  ['git -C /x --no-pager log', 'git log -C /x --no-pager'],
  ['git -c alias.x=!rm x', 'git -c alias.x=!rm x', '?!'],
  ['git rebase --exe rm', 'git rebase --exe rm', '?!'],
  ['git grep -nOrm x', 'git grep -nOrm x', '?!'],
  ['git log --ext -p', 'git log --ext -p', '?!'],
  ['git log --oneline --all', 'git log --oneline --all'],
  ['git config user.name x', 'git config user.name x'],
  ['git config --global --get core.pager', 'git config --global --get core.pager'],
  ['git config set core.fsmonitor x', 'git config set core.fsmonitor x', '?!'],
  ['git config core.fsmonitor x', 'git config core.fsmonitor x', '?!'],
  ['sort --co=x y', 'sort --co=x y', '?!'],
  ['tar --create x', 'tar --create x'],
  ['git push origin +main', 'git push origin +main --force'],
  ['git rebase --exec rm', 'git rebase --exec rm', '?!'],
  ['sed -n 5,10p x', 'sed -n 5,10p x'],
  ["sed '1e rm x' y", 'sed 1e rm x y', '?!'],
  ['sed -e p x', 'sed -e p x'],
  ["sed p -e '1e rm x'", 'sed p -e 1e rm x', '?!'],
  ['sed "$x" p', 'sed ? p', '?!'],
  ["sed -- '1e rm' -e p", 'sed -- 1e rm -e p', '?!'],
  ['sed s/a/b/w y', 'sed s/a/b/w y', '?!'],
  ['tar --to-command=x -xf y', 'tar --to-command=x -xf y', '?!'],
  ['alias ls=rm', 'alias ls=rm', '?!'],
  ['LD_PRELOAD=x ls', 'ls', '?!'],
  ['x=1; CI=1 ls', 'ls'],
  ['PATH=/x; ls', 'ls', '?!'],
  ['TERM=xterm TZ=Europe/Berlin LC_ALL=C.UTF-8 ls', 'ls'],
  ['TERM=../../x ls', 'ls', '?!'],
  ['TERM=$x ls', 'ls', '?!'],
  ['TZ=:/etc/passwd ls', 'ls', '?!'],
  ['env LC_ALL=/tmp/x ls', 'ls', '?!'],
  ['export LC_ALL=/tmp/x', 'export LC_ALL=/tmp/x', '?!'],
  ['read TERM', 'read TERM', '?!'],
  ['for TERM in x; do ls; done', 'ls', '?!'],
  ['TERMINFO=x ls', 'ls', '?!'],
  ['PYTHONSTARTUP=x GIT_PAGER=y ls', 'ls', '?!'],
  ['zsh-5.9 -c ls', 'ls'],
  ['wget2 --use-ask=x', 'wget2 --use-ask=x', '?!'],
  ['for PATH in x; do ls; done', 'ls', '?!'],
  ['for x in 1; do ls; done', 'ls'],
  ['echo {PATH}<a; ls', 'echo', 'ls', '?!'],
  [`: \${PATH:=x}`, ': ?', '?!'],
  ['export PATH=/x', 'export PATH=/x', '?!'],
  ['export CI=1', 'export CI=1'],
  ["printf -v 'a[$(id)]' x", 'printf -v a[$(id)] x', '?!'],
  ['. x', '. x', '?!'],
];

test('what wrappers start is found, and what changes its effect stays beside it', () => {
  for (const [text, ...started] of STARTS) {
    assert.deepEqual(told(text), started, text);
  }
});

function fits(pattern: string, command: string): readonly [string, string] {
  const read = readCommandPattern(pattern);
  assert.ok(isCommandPattern(read), pattern);
  const [words = []] = invocationsOfScript(command).started;
  return [vouches(read, comparable(words)), catches(read, comparable(words))];
}

test('commands are compared by what they say, not by how they are written', () => {
  for (const [pattern, command, isVouched, isCaught] of [
    ['git status', 'git status', 'yes', 'yes'],
    ['git status', '/usr/bin/git status', 'yes', 'yes'],
    ['git status', '/tmp/git status', 'no', 'yes'],
    ['git status', 'GIT status', 'no', 'yes'],
    ['git status', 'git status -s', 'no', 'yes'],
    ['git status', 'git status x', 'no', 'yes'],
    ['git status', 'git log', 'no', 'no'],
    ['git log **', 'git -C /x log -3', 'yes', 'yes'],
    ['git commit -m *', 'git commit --message=x', 'yes', 'yes'],
    ['git commit -m *', 'git commit --message x', 'yes', 'yes'],
    ['npm run *', 'npm run test', 'yes', 'yes'],
    ['npm run *', 'npm run', 'no', 'no'],
    ['npm run *', 'npm run a b', 'no', 'yes'],
    ['npm run **', 'npm run', 'yes', 'yes'],
    ['npm run **', 'npm run $x', 'unknown', 'yes'],
    ['npm publish', 'npm run $x', 'unknown', 'unknown'],
    ['npm publish', '$x', 'unknown', 'unknown'],
    ['rm -rf **', 'rm -fr x', 'yes', 'yes'],
    ['rm -rf **', 'rm -r -f x', 'yes', 'yes'],
    ['rm -rf **', 'rm -R --force x', 'yes', 'yes'],
    ['rm -rf **', 'rm --recurs --forc x', 'yes', 'yes'],
    ['rm -rf **', 'rm x -v -rf', 'yes', 'yes'],
    ['rm -rf **', 'rm -r x', 'no', 'no'],
    ['git push --force **', 'git push origin +main', 'yes', 'yes'],
    ['git push **', 'git --no-pager push x', 'yes', 'yes'],
    ['npm publish **', 'npm --tag x publish', 'no', 'yes'],
  ] as const) {
    assert.deepEqual(fits(pattern, command), [isVouched, isCaught], `${pattern} | ${command}`);
  }
});

test('a command pattern has one spelling, and what has no meaning is refused', () => {
  const spelled = (text: string): string => {
    const read = readCommandPattern(text);
    return isCommandPattern(read) ? printCommandPattern(read) : `refused: ${read.message}`;
  };
  assert.equal(spelled('git  log --oneline -n **'), 'git log --oneline -n **');
  assert.equal(spelled('rm -fr **'), spelled('rm --force -R **'));
  assert.equal(spelled(spelled('git commit --message=x -a')), spelled('git commit -am x'));
  for (const text of ['', '*', '**', '-x', './x', 'ls "a"', 'ls $x', 'ls a*', 'ls a; b', 'ls ~']) {
    assert.match(spelled(text), /^refused/, text);
  }
});

test('of command patterns, the wider vouches for what the narrower does', () => {
  const texts = ['ls', 'ls *', 'ls **', 'ls a', 'ls -a', 'ls -a **', 'ls -a b', 'ls * b', 'rm **'];
  const commands = [
    'ls z',
    'ls -a z',
    'ls -a z b',
    'ls z b',
    'ls z b z',
    'rm',

    'ls',
    'ls a',
    'ls -a',
    'ls -a b',
    'ls a b',
    'ls b -a',
    'ls -ab',
    'rm a',
    'ls a b c',
  ];
  for (const outer of texts) {
    for (const inner of texts) {
      const [wide, narrow] = [readCommandPattern(outer), readCommandPattern(inner)];
      assert.ok(isCommandPattern(wide) && isCommandPattern(narrow));
      const isHeld = patternHolds(wide, narrow);
      const isSeen = commands.every(
        (command) => fits(inner, command)[0] !== 'yes' || fits(outer, command)[0] === 'yes',
      );
      assert.equal(isHeld, isSeen, `${outer} holds ${inner}`);
    }
  }
});

test('every word that may be a path counts as one', () => {
  const named = (text: string, folder: string | null = '/w'): readonly string[] => {
    const { started, redirections } = invocationsOfScript(text);
    return namedPaths(started, redirections, folder ?? undefined).paths.map((path) => path ?? '?');
  };
  assert.deepEqual(named('cat /etc/passwd x >y'), ['/etc/passwd', '/w/x', '/w/y']);
  assert.deepEqual(named('dd of=/dev/sda'), ['/w/of=/dev/sda', '/w/of', '/dev/sda']);
  assert.deepEqual(named('curl -o/etc/x --data=@/k'), ['/etc/x', '/w/@/k', '/k']);
  assert.deepEqual(named('scp h:/etc/x .'), ['/w/h:/etc/x', '/w/h', '/etc/x', '/w/.']);
  assert.deepEqual(named('curl https://a.com/etc'), ['/w/https://a.com/etc']);
  assert.deepEqual(named('cat a://../x'), ['/w/a://../x', '/w/a', '//../x']);
  assert.deepEqual(named('git show a:b'), ['/w/show', '/w/a:b', '/w/a', '/w/b']);
  assert.deepEqual(named('grep -rfb'), ['/w/fb', '/w/b']);
  assert.deepEqual(named('curl file:///x'), ['?', '/w/file:///x', '/w/file', '///x']);
  assert.deepEqual(named('cat ~/x'), ['?']);
  assert.deepEqual(named('cat $x *'), ['?']);
  assert.deepEqual(named('a <<< "url=file:///x"'), [
    '/w/url=file:///x',
    '/w/url',
    '/w/file',
    '///x',
  ]);
  assert.deepEqual(named('a <<E\n/b c\nE'), ['/b c', '/b', '/w/c']);
  assert.deepEqual(named('a <<E\n$b\nE'), ['?']);
  assert.deepEqual(named('cat >a <<E\n/b $c\nE'), ['/w/a']);
  assert.deepEqual(named('cat >/dev/stdout <<E | b\n/c\nE'), ['/dev/stdout', '/c']);
  assert.deepEqual(named('cd /e && cat x'), ['/w/x', '/e/x']);
  assert.deepEqual(named('cd e; cat x'), ['/w/x', '/w/e/x']);
  assert.deepEqual(named('cd; cat x'), ['?', '/w/x']);
  assert.deepEqual(named('cat x', null), ['?']);
  assert.deepEqual(named('/tmp/run'), ['/tmp/run']);
});

test('a program is caught in any version, and whatever reads whole trees by `@tree`', () => {
  for (const [pattern, command, isCaught] of [
    ['wget **', 'wget2 x', 'yes'],
    ['mkfs **', 'mkfs.ext4 /x', 'yes'],
    ['python **', '/opt/python3.12 x', 'yes'],
    ['md5 **', 'md5 x', 'yes'],
    ['wget **', 'wgets x', 'no'],
    ['@tree', 'rg key', 'yes'],
    ['@tree', 'tar czf x .', 'yes'],
    ['@tree', 'cp -ax a b', 'yes'],
    ['@tree', 'cp --arch a b', 'yes'],
    ['@tree', 'cp a b', 'no'],
    ['@tree', 'cp "$x" b', 'unknown'],
    ['@tree', 'git -C x add -A', 'yes'],
    ['@tree', 'git status', 'no'],
    ['@tree', 'ls -lR', 'yes'],
    ['@tree', 'grep key a.ts', 'no'],
  ] as const) {
    assert.deepEqual(fits(pattern, command)[1], isCaught, `${pattern} ${command}`);
    if (pattern === '@tree') assert.equal(fits(pattern, command)[0], 'no');
  }
  assert.ok(!isCommandPattern(readCommandPattern('@tree x')));
});

test('names that come out of a file are paths that cannot be told', () => {
  for (const command of [
    'wc --files0-from=-',
    'wc --files0=x',
    'sort --files0-from x',
    'tar cTf list x',
    'tar -cT list',
    'zip -@ x',
    'git add --pathspec-from-file=x',
    'rsync --files-from=x a b',
    'sha256sum -c x',
    'gcc @x',
    'wget2 -i x',
    'du --files0-from=x',
    'xargs -a x ls',
  ]) {
    const { started, redirections } = invocationsOfScript(command);
    assert.ok(namedPaths(started, redirections, '/w').paths.includes(undefined), command);
  }
  for (const command of ['wc -l x', 'sort x', 'tar cf x y', 'sha256sum x', 'zip x y']) {
    const { started, redirections } = invocationsOfScript(command);
    assert.ok(!namedPaths(started, redirections, '/w').paths.includes(undefined), command);
  }
});
