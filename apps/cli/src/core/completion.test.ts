import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { type CommandShape, completionScript } from './completion.ts';

const leaf = (name: string, options: readonly string[] = []): CommandShape => {
  return { name, about: `it's ${name}`, options, subcommands: [] };
};
const program: CommandShape = {
  name: 'ioi',
  about: '',
  options: ['--json'],
  subcommands: [
    leaf('approve', ['--yes']),
    { ...leaf('policy'), subcommands: [leaf('check'), leaf('activate', ['--passphrase-file'])] },
    {
      ...leaf('domain'),
      subcommands: [leaf('show'), { ...leaf('key'), subcommands: [leaf('new', ['--force'])] }],
    },
  ],
};

function completed(words: readonly string[]): string[] {
  const script = `${completionScript('bash', program)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_ioi; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], {
    encoding: 'utf8',
    cwd: '/proc/self',
  });
  assert.equal(stderr, '');
  return stdout.trim().split('\n');
}

test('bash completes commands, subcommands and options', () => {
  assert.deepEqual(completed(['ioi', 'ap']), ['approve']);
  assert.deepEqual(completed(['ioi', 'approve', '--']), ['--yes']);
  assert.deepEqual(completed(['ioi', 'policy', 'a']), ['activate']);
  assert.deepEqual(completed(['ioi', 'policy', 'activate', '--p']), ['--passphrase-file']);
  assert.deepEqual(completed(['ioi', 'domain', 'k']), ['key']);
  assert.deepEqual(completed(['ioi', 'domain', 'key', 'n']), ['new']);
  assert.deepEqual(completed(['ioi', 'domain', 'key', 'new', '--']), ['--force']);
});

test('fish gets one line for each word, with quotes escaped', () => {
  const script = completionScript('fish', program);
  assert.ok(script.includes("-a approve -d 'it\\'s approve'"));
  assert.ok(script.includes("-n '__fish_seen_subcommand_from policy' -a check"));
  assert.ok(script.includes("-n '__fish_seen_subcommand_from approve' -l yes"));
  const both = '__fish_seen_subcommand_from domain; and __fish_seen_subcommand_from key';
  assert.ok(script.includes(`-n '${both}' -a new`));
});

test('zsh uses the bash script through its own bridge', () => {
  const script = completionScript('zsh', program);
  assert.ok(script.startsWith('#compdef ioi\n'));
  assert.ok(
    script.includes('bashcompinit') && script.includes('complete -o filenames -F _ioi ioi'),
  );
});
