import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Hooks that git finds in a sandbox, and what they tell. */
export type GitHooks = {
  readonly binds: readonly { readonly from: string; readonly to: string }[];
  readonly environment: Readonly<Record<string, string>>;
  readonly close: () => void;
};

const INSIDE = '/run/ioi-git';
/** Not `push-to-checkout`: that it is there at all changes what git does. */
const NAMES: readonly string[] = [
  'applypatch-msg',
  'commit-msg',
  'post-applypatch',
  'post-checkout',
  'post-commit',
  'post-merge',
  'post-receive',
  'post-rewrite',
  'post-update',
  'pre-applypatch',
  'pre-auto-gc',
  'pre-commit',
  'pre-merge-commit',
  'pre-push',
  'pre-rebase',
  'pre-receive',
  'prepare-commit-msg',
  'reference-transaction',
  'update',
];
const NAME = /\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b/g;
const MOST_LEFT = 64;
const NONE: GitHooks = { binds: [], environment: {}, close: () => {} };

/**
 * Hooks for every repository in a sandbox, which nobody there can write: git is told of them by its
 * environment, before any file of a repository. They tell what refs were set to, and then do what
 * the project's own do. They are for telling early: a program that has git leave them out is found
 * by whoever looks, and what is told here is believed by nobody.
 */
export function gitHooks(
  onTold: ((names: readonly string[]) => void) | undefined,
  env: Readonly<Record<string, string>>,
): GitHooks {
  if (onTold === undefined) return NONE;
  const folder = mkdtempSync(join(tmpdir(), 'ioi-git-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const pipe = join(folder, 'told');
  if (spawnSync('mkfifo', ['-m', '600', pipe]).status !== 0) {
    remove();
    return NONE;
  }
  const said = listenAt(pipe, onTold);
  const count = /^\d{1,3}$/.test(env['GIT_CONFIG_COUNT'] ?? '') ? env['GIT_CONFIG_COUNT'] : '0';
  const script = join(folder, 'hook');
  writeFileSync(script, hookText(count ?? '0'), { mode: 0o755 });
  return {
    binds: [
      { from: realpathSync('/bin/sh'), to: `${INSIDE}/sh` },
      { from: pipe, to: `${INSIDE}/told` },
      ...NAMES.map((name) => ({ from: script, to: `${INSIDE}/hooks/${name}` })),
    ],
    environment: {
      GIT_CONFIG_COUNT: String(Number(count) + 1),
      [`GIT_CONFIG_KEY_${count}`]: 'core.hooksPath',
      [`GIT_CONFIG_VALUE_${count}`]: `${INSIDE}/hooks`,
    },
    close: () => {
      said.destroy();
      remove();
    },
  };
}

/** Without what git is told here, it says where the project keeps its own. */
function hookText(count: string): string {
  return [
    `#!${INSIDE}/sh`,
    `name=\${0##*/}`,
    'given=',
    'if [ "$name" = reference-transaction ]; then',
    '  given=$(cat)',
    `  [ "$1" = committed ] && printf '%s\\n' "$given" > ${INSIDE}/told`,
    'fi',
    `own=$(GIT_CONFIG_COUNT=${count} git rev-parse --git-path hooks 2>/dev/null)/$name`,
    '[ -f "$own" ] && [ -x "$own" ] || exit 0',
    '[ "$name" = reference-transaction ] || exec "$own" "$@"',
    `printf '%s\\n' "$given" | "$own" "$@"`,
    '',
  ].join('\n');
}

/** Held open for writing too, so that it has no end while nobody writes. */
function listenAt(pipe: string, onTold: (names: readonly string[]) => void): Socket {
  const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  const said = new Socket({ fd, readable: true, writable: false });
  let left = '';
  said.setEncoding('latin1');
  said.on('data', (chunk: string) => {
    const text = left + chunk;
    left = text.slice(-MOST_LEFT);
    onTold(text.match(NAME) ?? []);
  });
  said.on('error', () => closeSync(fd));
  return said;
}
