import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A port of a sandbox, as it is found outside. */
export type OpenPort = {
  /** Before this nobody is let in: it is held, so that nobody else takes it. */
  letIn(): void;
  close(): void;
};

/** By which what listens in a sandbox is reached from outside, where somebody says so. */
export type PortDoor = {
  readonly socket: string;
  /** At the loopback of this machine alone; faults where something else listens there. */
  open(port: number): Promise<OpenPort>;
  close(): void;
};

const LONGEST_LINE = 4096;
const MOST_CONNECTIONS = 64;
/** Of what is in the sandbox: whoever opens more takes up descriptors of whoever started it. */
const MOST_COMING = 1024;
const MOST_PORTS = 1024;
/** Until what is in the sandbox comes for a connection. */
const PATIENCE_MS = 10_000;
const HOST = '127.0.0.1';

/**
 * What is in the sandbox comes out by one socket: nothing of this machine is looked up by a name
 * that a program there could put a link at. The first that comes is the relay, which stands there
 * before the program does; it says what listens, and comes again for each connection.
 */
export function openPortDoor(onPorts: (ports: readonly number[]) => void): PortDoor {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-ports-'));
  const socket = join(folder, 'socket');
  const waiting = new Map<string, (far: Socket) => void>();
  const held = new Set<Socket>();
  const servers = new Set<Server>();
  let relay: Socket | undefined;
  const hold = (each: Socket): Socket => {
    held.add(each);
    return each.on('error', () => each.destroy()).on('close', () => held.delete(each));
  };
  const door = createServer((far) => {
    hold(far);
    const late = setTimeout(() => far.destroy(), PATIENCE_MS);
    far.on('close', () => clearTimeout(late));
    firstLine(far, (line) => {
      clearTimeout(late);
      const take = waiting.get(line);
      waiting.delete(line);
      if (take !== undefined) take(far);
      else if (line !== 'relay' || relay !== undefined) far.destroy();
      else {
        relay = far;
        eachLine(far, (said) => onPorts(portsIn(said)));
        far.on('close', () => onPorts([]));
      }
    });
  });
  door.maxConnections = MOST_COMING;
  door.on('error', () => {});
  door.listen(socket);

  const carry = (near: Socket, port: number): void => {
    hold(near);
    const id = randomBytes(16).toString('hex');
    const late = setTimeout(() => near.destroy(), PATIENCE_MS);
    near.on('close', () => {
      clearTimeout(late);
      waiting.delete(id);
    });
    waiting.set(id, (far) => {
      clearTimeout(late);
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      near.pipe(far).pipe(near);
    });
    relay?.write(`${JSON.stringify({ id, port })}\n`);
  };
  return {
    socket,
    open: (port) => openAt(port, servers, (near) => carry(near, port)),
    close: () => {
      for (const server of [door, ...servers]) server.close();
      for (const each of held) each.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Holds a port; whoever comes before they are let in is sent away. */
function openAt(
  port: number,
  servers: Set<Server>,
  carry: (near: Socket) => void,
): Promise<OpenPort> {
  return new Promise((resolve, reject) => {
    let isOpen = false;
    const own = new Set<Socket>();
    const server = createServer({ pauseOnConnect: true }, (near) => {
      if (!isOpen) return near.destroy();
      own.add(near.on('close', () => own.delete(near)));
      return carry(near);
    });
    server.maxConnections = MOST_CONNECTIONS;
    // Once it listens a fault is one of a connection, and ends nothing.
    server.on('error', reject);
    server.listen({ host: HOST, port, exclusive: true }, () => {
      servers.add(server);
      const close = (): void => {
        servers.delete(server);
        server.close();
        for (const near of own) near.destroy();
      };
      const letIn = (): void => {
        isOpen = true;
      };
      resolve({ letIn, close });
    });
  });
}

/** Told of the first line; what comes behind it stays to be read. */
function firstLine(socket: Socket, told: (line: string) => void): void {
  let said = Buffer.alloc(0);
  const read = (): void => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    said = Buffer.concat([said, chunk]);
    const end = said.indexOf('\n');
    if (end < 0 && said.length > LONGEST_LINE) socket.destroy();
    if (end < 0) return;
    socket.off('readable', read);
    if (said.length > end + 1) socket.unshift(said.subarray(end + 1));
    told(said.toString('latin1', 0, end));
  };
  socket.on('readable', read);
}

function eachLine(socket: Socket, told: (line: string) => void): void {
  let left = '';
  socket.on('data', (chunk: Buffer) => {
    const lines = (left + chunk.toString('latin1')).split('\n');
    left = lines.pop() ?? '';
    if (left.length > LONGEST_LINE * 4) socket.destroy();
    for (const line of lines) told(line);
  });
}

function portsIn(line: string): readonly number[] {
  try {
    const ports: unknown = JSON.parse(line);
    if (!Array.isArray(ports) || ports.length > MOST_PORTS) return [];
    return ports.filter((port) => Number.isInteger(port) && port > 0 && port < 65_536);
  } catch {
    return [];
  }
}
