import type { Socket } from 'node:net';
import { encodeFrame, type FrameReader } from '@ioi/frames';
import { type NodeSays, nodeSaysIn, type RelaySays, relayFrame } from '@ioi/law';
import { nodeFrames } from '../core/index.ts';

/** A node says that it is there three times in this. */
const SILENT_MS = 60_000;
/** A node that does not read what it is told is not there. */
const MOST_UNREAD_BYTES = 64 * 1024;

/** The connection on which a node is told who comes for it. */
export class NodeLink {
  readonly #socket: Socket;
  readonly #frames: FrameReader = nodeFrames();

  constructor(socket: Socket, take: (said: NodeSays) => void) {
    this.#socket = socket;
    let isHeard = true;
    // Not the socket's own clock, which what we say to a node that is gone keeps from running out.
    const look = setInterval(() => {
      if (!isHeard) socket.destroy();
      isHeard = false;
    }, SILENT_MS);
    socket.once('close', () => clearInterval(look));
    socket.on('data', (chunk: Buffer) => {
      isHeard = true;
      const bodies = this.#frames.push(chunk);
      if (!bodies.ok) return void socket.destroy();
      for (const body of bodies.value) {
        const said = nodeSaysIn(body);
        if (said === undefined) return void socket.destroy();
        if (said.kind === 'ping') this.tell({ kind: 'pong' });
        else take(said);
      }
    });
    // It has nothing more to say: what comes for it would have nowhere to go.
    socket.once('end', () => socket.destroy());
    socket.resume();
  }

  tell(said: RelaySays): void {
    if (this.#socket.writableLength > MOST_UNREAD_BYTES) return void this.#socket.destroy();
    this.#socket.write(encodeFrame(relayFrame(said)));
  }

  /** Says why, and closes. */
  refuse(code: string, message: string): void {
    this.tell({ kind: 'refused', code, message });
    this.#socket.destroySoon();
  }
}
