import { HttpPeer, type McpPeer } from '@ioi/kit';
import {
  ECHO,
  echoNode,
  echoOverHttp,
  ioiMcp,
  type Spawned,
  startPeer,
  stopNode,
  timedCall,
} from './mcp-bed.ts';
import { compareRivals } from './mcp-rivals.ts';
import { median, percentile } from './measure.ts';
import type { Report } from './report.ts';

const ROUNDS = 600;
const WARM_UP = 150;
const TEXT = 'x'.repeat(200);
/** Connections, and calls in flight on each, where as much as goes is wanted. */
const CONNECTIONS = 4;
const IN_FLIGHT = 16;
const GOVERNED_MS = 5_000;

/**
 * What the node adds to one `tools/call`, with two sealed records: the same client calls the same
 * echo server directly and through the node, in turns. Then how many calls go through it.
 */
export async function run(report: Report): Promise<void> {
  await overStdio(report);
  await overHttp(report);
  await manyAtOnce(report);
}

async function overStdio(report: Report): Promise<void> {
  const node = await echoNode('stdio');
  const direct = startPeer([ECHO]);
  let through: Spawned | undefined;
  try {
    through = ioiMcp(node.home);
    await Promise.all([direct.peer.initialize(), through.peer.initialize()]);
    const samples = await interleaved(direct.peer, through.peer);
    describe(report, 'stdio_added_p50_ms', 1.5, samples);
  } finally {
    direct.child.kill();
    through?.child.kill();
    await stopNode(node);
  }
}

async function overHttp(report: Report): Promise<void> {
  const echo = await echoOverHttp();
  const node = await echoNode({ url: echo.url });
  const peers = [new HttpPeer(echo.url), new HttpPeer(await node.mcpUrl())] as const;
  try {
    for (const peer of peers) await peer.initialize();
    describe(report, 'http_added_p50_ms', 1.8, await interleaved(...peers));
  } finally {
    for (const peer of peers) peer.close();
    await stopNode(node);
    echo.child.kill();
  }
}

async function manyAtOnce(report: Report): Promise<void> {
  const node = await echoNode('stdio');
  try {
    await compareRivals(report, node);
    const peers = Array.from({ length: CONNECTIONS }, () => node.connectMcp());
    for (const peer of peers) await peer.initialize();
    await governedRate(peers, GOVERNED_MS / 5);
    const value = await governedRate(peers, GOVERNED_MS);
    report.note(`${CONNECTIONS} raw connections, ${IN_FLIGHT} calls in flight on each`);
    const target = { op: '>=', value: 5000 } as const;
    report.figure({ figure: 'governed_calls_per_s', value, unit: '1/s', target });
    for (const peer of peers) peer.close();
  } finally {
    await stopNode(node);
  }
}

/** Calls a second, answered within the time given. */
async function governedRate(peers: readonly McpPeer[], milliseconds: number): Promise<number> {
  let done = 0;
  const start = performance.now();
  const caller = async (peer: McpPeer): Promise<void> => {
    while (performance.now() - start < milliseconds) {
      await timedCall(peer, TEXT);
      done += 1;
    }
  };
  const lanes = peers.flatMap((peer) => Array.from({ length: IN_FLIGHT }, () => caller(peer)));
  await Promise.all(lanes);
  return (done / (performance.now() - start)) * 1000;
}

type Samples = { readonly direct: number[]; readonly through: number[] };
type Peer = McpPeer | HttpPeer;

async function interleaved(direct: Peer, through: Peer): Promise<Samples> {
  const samples: Samples = { direct: [], through: [] };
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const plain = await timedCall(direct, TEXT);
    const governed = await timedCall(through, TEXT);
    if (round < WARM_UP) continue;
    samples.direct.push(plain);
    samples.through.push(governed);
  }
  return samples;
}

function describe(report: Report, figure: string, most: number, samples: Samples): void {
  const { direct, through } = samples;
  const value = median(through) - median(direct);
  const p99 = percentile(through, 0.99);
  report.note(`direct p50 ${median(direct).toFixed(3)} ms, through the node`);
  report.note(`p50 ${median(through).toFixed(3)} ms, p99 ${p99.toFixed(3)} ms, ${ROUNDS} rounds`);
  report.figure({ figure, value, unit: 'ms', target: { op: '<=', value: most } });
}
