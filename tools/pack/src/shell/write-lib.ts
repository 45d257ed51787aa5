import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { buildProject, parseCode, readTexts } from '@ioi/tidy/shell';
import { type Packed, pack } from '../core/pack.ts';
import { bundle } from './bundle.ts';

/**
 * Replaces the folder `lib` with the published form of the checkout at `root`. When there are
 * problems nothing is written, and a `lib` of an earlier run is gone: it would be out of date.
 */
export async function writeLib(root: string, lib: string): Promise<Packed> {
  rmSync(lib, { recursive: true, force: true });
  const project = buildProject(readTexts(root));
  const packed = pack(project, { strip: stripTypes, parse: parseCode });
  if (packed.problems.length > 0) return packed;
  for (const [path, text] of await bundle(packed)) {
    mkdirSync(dirname(join(lib, path)), { recursive: true });
    writeFileSync(join(lib, path), text);
  }
  for (const path of packed.assets) {
    mkdirSync(dirname(join(lib, path)), { recursive: true });
    copyFileSync(join(root, path), join(lib, path));
  }
  return packed;
}

/** Blanks types out, so that lines and columns of the result are those of the source. */
export function stripTypes(path: string, text: string): string {
  try {
    return stripTypeScriptTypes(text, { mode: 'strip' });
  } catch (error) {
    throw new Error(`${path}: types cannot be stripped`, { cause: error });
  }
}
