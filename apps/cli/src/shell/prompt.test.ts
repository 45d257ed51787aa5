import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { IOI, newFolder, removeFolder, runIoi } from '../testing/run-ioi.ts';
import { takeKeys } from './prompt.ts';

test('keys make a line however they arrive, and editing keys edit', () => {
  assert.deepEqual(takeKeys('', 'abc\rrest'), { rest: 'abc', end: 'line', left: 'rest' });
  assert.deepEqual(takeKeys('ab', '\u007f\u007fc'), { rest: 'c' });
  assert.deepEqual(takeKeys('ab', '\u0015x'), { rest: 'x' });
  assert.equal(takeKeys('ab', '\u0003').end, 'cancel');
  assert.equal(takeKeys('', '\u0004').end, 'cancel');
  assert.equal(takeKeys('ab', '\u0004').end, 'line');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, at) => {
      const typed = [...text].filter((key) => key >= ' ' && key !== '\u007f').join('');
      const cut = Math.min(at, typed.length);
      const first = takeKeys('', typed.slice(0, cut));
      assert.equal(takeKeys(first.rest, typed.slice(cut)).rest, typed);
    }),
  );
});

/** Types at a terminal: each answer once its question is on the screen. */
async function typeAt(
  args: readonly string[],
  home: string,
  typed: readonly (readonly string[])[],
) {
  const command = [process.execPath, IOI, ...args].join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { IOI_HOME: home, PATH: process.env['PATH'] ?? '', TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  let next = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    const [question = '', answer = ''] = typed[next] ?? [];
    if (question === '' || !screen.includes(question)) return;
    next += 1;
    child.stdin.write(answer);
  });
  const [code] = (await once(child, 'exit')) as [number];
  return { code, screen, asked: next };
}

test('at a terminal the passphrase is asked twice and never shown', async () => {
  const folder = newFolder();
  const home = join(folder, 'home');
  const { code, screen, asked } = await typeAt(['init'], home, [
    ['Choose a passphrase', 'hunter2-hunter2\r'],
    ['The same again', 'hunter2-hunter2\r'],
    ['Enter once it is on paper', '\r'],
  ]);
  assert.equal(asked, 3);
  assert.equal(code, 0, screen);
  assert.equal(screen.includes('hunter2'), false);
  assert.ok(existsSync(join(home, 'guardian', 'owner.key')));
  assert.equal(
    readFileSync(join(home, 'guardian', 'owner.key'), 'utf8').includes('hunter2'),
    false,
  );
  removeFolder(folder);
});

test('both answers typed at once, as by pasting, are taken and not shown', async () => {
  const folder = newFolder();
  const { code, screen } = await typeAt(['init'], join(folder, 'home'), [
    ['Choose a passphrase', 'hunter2-hunter2\rhunter2-hunter2\r'],
    ['Enter once it is on paper', '\r'],
  ]);
  assert.equal(code, 0, screen);
  assert.equal(screen.includes('hunter2'), false);
  removeFolder(folder);
});

test('at a terminal a new phrase is shown once, and checked without being shown', async () => {
  const folder = newFolder();
  const passphrase = join(folder, 'passphrase');
  writeFileSync(passphrase, 'hunter2-hunter2\n');
  const init = ['init', '--passphrase-file', passphrase];
  const gone = await typeAt(init, join(folder, 'gone'), [['Enter once it is on paper', '\u0003']]);
  assert.equal(gone.code, 3);
  assert.equal(existsSync(join(folder, 'gone', 'guardian')), false, 'nobody wrote it down');
  const home = join(folder, 'home');
  const made = await typeAt(init, home, [['Enter once it is on paper', '\r']]);
  assert.equal(made.code, 0, made.screen);
  assert.ok(made.screen.includes('\u001b[3J'), 'it is cleared away');
  assert.equal(existsSync(join(home, 'guardian', 'phrase.key')), false);
  const numbered = [...made.screen.matchAll(/(\d{1,2}) ([a-z]{3,8}) /g)].slice(-24);
  const words = numbered.sort((a, b) => Number(a[1]) - Number(b[1])).map(([, , word]) => word);
  assert.equal(words.length, 24);
  const typed = `${words.join(' ')}\r`;
  const check = await typeAt(['wallet', 'phrase', 'check'], home, [['24 words,', typed]]);
  assert.equal(check.code, 0, check.screen);
  assert.ok(!check.screen.includes(`${words[0]} ${words[1]}`), 'it is not echoed');
  const split = ['wallet', 'phrase', 'split', '--shares-out', join(folder, 'shares')];
  const shares = await typeAt(split, home, [['24 words,', typed]]);
  assert.equal(shares.code, 0, shares.screen);
  const [one, other] = ['share-1', 'share-3'].map((name) => {
    return `${readFileSync(join(folder, 'shares', name), 'utf8').trim()}\r`;
  });
  const joined = await typeAt(['wallet', 'phrase', 'check'], home, [
    ['or a share of it', other ?? ''],
    ['Share 2', one ?? ''],
  ]);
  assert.equal(joined.code, 0, joined.screen);
  removeFolder(folder);
});

test('a slip or Ctrl-C at the terminal makes no node', async () => {
  const folder = newFolder();
  const slip = await typeAt(['init'], join(folder, 'slip'), [
    ['Choose a passphrase', 'hunter2-hunter2\r'],
    ['The same again', 'hunter3-hunter3\r'],
  ]);
  assert.equal(slip.code, 2);
  assert.match(slip.screen, /the two passphrases differ/);
  const interrupted = await typeAt(['init'], join(folder, 'gone'), [
    ['Choose a passphrase', 'hunter2\u0003'],
  ]);
  assert.equal(interrupted.code, 3);
  for (const name of ['slip', 'gone'])
    assert.equal(existsSync(join(folder, name, 'guardian')), false);
  removeFolder(folder);
});

test('without a terminal the passphrase comes from a file or standard input', async () => {
  const folder = newFolder();
  const env = { IOI_HOME: join(folder, 'home') };
  const nobody = await runIoi(['init'], { env });
  assert.equal(nobody.code, 2);
  assert.match(nobody.stderr, /there is no terminal to ask at/);
  const flags = ['init', '--passphrase-file', '-'];
  const short = await runIoi(flags, { env, input: 'short\n' });
  assert.equal(short.code, 2);
  const twoLines = await runIoi(flags, { env, input: 'one line\nand another\n' });
  assert.equal(twoLines.code, 2);
  const missing = await runIoi(['init', '--passphrase-file', '/nowhere'], { env });
  assert.match(missing.stderr, /cannot be read \(ENOENT\)/);
  assert.equal((await runIoi(flags, { env, input: 'long enough\n' })).code, 0);
  writeFileSync(join(folder, 'passphrase'), 'again\n');
  const again = await runIoi(['init', '--passphrase-file', join(folder, 'passphrase')], { env });
  assert.equal(again.code, 2);
  assert.match(again.stderr, /there is a node in .* already/);
  removeFolder(folder);
});
