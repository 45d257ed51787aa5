import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 64;
const PATIENCE_MS = 2_000;

/**
 * A connection to a local socket. Where too many wait there to be accepted the system says EAGAIN,
 * which is no refusal: it is tried again, for two seconds at most. Throws what connecting throws.
 */
export async function connectLocal(path: string): Promise<Socket> {
  let waited = 0;
  for (let each = FIRST_PAUSE_MS; ; each = Math.min(each * 2, LONGEST_PAUSE_MS)) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (fault) {
      const isFull = (fault as NodeJS.ErrnoException).code === 'EAGAIN';
      if (!isFull || waited >= PATIENCE_MS) throw fault;
    }
    await pause(each);
    waited += each;
  }
}
