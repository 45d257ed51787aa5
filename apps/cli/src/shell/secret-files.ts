import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What a project keeps its secrets in, and how far down was looked. */
export type SecretFiles = {
  readonly paths: readonly string[];
  /** There is more below: too deep, or too much of it. */
  readonly isCut: boolean;
};

export type SearchBounds = {
  readonly depth: number;
  readonly entries: number;
  readonly files: number;
};

/** Each file that is found becomes a mount of the sandbox. */
export const SEARCHED: SearchBounds = { depth: 8, entries: 50_000, files: 256 };
/** Code of others: what is secret of a project does not lie there. */
const PASSED_BY: readonly string[] = ['.git', '.venv', 'node_modules'];

/** `.env`, `.env.local` and so on, in a folder and below it; links are not followed. */
export function secretFilesIn(root: string, bounds: SearchBounds = SEARCHED): SecretFiles {
  const paths: string[] = [];
  let [level, entries, isCut] = [[root], 0, false];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > bounds.depth) return { paths, isCut: true };
    const below: string[] = [];
    for (const folder of level) {
      const found = listed(folder);
      entries += found.length;
      if (entries > bounds.entries) return { paths, isCut: true };
      for (const each of found) {
        const path = join(folder, each.name);
        if (isSecret(each)) paths.push(path);
        else if (each.isDirectory() && !PASSED_BY.includes(each.name)) below.push(path);
      }
    }
    isCut ||= paths.length > bounds.files;
    if (isCut) return { paths: paths.slice(0, bounds.files), isCut };
    level = below;
  }
  return { paths, isCut };
}

function isSecret(each: Dirent): boolean {
  if (each.isDirectory()) return false;
  return /^\.env(\.|$)/.test(each.name) && !each.name.endsWith('.example');
}

/** A folder that may not be read here is none there. */
function listed(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
