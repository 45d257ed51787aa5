import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs';

/** Also where a program closed folders to us; never through a link. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    openUp(Buffer.from(path));
    rmSync(path, { recursive: true, force: true });
  }
}

function openUp(path: Buffer): void {
  if (!lstatSync(path).isDirectory()) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path, { encoding: 'buffer' })) {
    openUp(Buffer.concat([path, Buffer.from('/'), name]));
  }
}
