import { readdirSync, readFileSync } from 'node:fs';
import { echoNode, ioiMcp, type Spawned, stopNode, timedCall } from './mcp-bed.ts';
import { median, percentile } from './measure.ts';
import type { Report } from './report.ts';

const WARM_UP = 1_000;
const CALLS = 1_500;
const TEXT = 'x'.repeat(200);

/**
 * Where the processor time of one governed call goes, one call at a time over stdio: by process
 * and thread, as the kernel counts it. Unlike a latency it says much on a machine that is shared.
 */
export async function run(report: Report): Promise<void> {
  const node = await echoNode('stdio');
  let through: Spawned | undefined;
  try {
    through = ioiMcp(node.home);
    await through.peer.initialize();
    for (let call = 0; call < WARM_UP; call += 1) await timedCall(through.peer, TEXT);
    const processes = {
      shim: through.child.pid,
      daemon: node.daemon.pid,
      guardian: node.guardian.pid,
    };
    const before = Object.values(processes).map(threadsOf);
    const took: number[] = [];
    for (let call = 0; call < CALLS; call += 1) took.push(await timedCall(through.peer, TEXT));
    const spent = Object.entries(processes).map(([name, pid], at) => {
      return describe(report, name, before[at] ?? new Map(), threadsOf(pid));
    });
    report.note(`p50 ${median(took).toFixed(3)} ms, p90 ${percentile(took, 0.9).toFixed(3)} ms`);
    const value = spent.reduce((sum, each) => sum + each, 0);
    report.figure({ figure: 'cpu_per_call_ms', value, unit: 'ms' });
  } finally {
    through?.child.kill();
    await stopNode(node);
  }
}

/** What a thread is called, and how long it ran, in nanoseconds. */
type Threads = ReadonlyMap<string, { readonly name: string; readonly ran: number }>;

function threadsOf(pid: number | undefined): Threads {
  const folder = `/proc/${pid}/task`;
  return new Map(
    readdirSync(folder).map((id) => {
      const [ran = '0'] = readFileSync(`${folder}/${id}/schedstat`, 'utf8').split(' ');
      const name = readFileSync(`${folder}/${id}/comm`, 'utf8').trim();
      return [id, { name: id === String(pid) ? 'main' : name, ran: Number(ran) }];
    }),
  );
}

/** Milliseconds of a call in this process. */
function describe(report: Report, name: string, before: Threads, after: Threads): number {
  const byName = new Map<string, number>();
  for (const [id, thread] of after) {
    const spent = (thread.ran - (before.get(id)?.ran ?? 0)) / 1e6 / CALLS;
    byName.set(thread.name, (byName.get(thread.name) ?? 0) + spent);
  }
  const parts = [...byName].filter(([, spent]) => spent >= 0.005);
  const told = parts.map(([thread, spent]) => `${thread} ${spent.toFixed(3)}`).join(', ');
  report.note(`${name}: ${told} ms of processor time a call`);
  return [...byName.values()].reduce((sum, each) => sum + each, 0);
}
