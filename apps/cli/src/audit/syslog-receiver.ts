import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { connect, type TLSSocket } from 'node:tls';
import type { OcsfEvent } from '../core/audit/ocsf.ts';
import { syslogMessage } from '../core/audit/outgoing.ts';
import { NotTaken, type Receiver } from './receiver.ts';
import type { Secured } from './secured.ts';

export type SyslogTarget = Secured & { readonly host: string; readonly port: number };

const PATIENCE_MS = 30_000;
/** A server that refuses this node's certificate says so after its own part of the handshake. */
const REFUSAL_MS = 1_000;
const END_MS = 5_000;
const BY = { host: hostname(), pid: String(process.pid) };

/**
 * RFC 5425. It has no word for "taken": a batch counts once its bytes left this process, and the
 * last one is sent again over every new connection.
 */
export function syslogReceiver(target: SyslogTarget): Receiver {
  let open: TLSSocket | undefined;
  let last: readonly OcsfEvent[] = [];
  return {
    send: async (events) => {
      const isNew = open === undefined || open.destroyed;
      const socket = isNew ? await connected(target) : (open as TLSSocket);
      open = socket;
      await written(socket, framed(isNew ? [...last, ...events] : events));
      last = events;
    },
    close: async () => {
      if (open !== undefined) await ended(open);
    },
  };
}

/** Each behind its length in bytes: octet counting. */
function framed(events: readonly OcsfEvent[]): Buffer {
  const frames = events.map((event) => {
    const message = Buffer.from(syslogMessage(event, BY));
    return Buffer.concat([Buffer.from(`${message.length} `), message]);
  });
  return Buffer.concat(frames);
}

function connected({ host, port, ca, cert, key }: SyslogTarget): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    // An address is no name that a server could be asked for (RFC 6066, section 3).
    const servername = isIP(host) === 0 ? host : '';
    const socket = connect({ host, port, servername, ca, cert, key });
    const fail = (message: string): void => {
      socket.destroy();
      reject(new NotTaken(message));
    };
    socket.setKeepAlive(true);
    socket.setTimeout(PATIENCE_MS, () => fail(`${host}:${port} does not answer`));
    socket.on('error', (fault) => fail(fault.message));
    // It says nothing; once it ends nothing more is taken.
    socket.on('end', () => fail(`${host}:${port} ended the connection`));
    socket.resume();
    socket.once('secureConnect', () => {
      const isReady = (): void => {
        clearTimeout(timer);
        resolve(socket);
      };
      const timer = setTimeout(isReady, REFUSAL_MS);
      // Sent once the server is content with this node.
      socket.once('session', isReady);
    });
  });
}

function written(socket: TLSSocket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new NotTaken('the connection ended'));
    const late = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.setTimeout(0);
    socket.once('close', lost);
    socket.write(bytes, (fault) => {
      clearTimeout(late);
      socket.off('close', lost);
      if (fault) reject(new NotTaken(fault.message));
      else resolve();
    });
  });
}

function ended(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    const late = setTimeout(() => socket.destroy(), END_MS);
    socket.once('close', () => {
      clearTimeout(late);
      resolve();
    });
    socket.end();
  });
}
