import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HttpPeer, type NodeProcess } from '@ioi/kit';
import { ECHO, timedCall } from './mcp-bed.ts';
import { median } from './measure.ts';
import { freePort, missingPeer } from './peers.ts';
import type { Report } from './report.ts';

const BIN = fileURLToPath(new URL('../peers/node_modules/.bin/', import.meta.url));
const CONCURRENT = 32;
const CALLS = 480;
const ROUNDS = 8;
const TEXT = 'x'.repeat(200);
const START_MS = 20_000;

type Rival = 'mcp-proxy' | 'supergateway';

/** Each with sessions and one process behind all of them, which is what it does best. */
const COMMANDS: Readonly<Record<Rival, (port: string) => readonly string[]>> = {
  'mcp-proxy': (port) => [
    ...['--host', '127.0.0.1', '--port', port, '--server', 'stream', '--no-eventStore'],
    ...['--', process.execPath, ECHO],
  ],
  supergateway: (port) => [
    ...['--outputTransport', 'streamableHttp', '--stateful', '--port', port],
    ...['--logLevel', 'none', '--stdio', `${process.execPath} ${ECHO}`],
  ],
};

type Side = { readonly peer: HttpPeer; readonly rates: number[] };

/** Calls a second with 32 at once, the same client and echo server behind each, in turns. */
export async function compareRivals(report: Report, node: NodeProcess): Promise<void> {
  const started: ChildProcess[] = [];
  const own: Side = { peer: new HttpPeer(await node.mcpUrl()), rates: [] };
  try {
    await own.peer.initialize();
    const sides = new Map<Rival, Side>();
    for (const name of Object.keys(COMMANDS) as Rival[]) {
      const missing = missingPeer(name);
      if (missing !== undefined) report.note(`${name} is not there: ${missing}`);
      else sides.set(name, { peer: await startRival(name, started), rates: [] });
    }
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const { peer, rates } of [own, ...sides.values()]) {
        const rate = await rateOf(peer);
        if (round > 0) rates.push(rate);
      }
    }
    for (const [name, side] of sides) describe(report, name, own, side);
    for (const { peer } of [own, ...sides.values()]) peer.close();
  } finally {
    for (const child of started) child.kill();
  }
}

function describe(report: Report, name: Rival, own: Side, rival: Side): void {
  const ratio = median(own.rates) / median(rival.rates);
  const rate = `${median(own.rates).toFixed(0)} calls a second with two sealed records each`;
  report.note(`${rate}, ${name} ${median(rival.rates).toFixed(0)} with none`);
  report.figure({
    figure: `throughput_vs_${name.replaceAll('-', '_')}@${CONCURRENT}`,
    value: ratio,
    unit: 'x',
    target: { op: '>=', value: 1 },
    peer: { name, value: median(rival.rates), ratio },
  });
}

/** Calls a second, where each of 32 callers sends its next call when the last is answered. */
async function rateOf(peer: HttpPeer): Promise<number> {
  let left = CALLS;
  const start = performance.now();
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await timedCall(peer, TEXT);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, caller));
  return (CALLS / (performance.now() - start)) * 1000;
}

async function startRival(name: Rival, started: ChildProcess[]): Promise<HttpPeer> {
  const port = await freePort();
  const args = COMMANDS[name](String(port));
  started.push(spawn(process.execPath, [join(BIN, name), ...args], { stdio: 'ignore' }));
  const until = performance.now() + START_MS;
  for (;;) {
    const peer = new HttpPeer(`http://127.0.0.1:${port}/mcp`);
    try {
      await peer.initialize();
      await timedCall(peer, TEXT);
      return peer;
    } catch (fault) {
      peer.close();
      if (performance.now() > until) throw new Error(`${name} does not answer`, { cause: fault });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
