import type { Duplex } from 'node:stream';
import { decodeMux, FrameReader } from '@ioi/frames';
import { MuxStream } from '@ioi/frames/shell';

/** Held of one connection that is not read on: HTTP stops reading whoever asks ahead. */
const MOST_HELD = 16 * 1024 * 1024;

/**
 * Turns one inherited byte stream into connections. The guardian cannot listen: the supervisor
 * accepts on its behalf and copies bytes unread (design section 5).
 */
export function acceptMuxed(stream: Duplex, onConnection: (connection: Duplex) => void): void {
  const reader = new FrameReader();
  const connections = new Map<number, MuxStream>();
  stream.on('data', (chunk: Buffer) => {
    const bodies = reader.push(chunk);
    if (!bodies.ok) return void stream.destroy(new Error(bodies.error.message));
    for (const body of bodies.value) {
      const message = decodeMux(body);
      if (!message.ok) return void stream.destroy(new Error(message.error.message));
      const { channel, kind } = message.value;
      if (kind === 'open') {
        const connection = new MuxStream(stream, channel, () => connections.delete(channel));
        connections.set(channel, connection);
        onConnection(connection);
      } else if (kind === 'data') take(connections.get(channel), message.value.bytes);
      else connections.get(channel)?.push(null);
    }
  });
}

function take(connection: MuxStream | undefined, bytes: Uint8Array): void {
  connection?.push(bytes);
  if (connection !== undefined && connection.readableLength > MOST_HELD) connection.destroy();
}
