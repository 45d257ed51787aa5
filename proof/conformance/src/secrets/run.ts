import { join } from 'node:path';
import { until } from '@ioi/basis/testing';
import { newTally, type Tally } from '../tally.ts';
import { Finder } from './finder.ts';
import { HostileApi } from './hostile-api.ts';
import { WatchedNode } from './node.ts';
import { type Planted, plant } from './plant.ts';

/** A folder that is there: this run brings its own material. */
export const FOLDER: string = import.meta.dirname;
const ALL = 1000;
const AT_ONCE = 8;
/** Connectors that the node has at one time, and scopes of one grant. */
const TOGETHER = 64;

const INTENT = {
  chain_id: '1',
  to: `0x${'11'.repeat(20)}`,
  value: '1',
  data: '0x',
  limits: { gas: '21000', max_fee_per_gas: '2', max_priority_fee_per_gas: '1' },
  nonce: '0',
};

/**
 * Plants secrets of all kinds in a node and has every one of them used with a server that gives it
 * away, then looks for a piece of any in all that an agent, a file, a command, an argument or an
 * environment of the node shows. The memory of processes of the same account is left out: a process
 * of that account may read it (tier `mediated`).
 */
export async function run(_folder: string, count = ALL): Promise<Tally> {
  const planted = Array.from({ length: count }, (_, at) => plant(at));
  const api = await HostileApi.start(planted);
  const node = new WatchedNode();
  try {
    await node.start();
    await node.addByHand(api.origin);
    await node.activate();
    const used = { answered: 0, signed: 0 };
    for (let from = 0; from < count; from += TOGETHER) {
      const some = planted.slice(from, from + TOGETHER);
      await node.connect(some, api.origin);
      for (const each of some) await node.put(each, api.origin);
      await node.grant(some);
      const now = await useAll(node, some);
      used.answered += now.answered;
      used.signed += now.signed;
    }
    const last = planted.findLast(({ kind }) => kind === 'bearer') as Planted;
    await readAll(node, last);
    await crash(node, last);
    return judge(node, { planted, used, api });
  } finally {
    await node.ioi('down');
    api.close();
    node.remove();
  }
}

/** Calls that were answered, whatever the answer was, and those with a signature of SSH. */
async function useAll(node: WatchedNode, planted: readonly Planted[]): Promise<Used> {
  const { peer, end } = node.agent();
  await peer.initialize();
  await peer.request('tools/list', {});
  const waiting = [...planted];
  const used = { answered: 0, signed: 0 };
  const work = async (): Promise<void> => {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
      const ssh = each.kind === 'ssh_key' ? node.ssh.callOf(each) : undefined;
      const other = each.kind === 'evm_key' ? INTENT : { note: `call ${each.at}` };
      const { result } = await peer.call(`call_${each.at}`, ssh?.given ?? other);
      if (result !== undefined) used.answered += 1;
      if (ssh?.isSigned(result)) used.signed += 1;
    }
  };
  let isOver = false;
  const granting = node.grantActs(() => isOver);
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  isOver = true;
  await granting;
  end();
  return used;
}

/** All that a person or a program is shown of it. */
async function readAll(node: WatchedNode, { server }: Planted): Promise<void> {
  await node.ioi('log', '-n', '1000', '--json');
  await node.ioi('status', '--json');
  await node.ioi('inbox', '--json');
  await node.ioi('mcp', 'list', '--json');
  await node.ioi('connector', 'list', '--json');
  await node.ioi('connector', 'show', server, '--json');
  await node.ioi('connector', 'test', server, '--json');
  await node.ioi('mcp', 'secret', 'list', '--json');
  await node.ioi('export', join(node.home, 'export.json'));
  await node.api('GET', '/v1/export');
  await node.api('GET', '/v1/status');
}

/** The daemon and the edge die in the middle of a call, as a fault of memory kills. */
async function crash(node: WatchedNode, { at }: Planted): Promise<void> {
  for (const part of ['daemon', 'edge']) {
    const { peer, end } = node.agent();
    await peer.initialize();
    const call = peer.call(`call_${at}`, { note: `while the ${part} dies` }).catch(() => {});
    const found = node.processes().find(({ line }) => line.includes(`hosts/${part}/src/main`));
    if (found === undefined) throw new Error(`there is no ${part}`);
    process.kill(found.pid, 'SIGSEGV');
    await call;
    end();
    await isBack(node);
  }
}

async function isBack(node: WatchedNode): Promise<void> {
  await until('the node comes back', async () => {
    const answer = await node.api('GET', '/v1/status').catch(() => '');
    return answer.includes('"node_id"');
  });
}

type Used = { readonly answered: number; readonly signed: number };

type Judged = {
  readonly planted: readonly Planted[];
  readonly used: Used;
  readonly api: HostileApi;
};

function judge(node: WatchedNode, { planted, used, api }: Judged): Tally {
  const { answered, signed } = used;
  const tally = newTally();
  const finder = new Finder(planted.map(({ hidden }) => hidden));
  const readable = new Set<number>();
  let searched = 0;
  for (const [place, bytes] of node.bytes()) {
    searched += bytes.length;
    for (const at of finder.find(bytes)) {
      readable.add(at);
      tally.failed.push(`${planted[at]?.kind} ${at} can be read in ${place}`);
    }
  }
  tally.cases = planted.length;
  // A search that finds nothing anywhere, and calls that never went out, would prove nothing.
  const [first = ''] = planted[0]?.hidden ?? [];
  if (!finder.find(Buffer.from(`x${first}`)).has(0)) tally.failed.push('the search finds nothing');
  if (answered !== planted.length) tally.failed.push(`${answered} calls were answered`);
  const keys = planted.filter(({ kind }) => kind === 'ssh_key').length;
  const due = planted.length - keys;
  if (api.asked < due) tally.failed.push(`only ${api.asked} of ${due} requests went out`);
  if (signed !== keys) tally.failed.push(`${signed} of ${keys} keys of SSH signed`);
  if (api.strays > 0) tally.failed.push(`${api.strays} requests followed a redirect`);
  const figures = [
    ['readable', readable.size],
    ['answered', answered],
    ['requests', api.asked],
    ['ssh_signatures', signed],
    ['bytes_searched', searched],
  ] as const;
  return { ...tally, more: figures };
}
