import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { until } from '@ioi/basis/testing';

const PROGRAM = '/usr/sbin/rsyslogd';
const DRIVER = '/usr/lib';

/** rsyslog over TLS, with a certificate made for it; it writes what it takes into one file. */
export class SyslogServer {
  readonly port: number;
  readonly certificateFile: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number, certificateFile: string) {
    this.#folder = folder;
    this.port = port;
    this.certificateFile = certificateFile;
  }

  /** Undefined where it is not installed (Debian: rsyslog, rsyslog-openssl). */
  static async start(folder: string): Promise<SyslogServer | undefined> {
    const hasDriver = spawnSync('find', [DRIVER, '-name', 'lmnsd_ossl.so']).stdout.length > 0;
    if (!existsSync(PROGRAM) || !hasDriver) return undefined;
    const at = (name: string): string => join(folder, name);
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-keyout', at('syslog.key')],
      ...['-out', at('syslog.pem'), '-days', '2', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost'],
    ]);
    if (made.status !== 0) return undefined;
    const port = await freePort();
    writeFileSync(at('syslog.conf'), configuration(folder, port));
    const server = new SyslogServer(folder, port, at('syslog.pem'));
    await server.#run();
    return server;
  }

  async #run(): Promise<void> {
    const files = ['-f', join(this.#folder, 'syslog.conf'), '-i', join(this.#folder, 'syslog.pid')];
    this.#process = spawn(PROGRAM, ['-n', ...files], { stdio: 'ignore' });
    await until('rsyslog listens', () => isListening(this.port));
  }

  /** What it took, a line each. */
  get lines(): readonly string[] {
    const path = join(this.#folder, 'syslog.out');
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  }

  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined || process.exitCode !== null) return;
    process.kill('SIGTERM');
    await new Promise((resolve) => process.once('exit', resolve));
  }
}

function configuration(folder: string, port: number): string {
  const at = (name: string): string => join(folder, name);
  return `
global(
  workDirectory="${folder}" maxMessageSize="256k" defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="${at('syslog.pem')}"
  defaultNetstreamDriverCertFile="${at('syslog.pem')}"
  defaultNetstreamDriverKeyFile="${at('syslog.key')}"
)
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imtcp" port="${port}" address="127.0.0.1")
template(name="whole" type="string" string="%app-name% %msgid% %msg:::drop-last-lf%\\n")
action(type="omfile" file="${at('syslog.out')}" template="whole")
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
