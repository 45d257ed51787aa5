import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, isIP, type Socket } from 'node:net';
import { join } from 'node:path';
import { whenLeft } from '@ioi/basis/shell';
import { makeAuthority } from '@ioi/gateway/shell';
import { DATABASE, errorMessage, READER } from '../core/index.ts';
import { Connection, TOO_MANY } from './connection.ts';
import { opening } from './opening.ts';
import { verifierOf } from './scram.ts';
import { Service } from './service.ts';

export type BridgeOptions = {
  /** Where the bridge keeps its password and the certificate clients may check. */
  readonly folder: string;
  /** The node's data folder, and the socket of its daemon. */
  readonly data: string;
  readonly socket: string;
  readonly host: string;
  readonly port: number;
  /** For a client that keeps the engine to itself and is silent, or does not read its answers. */
  readonly patienceMs: number;
  /** Names of the domains that clients may submit to. */
  readonly submits: readonly string[];
};

/** Sessions, and connections that are not yet one. */
const CONNECTIONS_MAX = 160;
const CERTIFICATE_MS = 24 * 3_600_000;
const LIMITS = {
  message: 4 * 1024 * 1024,
  unit: 16 * 1024 * 1024,
  sessions: 100,
  loginMs: 15_000,
};

/** Composition root of the bridge: ready when it says where it listens. */
export async function startBridge(options: BridgeOptions): Promise<void> {
  const { folder, data, socket, host, port, patienceMs } = options;
  const password = bridgePassword(folder);
  const isLocal = host === 'localhost' || host === '::1' || /^127\./.test(host);
  const certificate = certified(folder, host);
  const service = await Service.start({
    folder: data,
    socket,
    open: await opening(folder, patienceMs),
    submits: options.submits,
    verifier: verifierOf(password),
    secureContext: () => certificate.context(),
    needsTls: !isLocal,
    limits: { ...LIMITS, patienceMs },
    say,
    onFault: endOn,
  });
  let last = 0;
  let connected = 0;
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (accepted: Socket) => {
    if (connected >= CONNECTIONS_MAX) return refuse(accepted);
    last += 1;
    connected += 1;
    const connection = new Connection(accepted, service, last);
    void connection.serve().finally(() => {
      connected -= 1;
    });
  });
  server.listen({ host, port });
  await once(server, 'listening');
  // Not before: the file may be that of a bridge which has the port.
  certificate.publish();
  const { port: bound } = server.address() as AddressInfo;
  const place = isIP(host) === 6 ? `[${host}]` : host;
  const url = `postgresql://${READER}@${place}:${bound}/${DATABASE}`;
  console.log(JSON.stringify({ url, certificate: certificatePath(folder) }));
  const stop = (): void => {
    server.close();
    void service.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  whenLeft(stop);
}

/** Made once, and kept in a file that only this account reads. */
export function bridgePassword(folder: string): string {
  const path = join(folder, 'password');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    const password = randomBytes(24).toString('base64url');
    writeFileSync(made, `${password}\n`, { mode: 0o600, flag: 'wx', flush: true });
    // Whole or not at all, and the first one stays: two may be started at once.
    linkSync(made, path);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault;
  } finally {
    rmSync(made, { force: true });
  }
  const password = readFileSync(path, 'utf8').trim();
  const isOthers = (statSync(path).mode & 0o077) !== 0;
  if (password !== '' && !isOthers) return password;
  const wrong = isOthers ? 'is for others to read or write, too' : 'is empty';
  throw Object.assign(new Error(`${path} ${wrong}: delete it for another password`), {
    code: 'bridge.password_unsafe',
  });
}

/** Says why on the last line of standard error, for whoever started it. */
export function endOn(fault: unknown): never {
  const { code, message } = fault as { code?: unknown; message?: unknown };
  const named = typeof code === 'string' && code.includes('.') ? code : 'bridge.fault';
  console.error(JSON.stringify({ code: named, message: String(message ?? fault) }));
  process.exit(1);
}

/** A certificate of this process's own, made again before it is old. */
function certified(folder: string, host: string) {
  let authority = makeAuthority();
  let madeAt = Date.now();
  const publish = (): void => writeFileSync(certificatePath(folder), authority.certificate);
  const context = () => {
    if (Date.now() - madeAt > CERTIFICATE_MS) {
      authority = makeAuthority();
      madeAt = Date.now();
      publish();
    }
    return authority.contextFor(host);
  };
  return { publish, context };
}

function certificatePath(folder: string): string {
  return join(folder, 'ca.pem');
}

function refuse(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  // It was accepted paused, and would never hear that its client left.
  socket.end(errorMessage(TOO_MANY, 'FATAL'));
  socket.destroySoon();
}

function say(message: string, about: object): void {
  console.error(JSON.stringify({ message, ...about }));
}
