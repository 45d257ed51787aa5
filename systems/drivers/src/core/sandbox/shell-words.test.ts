import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOfShell } from './shell-words.ts';

test('a shell is given its text, and all its words where those could be read otherwise', () => {
  const texts: readonly (readonly string[])[] = [
    ['-c', 'echo x'],
    ['-lc', 'echo x'],
    ['-ec', 'echo x'],
    ['-o', 'pipefail', '-c', 'echo x'],
    ['--login', '--norc', '-c', 'echo x'],
    ['-c', '-e', 'echo x'],
  ];
  for (const args of texts) assert.equal(commandOfShell('/bin/bash', args), 'echo x', String(args));
  const others: readonly (readonly [readonly string[], string])[] = [
    [[], 'bash'],
    [['-i'], 'bash -i'],
    [['script.sh', "it's"], "bash script.sh 'it'\\''s'"],
    [['-c', '-', 'rm x'], "bash -c - 'rm x'"],
    [['-c', '--', 'rm x'], "bash -c -- 'rm x'"],
    [['-rcfile', 'echo x', '-c', 'rm x'], "bash -rcfile 'echo x' -c 'rm x'"],
    [['--rcfile', 'echo x', '-c', 'rm x'], "bash --rcfile 'echo x' -c 'rm x'"],
    [['-co', 'echo', 'rm x'], "bash -co echo 'rm x'"],
    [['-c', '+e', 'rm x'], "bash -c +e 'rm x'"],
    [['-s', '-c', 'rm x'], "bash -s -c 'rm x'"],
    [['-c'], 'bash -c'],
    [['-c', 'git "$@"', 'git', 'push', '--force'], `bash -c 'git "$@"' git push --force`],
    [['-ec', 'rm "$0"', '/home/u/x'], `bash -ec 'rm "$0"' /home/u/x`],
  ];
  for (const [args, command] of others) assert.equal(commandOfShell('/bin/bash', args), command);
});
