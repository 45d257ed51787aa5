import { connect } from 'node:net';
import type { SeededRandom } from '@ioi/basis';
import { type Era, HttpPeer } from '@ioi/kit';
import { mutant, pick } from './mutate.ts';
import { STATEFUL, STATELESS } from './templates.ts';

const LANES = 16;
const SESSION_FRAMES = 20;
/** Some peers are slow on purpose; nobody waits longer for an answer than this. */
const PATIENCE_MS = 1_000;

type Headers = Record<string, string>;

const WRONG: readonly (readonly [string, string])[] = [
  ['mcp-method', 'tools/list'],
  ['mcp-method', 'tools\u00e9'],
  ['mcp-name', 'append\u0000'],
  ['mcp-name', '=?base64?!!!?='],
  ['mcp-name', '=?base64?YXBwZW5k?='],
  ['mcp-protocol-version', '2025-11-25'],
  ['mcp-protocol-version', '2026-07-28'],
  ['mcp-protocol-version', '1999-01-01'],
  ['mcp-session-id', '../../etc'],
  ['mcp-session-id', ''],
  ['last-event-id', '999999999999999999999'],
  ['last-event-id', 'post1_1_000000000000'],
  ['content-type', 'text/plain'],
  ['content-type', 'application/json; charset=utf-7'],
  ['content-encoding', 'gzip'],
  ['accept', 'text/html'],
  ['origin', 'https://evil.example'],
  ['host', 'evil.example'],
  ['content-length', '1'],
  ['content-length', '99999999'],
  ['content-length', '-1'],
  ['transfer-encoding', 'chunked'],
  ['transfer-encoding', 'chunked, identity'],
  ['authorization', 'Bearer x'],
  ['mcp-param-id', 'mutated'],
  ['expect', '100-continue'],
  ['upgrade', 'websocket'],
];

const METHODS: readonly string[] = [
  ...Array<string>(12).fill('POST'),
  'GET',
  'DELETE',
  'PUT',
  'po st',
];

/** Wrong requests, each on a connection of its own; returns what went unanswered. */
export async function framesToHttp(
  url: string,
  { frames, era }: { readonly frames: number; readonly era: Era },
  random: SeededRandom,
): Promise<string[]> {
  let left = frames;
  const lane = async (): Promise<void> => {
    let session: string | undefined;
    for (let at = 0; left > 0; at += 1) {
      left -= 1;
      // Some of what is sent ends the session, and then nothing would come through any more.
      if (era === 'stateful' && at % SESSION_FRAMES === 0) session = await openSession(url);
      await sent(url, requestOf(url, era, session, random), random);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const peer = new HttpPeer(url, era);
  try {
    await peer.initialize();
    const { result } = await peer.call('append', { id: 'at the end' });
    return result === undefined ? ['no result after all frames'] : [];
  } catch (fault) {
    return [`no answer after all frames: ${String(fault)}`];
  } finally {
    peer.close();
  }
}

async function openSession(url: string): Promise<string> {
  const clientInfo = { name: 'frames', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
  });
  await response.text();
  return response.headers.get('mcp-session-id') ?? '';
}

/** One request, head and body, with some of its headers and its body wrong. */
function requestOf(
  url: string,
  era: Era,
  session: string | undefined,
  random: SeededRandom,
): Uint8Array {
  const { host, pathname } = new URL(url);
  const templates = era === 'stateful' ? STATEFUL : STATELESS;
  const isBodyRight = random.below(4) === 0;
  const template = pick(templates, random);
  const body = isBodyRight ? Buffer.from(JSON.stringify(template)) : mutant([template], random);
  const { name } = (template['params'] ?? {}) as { name?: string };
  const headers: Headers = {
    host,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': String(body.length),
    'mcp-protocol-version': era === 'stateful' ? '2025-11-25' : '2026-07-28',
    ...(session === undefined ? {} : { 'mcp-session-id': session }),
    ...(era === 'stateless' ? { 'mcp-method': String(template['method']) } : {}),
    ...(era === 'stateless' && name !== undefined ? { 'mcp-name': name } : {}),
  };
  for (let wrong = random.below(3); wrong > 0; wrong -= 1) {
    const [key, value] = pick(WRONG, random);
    if (random.below(4) === 0) delete headers[key];
    else headers[random.below(6) === 0 ? key.toUpperCase() : key] = value;
  }
  const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value}\r\n`);
  if (random.below(200) === 0) lines.push(`x-long: ${'x'.repeat(1 << random.below(18))}\r\n`);
  const head = `${pick(METHODS, random)} ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** Sends it at once, in pieces, or half of it and then nothing; waits for the answer to begin. */
function sent(url: string, bytes: Uint8Array, random: SeededRandom): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const done = (): void => {
      socket.destroy();
      resolve();
    };
    socket.setTimeout(PATIENCE_MS, done);
    socket.on('error', done);
    socket.on('close', done);
    socket.on('data', done);
    socket.on('end', done);
    const half = random.below(bytes.length);
    switch (random.below(40)) {
      case 0:
        socket.end(bytes.slice(0, half));
        break;
      case 1:
        socket.write(bytes.slice(0, half));
        setTimeout(() => socket.destroyed || socket.end(bytes.slice(half)), random.below(50));
        break;
      default:
        socket.write(bytes);
    }
  });
}
