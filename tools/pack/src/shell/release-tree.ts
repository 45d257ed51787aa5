import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { type Lock, type Platform, shippedFolders } from '../core/closure.ts';
import type { Part, Release } from '../core/papers.ts';
import { writeLib } from './write-lib.ts';

const OURS = ['README.md', 'LICENSE', 'NOTICE', 'bin/ioi.cjs'];
const LICENCE = /^(licen[cs]e|copying|notice)/i;
/** The Node that is packed is started and not built against. */
const NODE_LEFT_OUT: ReadonlySet<string> = new Set(['include', 'share']);

export type Tree = {
  readonly release: Release;
  readonly parts: readonly Part[];
  /** Where in it Node lies. */
  readonly node: string;
};

/** Writes `lib/` as it is published, with the pages of the Workbench. */
export async function makeLibrary(root: string, lib: string): Promise<void> {
  const { problems } = await writeLib(root, lib);
  if (problems.length > 0) throw new Error(`lib/ cannot be made:\n${problems.join('\n')}`);
  buildPages(root, join(lib, 'apps/workbench/dist'));
}

/** The program with everything it needs on a platform, Node included, in a folder with `lib/`. */
export function makeTree(root: string, folder: string, platform: Platform): Tree {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const name of OURS) copyFileSync(join(root, name), join(folder, name));
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const folders = shippedFolders(lock, platform);
  for (const each of folders) copyPackage(join(root, each), join(folder, each));
  const node = `node_modules/${nodePackage(folders)}/bin/node`;
  writeFileSync(join(folder, 'bin/ioi'), starter(node));
  chmodSync(join(folder, 'bin/ioi'), 0o755);
  const parts = new Map(
    folders.map(partAt(root, lock)).map((part) => [`${part.name} ${part.version}`, part]),
  );
  return { release: writeManifest(root, folder), parts: [...parts.values()], node };
}

function buildPages(root: string, to: string): void {
  const program = join(root, 'apps/workbench/build/main.ts');
  const { status, stderr } = spawnSync(process.execPath, [program, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the pages were not built: ${stderr}`);
}

/** Without links and without packages below it, which are copied by themselves. */
function copyPackage(from: string, to: string): void {
  if (!existsSync(from)) throw new Error(`${from} is not installed: npm ci --include=optional`);
  const isNode = basename(from).startsWith('node-');
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter: (path) => {
      const name = path.slice(from.length + 1);
      return !name.startsWith('node_modules') && !(isNode && NODE_LEFT_OUT.has(name));
    },
  });
}

function nodePackage(folders: readonly string[]): string {
  const found = folders.find((each) => /^node_modules\/node-(bin-)?(linux|darwin)-/.test(each));
  if (found === undefined) throw new Error('there is no Node for this platform in the lockfile');
  return basename(found);
}

/** Needs nothing of the machine but a shell: the Node beside it runs the launcher. */
function starter(node: string): string {
  return [
    '#!/bin/sh',
    'self=$0',
    'while [ -h "$self" ]; do',
    '  to=$(readlink -- "$self")',
    '  case $to in /*) self=$to ;; *) self=$(dirname -- "$self")/$to ;; esac',
    'done',
    'root=$(CDPATH= cd -P -- "$(dirname -- "$self")/.." && pwd -P) || exit 1',
    `exec "$root/${node}" "$root/bin/ioi.cjs" "$@"`,
    '',
  ].join('\n');
}

function writeManifest(root: string, folder: string): Release {
  const { name, version, description, license, type, bin, dependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const kept = { name, version, description, license, type, bin, dependencies };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(kept, null, 2)}\n`);
  return { name, version };
}

function partAt(root: string, { packages }: Lock): (folder: string) => Part {
  return (folder) => {
    const place = join(root, folder);
    const { name, version, license } = JSON.parse(
      readFileSync(join(place, 'package.json'), 'utf8'),
    );
    const texts = readdirSync(place)
      .filter((file) => LICENCE.test(file))
      .map((file) => ({ file, text: readFileSync(join(place, file), 'utf8') }));
    const said = typeof license === 'string' ? license : license?.type;
    const known = said ?? packages[folder]?.license ?? 'UNKNOWN';
    return { name, version, license: known, integrity: packages[folder]?.integrity, texts };
  };
}
