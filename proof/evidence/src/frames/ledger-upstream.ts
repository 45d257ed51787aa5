import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { type SeededRandom, seededRandom } from '@ioi/basis';
import type { Era } from '@ioi/kit';
import { mutant, pick } from './mutate.ts';
import { fromServer } from './templates.ts';

/**
 * An MCP server whose only tool has an effect that can be counted: `ledger-upstream.ts FILE
 * stdio|http stateful|stateless NOISE SEED`. Each call adds a line to FILE: how many frames went
 * ahead of its answer, which are wrong in every way a frame can be, and what it was called with.
 */
const [file = '', transport, era = 'stateful', noise = '0', seed = '1'] = process.argv.slice(2);

type Asked = {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly arguments?: unknown };
};
/** `random` is nobody else's, so that a run can be played again. */
type Noise = { readonly count: number; readonly random: SeededRandom };

const TOOLS = [
  { name: 'append', inputSchema: { type: 'object', properties: { id: { type: 'string' } } } },
];
const INFO = { name: 'ledger', version: '1' };
const COMPLETE = { resultType: 'complete', ttlMs: 60_000, cacheScope: 'private' };
const SAID = { content: [{ type: 'text', text: 'appended' }] };

function resultOf(method: string | undefined, spoken: Era): object | undefined {
  const own = spoken === 'stateless' ? COMPLETE : {};
  const opening = spoken === 'stateless' ? 'server/discover' : 'initialize';
  if (method === opening) {
    const version = { supportedVersions: ['2026-07-28'], protocolVersion: '2025-11-25' };
    return { ...own, ...version, capabilities: { tools: {} }, serverInfo: INFO };
  }
  if (method === 'tools/list') return { ...own, tools: TOOLS };
  if (method === 'tools/call') return { ...own, ...SAID };
  return method === 'ping' ? {} : undefined;
}

function answerTo({ id, method }: Asked, spoken: Era): string {
  const result = resultOf(method, spoken);
  const outcome = result ? { result } : { error: { code: -32601, message: 'unknown method' } };
  return JSON.stringify({ jsonrpc: '2.0', id, ...outcome });
}

/** The effect, and then the frames that go ahead of its answer. */
function performed({ id, params }: Asked, { count, random }: Noise): readonly Uint8Array[] {
  appendFileSync(file, `${count} ${JSON.stringify(params?.arguments)}\n`);
  return Array.from({ length: count }, () => mutant(fromServer(id), random));
}

function overStdio(spoken: Era, noisy: Noise): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const asked = JSON.parse(line) as Asked;
    if (asked.id === undefined || asked.method === undefined) return;
    const frames = asked.method === 'tools/call' ? performed(asked, noisy) : [];
    const lines = frames.flatMap((frame) => [frame, Buffer.from('\n')]);
    process.stdout.write(Buffer.concat([...lines, Buffer.from(`${answerTo(asked, spoken)}\n`)]));
  });
}

function overHttp(spoken: Era, noisy: Noise): void {
  const server = createServer(async (request, response) => {
    request.on('error', () => {});
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const asked = JSON.parse(await bodyOf(request)) as Asked;
    if (asked.id === undefined || asked.method === undefined) {
      return void response.writeHead(202).end();
    }
    const frames = asked.method === 'tools/call' ? performed(asked, noisy) : [];
    if (frames.length > 0) return misanswer(response, frames, noisy.random);
    response.writeHead(200, { 'content-type': 'application/json' }).end(answerTo(asked, spoken));
  });
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}/mcp` })}\n`);
  });
}

const TYPES: readonly string[] = [
  ...['application/json', 'text/event-stream; charset=utf-16', 'text/html', 'application/JSON;'],
  ...['text/event-stream;', '*/*', ''],
];
const STATUSES: readonly number[] = [200, 200, 202, 204, 301, 400, 401, 403, 404, 500, 599];

/** A stream of events, or a body of another kind; it may end early, or never. */
function misanswer(response: ServerResponse, frames: readonly Uint8Array[], random: SeededRandom) {
  const isStream = random.below(4) > 0;
  const type = isStream ? 'text/event-stream' : pick(TYPES, random);
  const headers = { 'content-type': type, 'mcp-session-id': pick(['', 'a b', 'x'], random) };
  response.writeHead(isStream ? 200 : pick(STATUSES, random), headers);
  response.on('error', () => {});
  const lead = pick(
    ['data: ', 'data:', 'id: 1\ndata: ', 'retry: 1e9\ndata: ', 'event: x\n'],
    random,
  );
  const parts = frames.flatMap((frame) =>
    isStream ? [Buffer.from(lead), frame, Buffer.from('\n\n')] : [frame],
  );
  response.write(Buffer.concat(parts));
  const ends = [() => response.end(), () => response.end(), () => response.destroy()];
  pick(ends, random)();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const noisy = { count: Number(noise), random: seededRandom(seed) };
if (transport === 'http') overHttp(era as Era, noisy);
else overStdio(era as Era, noisy);
