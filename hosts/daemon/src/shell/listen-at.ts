import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:net';

/** Only this account may connect: the socket's mode says so before anyone can. */
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
  await chmod(path, 0o600);
}
