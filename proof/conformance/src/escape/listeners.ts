import { spawnSync } from 'node:child_process';
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join, posix } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

/** Of this machine, and no place that programs leave proxies out for. */
const WEB = '127.0.0.2';
const ALLOWED = /^GET (\/[^ ]*) HTTP\/1\.1\r\n/;

/** Everybody on this machine who may be told something, and all they were told. */
export class Listeners {
  readonly certificate: string;
  readonly socket: string;
  readonly abstract: string;
  readonly lan: string;
  #heard = '';
  readonly #servers: Server[] = [];
  readonly #datagrams: Datagrams = createSocket('udp4');
  readonly #open = new Set<Socket>();

  private constructor(folder: string) {
    this.certificate = join(folder, 'web.pem');
    this.socket = join(folder, 'listens.sock');
    this.abstract = `ioi-escape-${process.pid}`;
    const all = Object.values(networkInterfaces()).flat();
    const own = all.find((each) => each?.family === 'IPv4' && !each.internal);
    this.lan = own?.address ?? '127.0.0.3';
  }

  static async start(folder: string): Promise<Listeners> {
    const made = new Listeners(folder);
    await made.#listen(
      createServer((near) => made.#hear(near)),
      { port: 0, host: '0.0.0.0' },
    );
    await made.#listen(await made.#web(folder), { port: 0, host: WEB });
    await made.#listen(
      createServer((near) => made.#hear(near)),
      { path: made.socket },
    );
    await made.#listen(
      createServer((near) => made.#hear(near)),
      { path: `\0${made.abstract}` },
    );
    made.#datagrams.on('message', (bytes) => {
      made.#heard += bytes.toString('latin1');
    });
    await new Promise<void>((done) => made.#datagrams.bind(0, '0.0.0.0', done));
    return made;
  }

  get tcp(): number {
    return portOf(this.#servers[0]);
  }

  get udp(): number {
    return this.#datagrams.address().port;
  }

  /** Where the door leads, as `host:port`. */
  get web(): string {
    return `${WEB}:${portOf(this.#servers[1])}`;
  }

  /** Everything that nobody was to hear. */
  get heard(): string {
    return this.#heard;
  }

  close(): void {
    for (const each of this.#open) each.destroy();
    for (const each of this.#servers) each.close();
    this.#datagrams.close();
  }

  async #web(folder: string): Promise<Server> {
    const key = join(folder, 'web.key');
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      ...['-keyout', key, '-out', this.certificate, '-days', '2', '-subj', '/CN=escape'],
      ...['-addext', `subjectAltName=IP:${WEB}`],
    ]);
    if (made.status !== 0) throw new Error('escape: openssl makes no certificate');
    const about = { key: readFileSync(key), cert: readFileSync(this.certificate) };
    return createTlsServer(about, (near) => this.#serve(near));
  }

  #listen(server: Server, at: object): Promise<void> {
    this.#servers.push(server);
    return new Promise((done) => server.listen(at, done));
  }

  #keep(near: Socket): void {
    this.#open.add(near);
    near.on('error', () => near.destroy()).on('close', () => this.#open.delete(near));
  }

  #hear(near: Socket): void {
    this.#keep(near);
    near.on('data', (bytes) => {
      this.#heard += bytes.toString('latin1');
      near.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok');
    });
  }

  /** Of each connection the first bytes are a request; that alone may be allowed. */
  #serve(near: Socket): void {
    this.#keep(near);
    let said = '';
    near.on('data', (bytes) => {
      said += bytes.toString('latin1');
      const end = said.indexOf('\r\n\r\n');
      if (end < 0 && ALLOWED.test(said)) return;
      const head = said.slice(0, end + 4);
      if (!this.#isAllowed(head)) this.#heard += said;
      else this.#heard += said.slice(head.length);
      said = '';
      const [, id] = /^GET \/open\/redirect\/(\S+)/.exec(head) ?? [];
      const away = `302 Found\r\nlocation: /closed/${id}`;
      const status = id === undefined ? '200 OK' : away;
      near.write(`HTTP/1.1 ${status}\r\ncontent-length: 3\r\n\r\nok\n`);
    });
  }

  /** What a rule lets through, spelt in one way alone. */
  #isAllowed(head: string): boolean {
    const odd = /^(content-length: *[1-9]|transfer-encoding|upgrade|x-[a-z-]*(method|url))/im;
    const [, host] = /^host: *(\S+)/im.exec(head) ?? [];
    return isOpen(head) && !odd.test(head) && host === this.web;
  }
}

/** Whether a path leads to what is open, however far a server goes to read it. */
function isOpen(head: string): boolean {
  const [, target = ''] = ALLOWED.exec(head) ?? [];
  const [path = ''] = target.split('?');
  const read = [path, decoded(path), decoded(decoded(path))].flatMap((each) => {
    const plain = each.replaceAll('\\', '/');
    return [plain, plain.replaceAll(/;[^/]*/g, '')];
  });
  return read.every((each) => /^\/open(\/|$)/.test(posix.normalize(each)));
}

function decoded(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number(`0x${hex}`)));
}

function portOf(server: Server | undefined): number {
  const address = server?.address() as AddressInfo | undefined;
  return address?.port ?? 0;
}
