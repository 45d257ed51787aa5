import { readdirSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';

/**
 * Reads every file of the checkout at `root`, except what .gitignore names and what tools keep for
 * themselves in dot folders. A file with a NUL byte is not text and is listed as empty, so that
 * links to it hold.
 */
export function readTexts(root: string): Map<string, string> {
  const isIgnored = ignoredBy(readFileSync(join(root, '.gitignore'), 'utf8'));
  const texts = new Map<string, string>();
  const descend = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      // In a worktree it is a file, with a path of the machine.
      if (isIgnored(path) || entry.name === '.git') continue;
      if (entry.isDirectory() && !isToolFolder(entry.name)) descend(path);
      if (!entry.isFile()) continue;
      const text = readFileSync(join(root, path), 'utf8');
      texts.set(path, text.includes('\0') ? '' : text);
    }
  };
  descend('');
  return texts;
}

function isToolFolder(name: string): boolean {
  return name.startsWith('.') && !['.ci', '.github'].includes(name);
}

/** Understands the plain forms `name`, `name/`, `/path/` and `*.ending`; other forms are a bug. */
export function ignoredBy(gitignore: string): (path: string) => boolean {
  const lines = gitignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const globs = lines.flatMap((line) => {
    if (/[![\]?]|\*\*/.test(line)) throw new Error(`.gitignore: cannot read ${line}`);
    const plain = line.replace(/\/$/, '');
    return plain.startsWith('/') ? [plain.slice(1)] : [plain, `**/${plain}`];
  });
  return (path) => globs.some((glob) => matchesGlob(path, glob));
}
