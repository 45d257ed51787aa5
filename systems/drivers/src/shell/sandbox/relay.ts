import { spawn } from 'node:child_process';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { listeningPorts } from './listening-ports.ts';

type Words = readonly string[];

const PATIENCE_MS = 60_000;
const AGAIN_MS = 20;
const LOOK_MS = 300;
/** For whoever still speaks to read what was answered. */
const GRACE_MS = 5_000;

/**
 * Runs inside a sandbox, around its program: programs speak over TCP, and all that leads out are
 * sockets in a folder. Started as `relay PROXY FORWARD PORTS PROGRAM ARGUMENTS`: the socket of a
 * proxy, `PORT=SOCKET` for what is to be found at a port of its own, and the socket of whoever lets
 * others in to what listens here; `-` for none.
 */
function relay([proxy = '', forward = '', ports = '', command = '', ...args]: Words): void {
  const [port, socket = ''] = forward.split('=');
  if (forward === '-') listenFor(proxy);
  else to(socket).listen(Number(port), '127.0.0.1', () => listenFor(proxy));

  function listenFor(socket: string): void {
    if (socket === '-') start({});
    else {
      const server = to(socket);
      server.listen(0, '127.0.0.1', () => start(proxied(server.address() as AddressInfo)));
    }
  }

  function start(env: Readonly<Record<string, string>>): void {
    if (ports === '-') startProgram(env);
    else tellPorts(ports, () => startProgram(env));
  }

  function startProgram(env: Readonly<Record<string, string>>): void {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', (error) => {
      console.error(error.message);
      process.exit(127);
    });
    child.on('exit', (code) => process.exit(code ?? 1));
  }
}

/** Says what listens here whenever that changes, and fetches each connection to it. */
function tellPorts(socket: string, begun: () => void): void {
  const line = connect(socket, () => line.write('relay\n', begun));
  const own = new Set(listeningPorts());
  let last = '';
  const look = setInterval(() => {
    const said = JSON.stringify(listeningPorts().filter((port) => !own.has(port)));
    if (said !== last) line.write(`${said}\n`);
    last = said;
  }, LOOK_MS);
  look.unref();
  line.on('error', () => clearInterval(look)).on('close', () => clearInterval(look));
  line.unref();
  createInterface({ input: line }).on('line', (asked) => {
    const { id, port } = JSON.parse(asked) as { readonly id: string; readonly port: number };
    const far = connect(socket, () => far.write(`${id}\n`));
    const near = connect(port, 'localhost');
    const over = (): void => {
      near.destroy();
      far.destroy();
    };
    near.on('error', over).on('close', over);
    far.on('error', over).on('close', over);
    near.once('connect', () => near.pipe(far).pipe(near));
  });
}

function to(socket: string): Server {
  return createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
    near.on('error', () => near.destroy());
    join(near, socket, Date.now() + PATIENCE_MS);
  });
}

/** Whoever listens there has as many that wait as it may: then it is asked again. */
function join(near: Socket, socket: string, until: number): void {
  if (near.destroyed) return;
  const far = connect(socket);
  const leave = (): unknown => far.destroy();
  near.once('close', leave);
  let isJoined = false;
  far.once('connect', () => {
    isJoined = true;
    near.pipe(far).pipe(near);
  });
  far.on('error', ({ code }: NodeJS.ErrnoException) => {
    near.off('close', leave);
    const isFull = !isJoined && code === 'EAGAIN';
    if (isFull && Date.now() < until) setTimeout(join, AGAIN_MS, near, socket, until);
    else near.destroy();
  });
  far.on('close', () => {
    if (!isJoined || near.destroyed) return;
    // What is not read of it would take the answer away from whoever still speaks.
    near.end();
    near.resume();
    setTimeout(() => near.destroy(), GRACE_MS).unref();
  });
}

function proxied({ port }: AddressInfo): Record<string, string> {
  const proxy = `http://127.0.0.1:${port}`;
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];
  const both = names.flatMap((each) => [each, each.toLowerCase()]);
  const env = Object.fromEntries(both.map((each) => [each, proxy]));
  return { ...env, NO_PROXY: 'localhost,127.0.0.1,::1', NODE_USE_ENV_PROXY: '1' };
}

relay(process.argv.slice(2));
