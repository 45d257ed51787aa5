import { realpath, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';

import { UNPACKED } from './unpacked-worker.ts';

/**
 * The folder that a run works in, by its real path. It is what a policy means by the workspace: so
 * it is no folder that holds much else of an account, and nothing of the node.
 */
export async function runFolder(path: string, home: string): Promise<Result<string, Rejection>> {
  const real = await realpath(path).catch(() => undefined);
  const isFolder = real !== undefined && (await stat(real).catch(() => undefined))?.isDirectory();
  if (!isFolder) return refuse(`there is no folder ${path}`);
  const node = await realpath(home).catch(() => home);
  const account = await realpath(homedir()).catch(() => homedir());
  if (isWithin(node, real) || isWithin(real, node)) return refuse(`${path} holds the node itself`);
  if (isWithin(account, real)) return refuse(`${path} is all of your files: name a folder in it`);
  // Workers that are installed run from there: none of them writes where another is read.
  const temporary = await realpath(tmpdir()).catch(() => tmpdir());
  const isTheirs = real.startsWith(join(temporary, UNPACKED));
  if (isWithin(temporary, real) || isTheirs) return refuse(`${path} holds other programs' files`);
  return ok(real);
}

/** Whether a path is another one, or below it. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

function refuse(message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code: 'run.workspace', message: `--workspace: ${message}` });
}
