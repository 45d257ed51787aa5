import { chmod, rm, stat } from 'node:fs/promises';
import type { Server } from 'node:net';
import { dirname } from 'node:path';

const ENTERED_BY_GROUP = 0o050;

/**
 * As open as its folder: for this account only, or for the group that may enter the folder too.
 * The socket's mode says so before anyone can connect; the kernel holds whoever connects to it.
 */
export async function listenAt(server: Server, path: string): Promise<void> {
  await rm(path, { force: true });
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(before);
  }
  const { mode } = await stat(dirname(path));
  await chmod(path, (mode & ENTERED_BY_GROUP) === ENTERED_BY_GROUP ? 0o660 : 0o600);
}
