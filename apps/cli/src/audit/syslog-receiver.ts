import { hostname } from 'node:os';
import { connect, type TLSSocket } from 'node:tls';
import type { OcsfEvent } from '../core/audit/ocsf.ts';
import { syslogMessage } from '../core/audit/outgoing.ts';
import { NotTaken, type Receiver } from './receiver.ts';
import type { Secured } from './secured.ts';

export type SyslogTarget = Secured & { readonly host: string; readonly port: number };

const CONNECT_MS = 30_000;
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
    const socket = connect({ host, port, servername: host, ca, cert, key });
    const fail = (message: string): void => {
      socket.destroy();
      reject(new NotTaken(message));
    };
    socket.setTimeout(CONNECT_MS, () => fail(`${host}:${port} does not answer`));
    socket.once('error', (fault) => fail(fault.message));
    socket.once('secureConnect', () => {
      socket.setTimeout(0);
      socket.on('error', () => socket.destroy());
      // It says nothing; once it ends nothing more is taken.
      socket.on('end', () => socket.destroy());
      socket.resume();
      resolve(socket);
    });
  });
}

function written(socket: TLSSocket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new NotTaken('the connection ended'));
    socket.once('close', lost);
    socket.write(bytes, (fault) => {
      socket.off('close', lost);
      if (fault) reject(new NotTaken(fault.message));
      else resolve();
    });
  });
}

function ended(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    socket.once('close', () => resolve());
    socket.end();
  });
}
