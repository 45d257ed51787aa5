import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeFolder } from './shown.ts';

/** Shells of a sandbox that ask before they do what they are given. */
export type AskingShells = {
  /** What it is shown for that. */
  readonly beside: readonly string[];
  /** What stands in the place of what. */
  readonly binds: readonly { readonly from: string; readonly to: string }[];
  readonly close: () => void;
};

const ASK = fileURLToPath(new URL('./ask-shell.ts', import.meta.url));
/** Where they themselves are then. */
const INSIDE = '/run/ioi-shell';
const FOLDERS = ['/bin', '/usr/bin'];
const NONE: AskingShells = { beside: [], binds: [], close: () => {} };

/**
 * A small script in the place of `sh` and `bash`, that asks at a socket, by its name inside. What
 * a shell starts that asked once does not ask again: it was part of what was asked.
 */
export function askingShells(socket: string | undefined): AskingShells {
  if (socket === undefined) return NONE;
  const folder = mkdtempSync(join(tmpdir(), 'ioi-shell-'));
  const sh = realpathSync('/bin/sh');
  const bash = existsSync('/bin/bash') ? realpathSync('/bin/bash') : sh;
  const script = join(folder, 'shell');
  const node = `'${process.execPath}' --disable-warning=ExperimentalWarning '${ASK}' ${socket}`;
  const text = [
    `#!${INSIDE}/sh`,
    `case "$0" in */bash) real=${INSIDE}/bash ;; *) real=${INSIDE}/sh ;; esac`,
    '[ -n "$IOI_SHELL_SEEN" ] && exec "$real" "$@"',
    `exec ${node} "$real" "$0" "$@"`,
    '',
  ].join('\n');
  writeFileSync(script, text, { mode: 0o755 });
  // A sandbox shows both folders, also where one is a link to the other outside.
  const names = [...new Set([sh, bash].map((each) => basename(each)))];
  const places = FOLDERS.flatMap((each) => names.map((name) => join(each, name))).filter(
    existsSync,
  );
  return {
    beside: [codeFolder(process.execPath), codeFolder(ASK)],
    binds: [
      { from: sh, to: `${INSIDE}/sh` },
      { from: bash, to: `${INSIDE}/bash` },
      ...places.map((to) => ({ from: script, to })),
    ],
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
